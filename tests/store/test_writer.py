"""The writer commits in groups, and each piece of work is all or nothing."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue

import pytest
from sqlite_utils import Database

from monitor.errors import Locked, StoreError
from monitor.store import sqlite
from monitor.store import writer as writer_module
from monitor.store.lock import InstanceLock
from monitor.store.schema import VERSION, migrations
from monitor.store.sqlite import connect, open_to_read, prepare
from monitor.store.upgrade import upgrade
from monitor.store.writer import Writer

PATIENCE_S = 30


async def test_a_failing_piece_of_work_affects_no_other(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "news.db")

    def good(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT INTO meta VALUES ('good', '1')")

    def bad(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT INTO meta VALUES ('bad', '1')")
        raise ValueError("half way")

    answers = await asyncio.gather(writer.do(good), writer.do(bad), return_exceptions=True)
    kept = await writer.do(
        lambda conn: [r["key"] for r in conn.execute("SELECT key FROM meta WHERE value = '1'")]
    )
    writer.close()
    assert isinstance(answers[1], ValueError)
    assert kept == ["good"]


async def test_a_repeated_group_applies_each_piece_once(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "news.db")
    runs = 0

    def count(conn: sqlite3.Connection) -> int:
        nonlocal runs
        runs += 1
        conn.execute("INSERT OR IGNORE INTO meta VALUES ('count', 0)")
        conn.execute("UPDATE meta SET value = value + 1 WHERE key = 'count'")
        return runs

    def fail(conn: sqlite3.Connection) -> None:
        raise ValueError("half way")

    answers = await asyncio.gather(writer.do(count), writer.do(fail), return_exceptions=True)
    [kept] = await writer.do(
        lambda conn: conn.execute("SELECT value FROM meta WHERE key = 'count'").fetchall()
    )
    writer.close()
    assert answers[0] == runs == 2
    assert kept["value"] == "1"


class StalledQueue(SimpleQueue):  # type: ignore[type-arg]
    """A SimpleQueue whose timeout expires before it waits, so that it waits without end."""

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        return super().get(block)


async def test_a_single_piece_is_committed_without_waiting_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under load the wait for another piece could last until one came."""
    monkeypatch.setattr(writer_module, "SimpleQueue", StalledQueue)
    writer = Writer(tmp_path / "news.db")
    async with asyncio.timeout(PATIENCE_S):
        assert await writer.do(lambda conn: 1) == 1
    writer.close()


async def test_a_locked_database_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MS", 50)
    begun: list[str] = []
    writer = Writer(tmp_path / "news.db")
    writer._conn.set_trace_callback(begun.append)
    with closing(sqlite3.connect(tmp_path / "news.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            await writer.do(lambda conn: conn.execute("SELECT 1"))
    assert await writer.do(lambda conn: 1) == 1
    writer.close()
    assert begun.count("BEGIN IMMEDIATE") == 2


async def test_an_sql_error_names_the_file(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "news.db")
    with pytest.raises(StoreError, match=r"news\.db"):
        await writer.do(lambda conn: conn.execute("SELECT * FROM nowhere"))
    writer.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    conn = prepare(tmp_path / "news.db")
    conn.execute("PRAGMA user_version = 99")
    conn.close()
    with pytest.raises(StoreError, match="version 99"):
        prepare(tmp_path / "news.db")


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    conn = sqlite3.connect(tmp_path / "other.db")
    conn.execute("CREATE TABLE recipes (name TEXT)")
    conn.close()
    with pytest.raises(StoreError, match="another program"):
        prepare(tmp_path / "other.db")


def test_a_file_that_is_no_database_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "news.db").write_bytes(b"this is a letter, not a database. " * 100)
    with pytest.raises(StoreError, match="restore a backup"):
        prepare(tmp_path / "news.db")


def test_opening_a_missing_database_to_read_does_not_create_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database yet"):
        open_to_read(tmp_path / "news.db")
    assert not (tmp_path / "news.db").exists()


def test_an_older_database_is_upgraded_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    with closing(connect(path, writable=True)) as old:
        migrations.apply(Database(old), stop_before="m0002_what_a_feed_said_last")
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO sources (name, url) VALUES ('kjzz', 'http://kjzz.test/')")
        old.commit()
    with pytest.raises(StoreError, match="older version"):
        open_to_read(path)
    with closing(prepare(path)) as conn:
        assert conn.execute("PRAGMA user_version").fetchone()[0] == VERSION
        assert conn.execute("SELECT name FROM sources").fetchone()[0] == "kjzz"
        assert conn.execute("SELECT count(*) FROM listings").fetchone()[0] == 0


def test_a_second_instance_is_refused_with_the_id_of_the_first(tmp_path: Path) -> None:
    with (
        InstanceLock(tmp_path / "news.db"),
        pytest.raises(Locked, match="runs on it already"),
        InstanceLock(tmp_path / "news.db"),
    ):
        pass


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    with InstanceLock(tmp_path / "news.db"):
        pass
    with InstanceLock(tmp_path / "news.db"):
        assert (tmp_path / "news.db.lock").read_text().strip().isdecimal()


def test_a_database_is_created_completely_or_not_at_all(tmp_path: Path) -> None:
    """Other connections see no table before all are there."""
    path = tmp_path / "news.db"
    seen: list[int] = []

    def look(_: str) -> None:
        with closing(sqlite3.connect(path)) as other:
            seen.append(other.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])

    conn = connect(path, writable=True)
    conn.set_trace_callback(look)
    upgrade(conn, path)
    conn.set_trace_callback(None)
    conn.close()
    assert len(seen) > 30
    assert set(seen[:-1]) == {0}
