"""The real store, send worker and SMTP channel against an inbox on loopback; time moved by hand."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sinks import FakeInbox, dial, inbox

from monitor.channels.email.channel import EmailChannel
from monitor.channels.email.config import EmailConfig, SmtpConfig, Tls
from monitor.contracts import (
    Decision,
    Known,
    Outcome,
    OutgoingMessage,
    PendingAlert,
    Polled,
    Reading,
    Verdict,
)
from monitor.jobs.send import SendWorker
from monitor.model import (
    Article,
    ChangeKind,
    Entry,
    Feed,
    Fingerprint,
    Hit,
    Place,
    Reason,
    Revision,
    Validators,
)
from monitor.settings import NetworkSettings, Plan, PollSettings, Settings, Source
from monitor.store.administration import SqliteAdministration
from monitor.store.store import SqliteStore

ANA, BEN, CLEO = "ana@example.org", "ben@example.org", "cleo@example.org"
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
SOURCE = Source(name="kjzz", url="http://kjzz.test/rss", every=timedelta(minutes=15))
P = ParamSpec("P")
T = TypeVar("T")
RETRY = (timedelta(minutes=1),) * 20


class AtOnce:
    """A CPU pool that runs the work in the caller."""

    async def run(self, limit: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        return work(*args, **kw)


@dataclass(slots=True)
class Deliveries:
    """One e-mail channel named `desk`, and its deliveries."""

    store: SqliteStore
    sink: FakeInbox
    to: tuple[str, ...]
    now: datetime = START
    port: int | None = None  # another server than the sink's
    settings: dict[str, Any] = field(default_factory=dict)  # further settings of the channel
    stories: int = 0

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def attempt(self) -> Outcome | None:
        """Take one message that is due and send it; None when none is due."""
        channel = self._channel()
        worker = SendWorker(
            store=self.store,
            channel=channel,
            cpu_pool=AtOnce(),
            retry=RETRY,
            clock=lambda: self.now,
            jitter=lambda: 0.0,
            plan=self.plan,
        )
        try:
            taken = await worker.take(1)
            return await worker.work(taken[0]) if taken else None
        finally:
            await channel.close()

    async def attempts(self) -> list[Outcome]:
        """Attempt until nothing is due at this instant."""
        outcomes = []
        while outcome := await self.attempt():
            outcomes.append(outcome)
        return outcomes

    async def owe(self, count: int = 1, *, hold_until: datetime | None = None) -> None:
        """Owes the channel this many new articles, a message each or together in a digest."""
        names = [f"story-{self.stories + n}" for n in range(count)]
        self.stories += count
        await self.store.make_due(None)
        [watch] = await self.store.take_polls(1)
        await self.store.settle_poll(watch, _polled(names, self.now))
        while visits := await self.store.take_reads(500, (), 500):
            for visit in visits:
                assert visit.entry is not None
                read = _reading(visit.entry)
                await self.store.settle_read(visit, read, _decided(read, self.now, hold_until))

    def retry(self, *ids: int) -> None:
        """`deliveries retry ID…`; without ids `--dead`."""
        SqliteAdministration(self.store.path).retry_deliveries(ids or None, self.now)

    def rows(self, sql: str, *values: object) -> Sequence[sqlite3.Row]:
        with closing(sqlite3.connect(self.store.path)) as conn:
            conn.row_factory = sqlite3.Row
            return conn.execute(sql, values).fetchall()

    def recipients(self) -> list[tuple[str, ...]]:
        return [mail.recipients for mail in self.sink.mails]

    def plan(self) -> Plan:
        return Plan.of(
            Settings(
                path=Path("config.yaml"),
                database=self.store.path,
                timezone="UTC",
                poll=PollSettings(),
                network=NetworkSettings(user_agent="test"),
                sources=(SOURCE,),
                topics=(),
                channels=(self._settings(),),
            )
        )

    def _settings(self) -> EmailConfig:
        return EmailConfig(
            type="email",
            name="desk",
            to=self.to,
            sender="monitor@example.org",
            smtp=SmtpConfig(port=self.port or self.sink.port, tls=Tls.NONE),
            **self.settings,
        )

    def _channel(self) -> EmailChannel:
        return EmailChannel(self._settings(), zone="UTC", connect=dial)


@asynccontextmanager
async def deliveries(
    folder: Path, *, to: Iterable[str] = (ANA, BEN), **smtp: Any
) -> AsyncIterator[Deliveries]:
    """`smtp`: options of aiosmtpd's server."""
    async with inbox(**smtp) as sink:
        held: list[Deliveries] = []
        store = SqliteStore(folder / "news.db", lambda: held[0].now if held else START)
        held.append(Deliveries(store=store, sink=sink, to=tuple(to)))
        await store.start()
        await store.sync([SOURCE], {"desk": "d"})
        try:
            yield held[0]
        finally:
            await store.close()


def _polled(names: Iterable[str], now: datetime) -> Polled:
    entries = tuple(
        Entry(key=name, id=name, link=f"http://kjzz.test/{name}", title=name, digest="1")
        for name in names
    )
    return Polled(
        validators=Validators(),
        feed=Feed(format="rss20", entries=entries),
        body_digest=f"{now}",
        sites=tuple("kjzz.test" for _ in entries),
        due_at=now + timedelta(days=365),
    )


def _reading(entry: Entry) -> Reading:
    title = f"Tariff report {entry.key}"
    text = f"The tariff of {entry.key} rises. It is the second rise. A third may come."
    at = text.index("tariff")
    hit = Hit(topic="tariff", place=Place.BODY, start=at, end=at + 6, excerpt=text, excerpt_at=0)
    return Reading(
        source="kjzz",
        guid=entry.key,
        article=Article(url=entry.link, title=title, text=text),
        fingerprint=Fingerprint(digest=f"{title}|{text}", words=12),
        site="kjzz.test",
        hits=(hit,),
    )


def _decided(read: Reading, now: datetime, hold_until: datetime | None) -> Any:
    due = PendingAlert(topic="tariff", reason=Reason.NEW)

    def decide(known: Known) -> Decision:
        return Decision(
            verdict=Verdict.NEW,
            revision=Revision(
                number=1,
                title=read.article.title,
                text=read.article.text,
                digest=read.fingerprint.digest,
                seen_at=now,
                change=ChangeKind.FIRST,
            ),
            alerts=(due,),
            messages=(
                OutgoingMessage(
                    channel="desk",
                    alerts=(due,),
                    hold_until=hold_until,
                    group="digest" if hold_until else "",
                ),
            ),
        )

    return decide
