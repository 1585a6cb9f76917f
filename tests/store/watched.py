"""A store with a few sources, for tests of polls and reads. No network."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from monitor.contracts import (
    Announced,
    ClaimedSource,
    Decision,
    Polled,
    Reading,
    Stale,
    Verdict,
    Visit,
)
from monitor.core.alerts.routing import Policy
from monitor.core.process_article import ReadJob, process_article
from monitor.core.revisions.decide import decide
from monitor.model import Entry, Feed, Page, UnchangedEntries, Validators
from monitor.settings import Source, Topic
from monitor.store.store import SqliteStore

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)
RULES = (("tariff", "tariff"),)


def source(name: str = "kjzz", url: str | None = None) -> Source:
    return Source(name=name, url=url or f"http://{name}.test/rss", every=EVERY)


def entry(key: str, *, stamp: int = 1, text: str = "", site: str = "kjzz.test") -> Entry:
    """An entry as a feed lists it; `stamp` (its date) and `text` may change."""
    link = f"http://{site}/{key}"
    return Entry(
        key=key,
        id=key,
        link=link,
        title=f"Tariff {key} rises {text}".strip(),
        published=START + timedelta(seconds=stamp),
        digest=f"{key} {text} {stamp}",
        text_digest=f"{key} {text}",
    )


@dataclass(slots=True)
class Watched:
    """A store with its sources and a clock moved by hand."""

    path: Path
    now: datetime = START
    store: SqliteStore = field(init=False)
    headlines: dict[str | None, str | None] = field(default_factory=dict)  # of pages, by URL

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)

    @asynccontextmanager
    async def open(self, *sources: Source) -> AsyncIterator["Watched"]:
        self.store = SqliteStore(self.path, self)
        await self.store.start()
        await self.store.sync(sources or (source(),), {"desk": "d"})
        try:
            yield self
        finally:
            await self.store.close()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as conn:
            return conn.execute(sql, values).fetchall()

    # polls

    async def due(self, name: str = "kjzz") -> ClaimedSource:
        """Make the source due now and claim it."""
        await self.store.make_due([name])
        return next(w for w in await self.store.take_polls(1_000) if w.source == name)

    async def poll(
        self, *entries: Entry, name: str = "kjzz", kept: Sequence[str] = (), fetch: bool = True
    ) -> Announced:
        """Settle one poll that lists these entries."""
        watch = await self.due(name)
        self.headlines |= {e.link: e.title for e in entries}
        sites = tuple((e.link or "").split("/")[2] if fetch else None for e in entries)
        feed = Feed(format="rss20", entries=entries, unchanged=UnchangedEntries(keys=tuple(kept)))
        polled = Polled(
            validators=Validators(), feed=feed, sites=sites, due_at=self.now + timedelta(days=9)
        )
        announced = await self.store.settle_poll(watch, polled)
        assert announced is not None
        return announced

    # reads

    async def take(self, limit: int = 10, per_site: int = 1, busy: Sequence[str] = ()) -> list[Any]:
        return await self.store.take_reads(limit, busy, per_site)

    async def read_all(self) -> list[str]:
        """Read until nothing is due; return the URLs in order."""
        visited = []
        while visits := await self.take(per_site=100):
            for visit in visits:
                visited.append(visit.url)
                await self.settle(visit)
        return visited

    async def verdict(self, visit: Visit, *, text: str = "A tariff rises.") -> Verdict:
        """Settle a visit that must not turn out stale; return what was decided."""
        found = await self.settle(visit, text=text)
        assert isinstance(found, Decision)
        return found.verdict

    async def settle(
        self, visit: Visit, *, text: str = "A tariff rises.", published: str | None = None
    ) -> Decision | Stale | None:
        """Settle a visit that finds a page, with ETag, and with a date only where one is given."""
        job = self._job(visit, text, published)
        for _ in range(2):
            reading = process_article(job)
            finding = await self.store.settle_read(
                visit,
                reading,
                partial(decide, visit, reading, self.policy(visit, reading)),
            )
            if not isinstance(finding, Stale):
                break
            job = replace(job, newest=finding.newest)
        return finding

    def _job(self, visit: Visit, text: str, published: str | None) -> ReadJob:
        title = self.headlines[visit.url]
        stamp = f'<time datetime="{published}" pubdate>{published}</time>' if published else ""
        body = f"<html><body><article><h1>{title}</h1>{stamp}<p>{text}</p></article></body></html>"
        page = Page(
            url=visit.url or "",
            body=body.encode(),
            content_type="text/html; charset=utf-8",
            validators=Validators(etag=f'"{text}"'),
            fetched_at=self.now,
        )
        return ReadJob(
            source=visit.source,
            timezone="UTC",
            language="en",
            rules=RULES,
            now=self.now,
            site=visit.site,
            entry=visit.entry,
            page=page if visit.site else None,
            newest=visit.newest,
        )

    def policy(self, visit: Visit, reading: Reading) -> Policy:
        dated = reading.article.published or reading.article.updated
        return Policy(
            topics=(Topic(name="tariff", query="tariff"),),
            channels=("desk",),
            now=self.now,
            first_sight=visit.first_sight,
            undated=visit.first_sight and dated is None,
        )
