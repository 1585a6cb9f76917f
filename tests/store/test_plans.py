"""No statement of the writer or of a list scans a table, however many rows it has.

The statements are recorded while every operation of the store and every list runs on a small
database, without statistics (ANALYZE), which ours has not either.
"""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from monitor.contracts import (
    Decision,
    Known,
    NotSent,
    OutgoingMessage,
    PollFailed,
    Sent,
    TooLarge,
    Verdict,
)
from monitor.model import Fingerprint, SilenceKind
from monitor.queries import ArticleFilter
from monitor.settings import Retention, Topic
from monitor.store import sqlite
from monitor.store.administration import SqliteAdministration
from monitor.store.archive import SqliteArchive
from monitor.store.stats import collect_stats
from monitor.store.store import SqliteStore
from store.test_store import LATER, START, FakeClock, entry, found_new, polled, reading, source

# Tables that are no larger than the configuration.
SMALL = {
    "sources",
    "source_tasks",
    "topics",
    "channels",
    "silences",
    "meta",
    "sqlite_sequence",
    "sqlite_master",
}
# Statements that may scan an index or a table, and why.
ALLOWED = {
    "SELECT count(*) FROM articles": "status: the smallest index, 10 ms a million",
    "SELECT count(*) FROM alerts": "status: the smallest index",
    "SELECT count(*) FROM deliveries": "the total under a list: the smallest index",
    "SELECT count(*) FROM revisions WHERE number > 1": "status: an index of the edits alone",
    "SELECT state, count(*) AS n FROM deliveries GROUP BY state": "metrics: an index, no writer",
}

# Indexes that are scanned in order until enough rows are found.
WALKED = {
    "entries_unread": "holds only entries that wait to be read, the newest first",
    "entries_changed": "holds only entries that wait to be read again, the oldest first",
}


class Recorded(sqlite3.Connection):
    """Records each statement as it was prepared, with values for its parameters.

    Not the text with the values filled in, which may have another plan.
    """

    seen: ClassVar[dict[str, Any]] = {}

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        self.seen[sql] = values
        return super().execute(sql, values)

    def executemany(self, sql: str, values: Any, /) -> sqlite3.Cursor:
        rows = list(values)
        if rows:
            self.seen[sql] = rows[0]
        return super().executemany(sql, rows)


@pytest.fixture
async def store(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SqliteStore]:
    sqlite.prepare(tmp_path / "news.db").close()
    opened = sqlite3.connect

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        return opened(*args, factory=Recorded, **options)

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect)
        made = SqliteStore(tmp_path / "news.db", clock)
        await made.start()
        yield made
        await made.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def full_scans(path: Path) -> dict[str, list[str]]:
    """Statement → scans of large tables in its plan."""
    found = {}
    seen = dict(Recorded.seen)
    with closing(sqlite3.connect(path)) as conn:
        for sql, values in seen.items():
            if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)", sql) and sql not in ALLOWED:
                plan = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
                if scans := _scans(sql, plan):
                    found[sql] = scans
    return found


def _scans(sql: str, plan: list[str]) -> list[str]:
    made = {line.split()[1] for line in plan if line.startswith(("CO-ROUTINE", "MATERIALIZE"))}
    found = []
    for line in plan:
        scan = re.match(r"SCAN (\S+)", line)
        if scan is None or "VIRTUAL TABLE" in line or scan[1] in made or "CONSTANT" in line:
            continue
        table = re.search(rf"(\w+)\s+(?:AS )?{re.escape(scan[1])}\b", sql)
        names = {scan[1], table[1] if table else ""}
        if names & SMALL or WALKED.keys() & set(line.split()):
            continue
        if not scan[1].startswith("("):
            found.append(line)
    return found


async def test_no_statement_of_the_writer_scans_a_table(
    store: SqliteStore, clock: FakeClock
) -> None:
    Recorded.seen.clear()
    await every_operation(store, clock)
    assert full_scans(store.path) == {}
    assert len(Recorded.seen) > 60


async def every_operation(store: SqliteStore, clock: FakeClock) -> None:
    await store.sync([source(), source("other", "http://other.test/rss")], {"desk": "d"})
    await store.make_due(None, timedelta(hours=3))
    await store.make_new_due()
    await _poll_and_read(store)
    administration = SqliteAdministration(store.path)
    administration.add_silence(SilenceKind.TOPIC, "border", LATER, "", START)
    await _read_again(store, clock)
    await _send(store, clock)
    administration.retry_deliveries(None, clock.now)
    administration.remove_silence(1)
    await store.shift(timedelta(hours=1))
    await store.backlog(["desk"])
    await store.sync_topics([Topic(name="borders", query="border", renamed_from="border")])
    collect_stats(store.path, clock.now)
    clock.advance(days=400)
    await store.prune(Retention(unmatched=timedelta(days=30), matched=timedelta(days=30)))
    await store.sync([source("other", "http://elsewhere.test/rss")], {"desk": "d"})
    await store.sync([source()], {"desk": "e"})


