"""Old articles are deleted with all their rows, and do not come back as new."""

import itertools
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from monitor.contracts import Announced, Decision, Known, Sent
from monitor.errors import StoreError
from monitor.model import Entry
from monitor.settings import Retention
from monitor.store import retention
from monitor.store.sqlite import connect
from monitor.store.store import SqliteStore
from store.test_store import FakeClock, entry, found_new, polled, reading, source

YEAR = Retention()
BOTH = Retention(unmatched=timedelta(days=365), matched=timedelta(days=730))
OWNED = ("articles", "article_urls", "revisions", "bodies", "matches", "sketches", "alerts")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "news.db", clock)
    await made.start()
    await made.sync([source()], {"desk": "d"})
    yield made
    await made.close()


async def listed(store: SqliteStore, *entries: Entry) -> Announced | None:
    await store.make_due(["kjzz"])
    [watch] = await store.take_polls(10)
    return await store.settle_poll(watch, polled(*entries))


async def stored(
    store: SqliteStore, *keys: str, matched: bool = False, silent: bool = False
) -> None:
    """Store an article for each of these keys; a silent one raises no alert."""
    await listed(store, *(entry(key) for key in keys))
    while visits := await store.take_reads(500, (), 500):
        for visit in visits:
            assert visit.entry is not None
            read = replace(reading(key=visit.entry.key), raw=b"page")
            finding = found_new(read, "desk")
            if not matched:
                read = replace(read, hits=())
            if silent or not matched:
                finding = replace(finding, alerts=(), messages=())
            await store.settle_read(visit, read, partial(_decided, finding=finding))


async def sent(store: SqliteStore, clock: FakeClock) -> None:
    for delivery in await store.take_deliveries("desk", 100):
        await store.settle_delivery(delivery, Sent(at=clock.now))


def _decided(known: Known, *, finding: Decision) -> Decision:
    return finding


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(sql).fetchall()


def count(path: Path, table: str) -> int:
    return int(rows(path, f"SELECT count(*) FROM {table}")[0][0])


async def test_an_old_article_is_deleted_with_all_its_rows(
    store: SqliteStore, clock: FakeClock
) -> None:
    await stored(store, "a", "b")
    assert count(store.path, "bodies") == 2
    clock.advance(days=364)
    assert await store.prune(YEAR) == 0
    clock.advance(days=2)
    assert await store.prune(YEAR) == 2
    assert [count(store.path, table) for table in OWNED] == [0] * len(OWNED)
    assert rows(store.path, "SELECT * FROM articles_fts WHERE articles_fts MATCH 'tariff'") == []
    assert rows(store.path, "PRAGMA foreign_key_check") == []


async def test_a_deleted_article_that_is_still_listed_is_not_new_again(
    store: SqliteStore, clock: FakeClock
) -> None:
    await stored(store, "a")
    clock.advance(days=400)
    await store.prune(YEAR)
    announced = await listed(store, entry("a"), entry("a2"))
    assert announced is not None
    assert (announced.new, announced.changed) == (1, 0)
    clock.advance(days=400)
    await store.prune(YEAR)
    said_anew = await listed(store, entry("a", digest="another"), entry("a2"))
    assert said_anew is not None
    assert (said_anew.new, said_anew.changed) == (0, 0)


async def test_an_entry_is_deleted_once_its_feed_no_longer_lists_it(
    store: SqliteStore, clock: FakeClock
) -> None:
    await stored(store, "a")
    clock.advance(days=400)
    await listed(store, entry("a"), entry("b"))
    await store.prune(YEAR)
    for days in (20, 20):  # unlisted for a short time, then for more than a month
        assert rows(store.path, "SELECT key FROM entries ORDER BY key") == [("a",), ("b",)]
        clock.advance(days=days)
        await listed(store, entry("b"))
        await store.prune(YEAR)
    assert rows(store.path, "SELECT key FROM entries") == [("b",)]


async def test_matched_articles_are_kept_for_ever_unless_a_limit_is_set(
    store: SqliteStore, clock: FakeClock
) -> None:
    await stored(store, "a", matched=True)
    await sent(store, clock)
    await stored(store, "b", matched=True, silent=True)
    clock.advance(days=3000)
    assert await store.prune(YEAR) == 0
    assert await store.prune(BOTH) == 2
    for table in (*OWNED, "deliveries", "delivery_alerts"):
        assert count(store.path, table) == 0


async def test_articles_with_unsent_messages_or_due_entries_are_kept(
    store: SqliteStore, clock: FakeClock
) -> None:
    await stored(store, "a", matched=True)  # its message is not sent
    await stored(store, "b")
    clock.advance(days=800)
    await listed(store, entry("a"), entry("b", digest="2"))  # b is edited: due
    assert await store.prune(BOTH) == 0


async def test_nothing_is_deleted_without_a_limit(store: SqliteStore, clock: FakeClock) -> None:
    await stored(store, "a")
    clock.advance(days=3000)
    assert await store.prune(Retention(unmatched=None)) == 0


async def test_a_slice_of_deletes_is_limited_in_time(
    store: SqliteStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is left to the next slice, so that the writer does other work in between."""
    await stored(store, *(f"story-{n}" for n in range(40)))
    clock.advance(days=400)
    parameters = retention.query_parameters(YEAR, clock.now)
    ids, _ = retention.find_expired(store.path, parameters)
    ticks = itertools.count(step=retention.SLICE_S / 10)  # an article takes a tenth of the limit
    monkeypatch.setattr(retention, "monotonic", lambda: next(ticks))
    with closing(connect(store.path, writable=True)) as conn:
        checked, deleted = retention.delete_articles(conn, ids, parameters)
        conn.rollback()
    assert checked == deleted
    assert 9 <= deleted <= 11
    assert await store.prune(YEAR) == 40


async def test_a_damaged_database_is_detected(store: SqliteStore, clock: FakeClock) -> None:
    await stored(store, *(f"story-{n}" for n in range(100)))
    await store.check_integrity()
    copy = store.path.with_name("damaged.db")
    with closing(sqlite3.connect(store.path)) as conn, closing(sqlite3.connect(copy)) as target:
        conn.backup(target)
    data = bytearray(copy.read_bytes())
    for page in range(5, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    copy.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="damaged"):
        retention.check_integrity(copy)
