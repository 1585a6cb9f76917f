"""What is too old goes with all that is its own, and never comes back as new."""

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
async def ledger(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "news.db", clock)
    await made.start()
    await made.sync([source()], {"desk": "d"})
    yield made
    await made.close()


async def listed(ledger: SqliteStore, *entries: Entry) -> Announced | None:
    await ledger.make_due(["kjzz"])
    [watch] = await ledger.take_polls(10)
    return await ledger.settle_poll(watch, polled(*entries))


async def stored(
    ledger: SqliteStore, *keys: str, matched: bool = False, silent: bool = False
) -> None:
    """Lists entries of these keys and stores an article of each; a silent one alerts nobody."""
    await listed(ledger, *(entry(key) for key in keys))
    while visits := await ledger.take_reads(500, (), 500):
        for visit in visits:
            assert visit.entry is not None
            read = replace(reading(key=visit.entry.key), raw=b"page")
            finding = found_new(read, "desk")
            if not matched:
                read = replace(read, hits=())
            if silent or not matched:
                finding = replace(finding, alerts=(), messages=())
            await ledger.settle_read(visit, read, partial(_decided, finding=finding))


async def sent(ledger: SqliteStore, clock: FakeClock) -> None:
    for delivery in await ledger.take_deliveries("desk", 100):
        await ledger.settle_delivery(delivery, Sent(at=clock.now))


def _decided(known: Known, *, finding: Decision) -> Decision:
    return finding


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(sql).fetchall()


def count(path: Path, table: str) -> int:
    return int(rows(path, f"SELECT count(*) FROM {table}")[0][0])


async def test_an_old_article_goes_with_all_that_is_its_own(
    ledger: SqliteStore, clock: FakeClock
) -> None:
    await stored(ledger, "a", "b")
    assert count(ledger.path, "bodies") == 2
    clock.advance(days=364)
    assert await ledger.prune(YEAR) == 0
    clock.advance(days=2)
    assert await ledger.prune(YEAR) == 2
    assert [count(ledger.path, table) for table in OWNED] == [0] * len(OWNED)
    assert rows(ledger.path, "SELECT * FROM articles_fts WHERE articles_fts MATCH 'tariff'") == []
    assert rows(ledger.path, "PRAGMA foreign_key_check") == []


async def test_a_feed_that_still_lists_it_announces_nothing_new(
    ledger: SqliteStore, clock: FakeClock
) -> None:
    await stored(ledger, "a")
    clock.advance(days=400)
    await ledger.prune(YEAR)
    announced = await listed(ledger, entry("a"), entry("a2"))
    assert announced is not None
    assert (announced.new, announced.changed) == (1, 0)
    clock.advance(days=400)
    await ledger.prune(YEAR)
    said_anew = await listed(ledger, entry("a", digest="another"), entry("a2"))
    assert said_anew is not None
    assert (said_anew.new, said_anew.changed) == (0, 0)


async def test_an_entry_is_forgotten_once_its_feed_lists_it_no_more(
    ledger: SqliteStore, clock: FakeClock
) -> None:
    await stored(ledger, "a")
    clock.advance(days=400)
    await listed(ledger, entry("a"), entry("b"))
    await ledger.prune(YEAR)
    for days in (20, 20):  # not listed, but not for long; then for more than a month
        assert rows(ledger.path, "SELECT key FROM entries ORDER BY key") == [("a",), ("b",)]
        clock.advance(days=days)
        await listed(ledger, entry("b"))
        await ledger.prune(YEAR)
    assert rows(ledger.path, "SELECT key FROM entries") == [("b",)]


async def test_matched_articles_are_kept_for_ever_unless_a_length_is_set(
    ledger: SqliteStore, clock: FakeClock
) -> None:
    await stored(ledger, "a", matched=True)
    await sent(ledger, clock)
    await stored(ledger, "b", matched=True, silent=True)
    clock.advance(days=3000)
    assert await ledger.prune(YEAR) == 0
    assert await ledger.prune(BOTH) == 2
    for table in (*OWNED, "deliveries", "delivery_alerts"):
        assert count(ledger.path, table) == 0


async def test_what_is_still_owed_or_about_to_be_read_is_kept(
    ledger: SqliteStore, clock: FakeClock
) -> None:
    await stored(ledger, "a", matched=True)  # its message is not sent
    await stored(ledger, "b")
    clock.advance(days=800)
    await listed(ledger, entry("a"), entry("b", digest="2"))  # b is said anew: due
    assert await ledger.prune(BOTH) == 0


async def test_nothing_goes_when_nothing_is_to_be_forgotten(
    ledger: SqliteStore, clock: FakeClock
) -> None:
    await stored(ledger, "a")
    clock.advance(days=3000)
    assert await ledger.prune(Retention(unmatched=None)) == 0


async def test_a_slice_ends_before_its_list_does(
    ledger: SqliteStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left waits for the next one, so that the writer serves others in between."""
    await stored(ledger, *(f"story-{n}" for n in range(40)))
    clock.advance(days=400)
    parameters = retention.query_parameters(YEAR, clock.now)
    ids, _ = retention.find_expired(ledger.path, parameters)
    ticks = itertools.count(step=retention.SLICE_S / 10)  # an article takes a tenth of a slice
    monkeypatch.setattr(retention, "monotonic", lambda: next(ticks))
    with closing(connect(ledger.path, writable=True)) as conn:
        checked, deleted = retention.delete_articles(conn, ids, parameters)
        conn.rollback()
    assert checked == deleted
    assert 9 <= deleted <= 11
    assert await ledger.prune(YEAR) == 40


async def test_a_damaged_database_is_told(ledger: SqliteStore, clock: FakeClock) -> None:
    await stored(ledger, *(f"story-{n}" for n in range(100)))
    await ledger.check_integrity()
    copy = ledger.path.with_name("damaged.db")
    with closing(sqlite3.connect(ledger.path)) as conn, closing(sqlite3.connect(copy)) as target:
        conn.backup(target)
    data = bytearray(copy.read_bytes())
    for page in range(5, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    copy.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="damaged"):
        retention.check_integrity(copy)