async def _poll_and_read(store: SqliteStore) -> None:
    for watch in await store.take_polls(1):
        await store.entry_cache(watch.source)
        await store.settle_poll(watch, polled(entry("a"), entry("b"), entry("c"), entry("d")))
    for watch in await store.take_polls(1):
        failed = PollFailed(error="503", trouble="fails", operator_channels=("desk",), due_at=LATER)
        await store.settle_poll(watch, failed)
    visits = await store.take_reads(10, ("busy.test",), 9)
    for number, visit in enumerate(visits):
        assert visit.entry is not None
        read = replace(
            reading(key=visit.entry.key),
            fingerprint=Fingerprint(digest=visit.entry.key, words=9, sketch=(1, 2, 3)),
        )
        held = START + timedelta(minutes=5) if number < 2 else None
        found = found_new(read, "desk")
        owed = tuple(replace(each, hold_until=held, group="surplus") for each in found.messages)
        finding = replace(found, messages=owed, article_due_at=START)
        await store.settle_read(visit, read, partial(_decided, finding=finding))


def _decided(known: Known, *, finding: Decision) -> Decision:
    return finding


async def _read_again(store: SqliteStore, clock: FakeClock) -> None:
    clock.advance(hours=2)
    await store.make_due(None)
    for watch in await store.take_polls(10):
        await store.settle_poll(
            watch, polled(entry("a", digest="2", title="Tariff falls"), entry("e"))
        )
    visits = [visit for _ in range(2) for visit in await store.take_reads(10, (), 9)]
    assert any(visit.article_id for visit in visits)
    for visit in visits[:-1]:
        read = reading(title=f"Tariff falls {visit.lease}", key="a")
        known = visit.newest
        found = found_new(read, "desk")
        if known is not None and found.revision is not None:
            revision = replace(found.revision, number=known.number + 1)
            found = replace(
                found,
                article_id=known.article_id,
                revision=revision,
                verdict=Verdict.REVISED,
                messages=(
                    _waiting(found, clock),
                    OutgoingMessage(channel="desk", alerts=found.alerts, absorbs="edits 1"),
                ),
            )
        await store.settle_read(visit, read, partial(_decided, finding=found))
    await store.give_back(visits[-1].lease, clock.now, "the worker died")


def _waiting(found: Decision, clock: FakeClock) -> OutgoingMessage:
    """The message that the next alert of the article absorbs."""
    until = clock.now + timedelta(hours=1)
    return OutgoingMessage(channel="desk", alerts=found.alerts, hold_until=until, group="edits 1")


async def _send(store: SqliteStore, clock: FakeClock) -> None:
    await store.release_held(("digest",))
    taken = await store.take_deliveries("desk", 10)
    assert len(taken) > 2
    digest = next(delivery for delivery in taken if len(delivery.message.items) > 1)
    taken.remove(digest)
    await store.settle_delivery(digest, TooLarge(error="552"))
    await store.settle_delivery(taken[0], Sent(at=clock.now))
    for delivery in taken[1:]:
        await store.settle_delivery(delivery, NotSent(error="550", due_at=None))


async def test_no_list_scans_a_table(store: SqliteStore, clock: FakeClock) -> None:
    await store.sync([source()], {"desk": "d"})
    await _poll_and_read(store)
    Recorded.seen.clear()
    with SqliteArchive(store.path) as archive:
        asked = RecordingArchive(archive)
        every_list(asked, clock)
    assert asked.questions == {name for name in vars(SqliteArchive) if not name.startswith("_")}
    assert full_scans(store.path) == {}


class RecordingArchive:
    """Records the calls to an archive, so that no query is left out."""

    def __init__(self, archive: SqliteArchive) -> None:
        self._archive = archive
        self.questions: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.questions.add(name)
        return getattr(self._archive, name)


def every_list(asked: RecordingArchive, clock: FakeClock) -> None:
    past, ahead = clock.now - timedelta(days=1), clock.now + timedelta(days=1)
    filters = [
        ArticleFilter(topic=topic, source=name, since=since, until=until, silenced=silenced)
        for topic in (None, "tariff")
        for name in (None, "kjzz")
        for since, until in ((None, None), (past, ahead))
        for silenced in (False, True)
    ]
    for wanted in filters:
        asked.articles(wanted, 5)
        asked.count_articles(wanted)
        asked.edits(wanted, 5)
        asked.count_edits(wanted)
        asked.search("tariff", wanted, 5)
        asked.search("tariff", wanted, 5, by_relevance=True)
        asked.count_hits("tariff", wanted)
    for state in (None, "pending"):
        asked.deliveries(state, 5)
        asked.count_deliveries(state)
    asked.sources(5)
    asked.source_counts()
    asked.troubled_sources()
    asked.disabled_channels()
    asked.counts()
    asked.notes()
    asked.backlog(clock.now)
    asked.silences(clock.now)
    asked.silenced_counts()
    asked.known_names()
    asked.known_topics()
    asked.is_locked()
    asked.tables()
    asked.views()
    asked.article(1)
    asked.revisions(1)
    asked.matches(1, 1)
    asked.alerts(1)
    asked.raw_page(1, 1)
    list(asked.texts(past))
    list(asked.broken_links())
