"""A working day of the store in small: every operation of the writer, some ten times."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from build import CHANNELS, COMMON, END, World, name_of
from timed import operation

from monitor.contracts import (
    Address,
    ClaimedSource,
    Decision,
    NotSent,
    OutgoingMessage,
    PendingAlert,
    Polled,
    PollFailed,
    Reading,
    Sent,
    Verdict,
    Visit,
)
from monitor.core.revisions.fingerprint import fingerprint
from monitor.model import (
    Article,
    ChangeKind,
    Entry,
    Feed,
    Hit,
    Place,
    Reason,
    Revision,
    SilenceKind,
    Validators,
)
from monitor.settings import Retention, Source
from monitor.store.administration import SqliteAdministration
from monitor.store.stats import collect_stats
from monitor.store.store import SqliteStore

TURNS = 12
NOW = END + timedelta(minutes=10)  # two thirds of the sources are due
KEEP = Retention(unmatched=timedelta(days=364), matched=timedelta(days=364.5))


class Day:
    """Runs against the database at `path`, with time as it was when that was built."""

    def __init__(self, path: Path, world: World) -> None:
        self.path, self.world, self.now = path, world, NOW
        self.store: Any = None

    async def run(self) -> None:
        with operation("start"):
            self.store = SqliteStore(self.path, lambda: self.now)
            await self.store.start()
        until = NOW + timedelta(days=1)
        SqliteAdministration(self.path).add_silence(SilenceKind.TOPIC, "none", until, "", NOW)
        for turn in range(TURNS):
            await self._poll(turn)
            await self._read(turn)
            await self._send()
            await self._look()
        await self._sweep()
        await self.store.close()

    async def _poll(self, turn: int) -> None:
        with operation("take polls"):
            watches = await self.store.take_polls(16)
        for number, watch in enumerate(watches):
            with operation("settle a poll"):
                await self.store.entry_cache(watch.source)
                outcome = self._failed(watch) if number == 15 else self._polled(watch, turn)
                await self.store.settle_poll(watch, outcome)

    def _failed(self, watch: ClaimedSource) -> PollFailed:
        return PollFailed(error="503", trouble="fails", due_at=self.now + timedelta(minutes=15))

    def _polled(self, watch: ClaimedSource, turn: int) -> Polled:
        entries = tuple(
            Entry(
                key=f"{watch.source}-{turn}-{n}",
                id=None,
                link=f"https://{watch.source}.example.org/{turn}/{n}",
                title=f"Story {n}",
                summary=self.world.random.choice(self.world.sentences),
                digest=f"{turn}-{n}",
            )
            for n in range(20)
        )
        return Polled(
            validators=Validators(etag=f'"{turn}"'),
            feed=Feed(format="rss20", title=watch.source, entries=entries),
            sites=tuple(f"{watch.source}.example.org" for _ in entries),
            body_digest=f"{watch.source}-{turn}",
            due_at=self.now + timedelta(minutes=15),
        )

    async def _read(self, turn: int) -> None:
        with operation("take reads"):
            visits = await self.store.take_reads(16, ["busy.example.org"], 2)
        for number, visit in enumerate(visits):
            reading, finding = self._found(visit, turn, number)
            with operation("settle a read"):
                await self.store.settle_read(visit, reading, lambda _, f=finding: f)

    def _found(self, visit: Visit, turn: int, number: int) -> tuple[Reading, Decision]:
        text, title = self.world.text(), f"Story {turn} {number}"
        hits = (
            Hit(topic=COMMON[0], place=Place.BODY, start=0, end=6, excerpt=text[:90], excerpt_at=0),
        )
        known = visit.newest
        address = f"{visit.site}/{turn}/{number}"
        reading = Reading(
            source=visit.source,
            guid=None,
            article=Article(url=f"https://{address}", title=title, text=text),
            fingerprint=fingerprint(title, text),
            site=visit.site,
            addresses=(Address(url=f"https://{address}", key=address),),
            hits=hits,
        )
        due = PendingAlert(topic=COMMON[0], reason=Reason.UPDATED if known else Reason.NEW)
        held = self.now + timedelta(minutes=5) if number % 3 else None
        finding = Decision(
            verdict=Verdict.REVISED if known else Verdict.NEW,
            article_id=known.article_id if known else None,
            revision=Revision(
                number=known.number + 1 if known else 1,
                title=title,
                text=text,
                digest=f"{turn}-{number}",
                seen_at=self.now,
                change=ChangeKind.MATERIAL if known else ChangeKind.FIRST,
            ),
            alerts=(due,),
            messages=tuple(
                OutgoingMessage(channel=name, alerts=(due,), hold_until=held, group="surplus")
                for name in CHANNELS
            ),
            article_due_at=self.now + timedelta(hours=1),
        )
        return reading, finding

    async def _send(self) -> None:
        for channel in CHANNELS:
            with operation("take a delivery"):
                taken = await self.store.take_deliveries(channel, 1)
            for delivery in taken:
                failed = NotSent(error="451", due_at=self.now + timedelta(minutes=5))
                outcome = failed if channel == "hook" else Sent(at=self.now)
                with operation("settle a delivery"):
                    await self.store.settle_delivery(delivery, outcome)

    async def _look(self) -> None:
        with operation("backlog"):
            await self.store.backlog(CHANNELS)
        with operation("metrics, beside the writer"):
            await asyncio.to_thread(collect_stats, self.path, self.now)
        with operation("give back"):
            await self.store.give_back("1:1:entries:1", self.now, "the worker died")
            await self.store.note("alive_at", "now")

    async def _sweep(self) -> None:
        with operation("shift the schedule"):
            await self.store.shift(timedelta(hours=1))
        with operation("retention"):
            await self.store.prune(KEEP)


async def renamed(path: Path, sources: int) -> tuple[float, float]:
    """A reload where every source has another name: seconds, and the longest wait of a settlement
    meanwhile, in ms, also while their articles get the new names behind it for ten seconds."""
    store = SqliteStore(path, lambda: NOW)
    await store.start()
    waits: list[float] = []
    done = asyncio.Event()

    async def settle() -> None:
        while not done.is_set():
            began = time.perf_counter()
            await store.note("alive_at", "now")
            waits.append((time.perf_counter() - began) * 1000)

    task = asyncio.create_task(settle())
    await asyncio.sleep(0.1)
    began = time.perf_counter()
    await store.sync([_renamed(rank) for rank in range(sources)], {})
    took = time.perf_counter() - began
    while time.perf_counter() < began + took + 10:
        await store.take_reads(1, (), 1)
    done.set()
    await task
    await store.close()
    return took, max(waits)


def _renamed(rank: int) -> Source:
    name = name_of(rank)
    return Source(
        name=f"{name} renamed", url=f"https://{name}.example.org/rss", every=timedelta(minutes=15)
    )
