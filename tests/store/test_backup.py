"""A copy beside a running writer, and back: whole or not at all."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import Locked, StoreError
from monitor.store.backup import backup, restore
from monitor.store.lock import InstanceLock
from monitor.store.store import SqliteStore
from store.test_store import START, FakeClock, entry, polled_once, source, told_once


def quiet(done: int, of_all: int) -> None:
    """Nobody looks."""


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as conn:
        return int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if ".part" in path.name]


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "news.db", FakeClock())
    await made.start()
    await made.sync([source()], {"desk": "d"})
    await told_once(made, "desk")
    yield made
    await made.close()


async def test_a_backup_beside_a_running_writer_is_whole_and_one_file(
    ledger: SqliteStore, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    seen: list[tuple[int, int]] = []
    size = backup(ledger.path, copy, force=False, progress=lambda *at: seen.append(at))
    assert size == copy.stat().st_size
    assert seen[-1][0] == seen[-1][1] > 0
    assert count(copy, "articles") == 1
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not copy.with_name("copy.db-wal").exists()
    assert leftovers(tmp_path) == []


async def test_what_is_written_meanwhile_is_not_in_it_and_waits_for_nothing(
    ledger: SqliteStore, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    began = asyncio.Event()

    def slowly(done: int, of_all: int) -> None:  # in the copying thread, between two steps
        if not began.is_set():
            loop.call_soon_threadsafe(began.set)
            asyncio.run_coroutine_threadsafe(ledger.note("after", "1"), loop).result(10)

    copy = tmp_path / "copy.db"
    await asyncio.to_thread(backup, ledger.path, copy, force=False, progress=slowly)
    with closing(sqlite3.connect(copy)) as conn:
        assert conn.execute("SELECT 1 FROM meta WHERE key = 'after'").fetchone() is None
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


async def test_a_backup_replaces_nothing_unasked(ledger: SqliteStore, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        backup(ledger.path, copy, force=False, progress=quiet)
    assert copy.read_text() == "precious"
    backup(ledger.path, copy, force=True, progress=quiet)
    assert count(copy, "articles") == 1


async def test_a_backup_never_replaces_the_database(ledger: SqliteStore, tmp_path: Path) -> None:
    other_name = tmp_path / "link.db"
    other_name.symlink_to(ledger.path)
    for target in (ledger.path, other_name):
        with pytest.raises(StoreError, match="the database itself"):
            backup(ledger.path, target, force=True, progress=quiet)
    with pytest.raises(StoreError, match="a folder"):
        backup(ledger.path, tmp_path, force=True, progress=quiet)


async def test_a_backup_that_breaks_off_leaves_nothing(ledger: SqliteStore, tmp_path: Path) -> None:
    def stop(done: int, of_all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(ledger.path, tmp_path / "copy.db", force=False, progress=stop)
    assert not (tmp_path / "copy.db").exists()
    assert leftovers(tmp_path) == []


async def test_a_backup_into_no_folder_says_so(ledger: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        backup(ledger.path, tmp_path / "nowhere" / "copy.db", force=False, progress=quiet)


async def test_restore_brings_back_what_was_and_keeps_what_is(tmp_path: Path) -> None:
    database, copy = tmp_path / "news.db", tmp_path / "copy.db"
    ledger = SqliteStore(database, FakeClock())
    await ledger.start()
    await ledger.sync([source()], {})
    backup(database, copy, force=False, progress=quiet)
    await polled_once(ledger, entry())
    await ledger.close()
    aside = restore(copy, database, now=START, progress=quiet)
    assert aside == tmp_path / "news.db.before-20260105T120000Z"
    assert (count(database, "entries"), count(aside, "entries")) == (0, 1)
    again = SqliteStore(database, FakeClock())
    await again.start()
    assert len(await again.take_polls(10)) == 1
    await again.close()


async def test_restore_does_not_play_an_old_log_into_the_new_database(tmp_path: Path) -> None:
    """After a crash the database's log is still there, and belongs to the old one."""
    crashed, copy = tmp_path / "crashed.db", tmp_path / "copy.db"
    ledger = SqliteStore(tmp_path / "news.db", FakeClock())
    await ledger.start()
    backup(ledger.path, copy, force=False, progress=quiet)
    await ledger.sync([source()], {})
    for part in ("", "-wal"):
        crashed.with_name(f"crashed.db{part}").write_bytes(
            ledger.path.with_name(f"news.db{part}").read_bytes()
        )
    await ledger.close()
    aside = restore(copy, crashed, now=START, progress=quiet)
    assert aside is not None
    assert (count(crashed, "sources"), count(aside, "sources")) == (0, 1)


async def test_restore_refuses_while_a_daemon_runs(ledger: SqliteStore, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(ledger.path, copy, force=False, progress=quiet)
    with InstanceLock(ledger.path), pytest.raises(Locked):
        restore(copy, ledger.path, now=START, progress=quiet)


@pytest.mark.parametrize("harm", ["cut", "torn", "foreign", "text", "missing"])
async def test_restore_refuses_a_copy_that_is_not_sound_and_changes_nothing(
    ledger: SqliteStore, tmp_path: Path, harm: str
) -> None:
    copy, database = tmp_path / "copy.db", tmp_path / "other" / "news.db"
    database.parent.mkdir()
    backup(ledger.path, copy, force=False, progress=quiet)
    backup(ledger.path, database, force=False, progress=quiet)
    before = database.read_bytes()
    data = copy.read_bytes()
    copy.unlink()
    match harm:
        case "cut":
            copy.write_bytes(data[: len(data) // 2])
        case "torn":
            middle = len(data) // 8192 * 4096
            copy.write_bytes(data[:middle] + b"\xff" * 4096 + data[middle + 4096 :])
        case "foreign":
            with closing(sqlite3.connect(copy)) as conn:
                conn.execute("CREATE TABLE t (a)")
        case "text":
            copy.write_text("this is no database" * 1000)
    with pytest.raises(StoreError):
        restore(copy, database, now=START, progress=quiet)
    assert database.read_bytes() == before
    assert leftovers(database.parent) == []


async def test_restore_replaces_a_damaged_database(ledger: SqliteStore, tmp_path: Path) -> None:
    copy, database = tmp_path / "copy.db", tmp_path / "other" / "news.db"
    database.parent.mkdir()
    backup(ledger.path, copy, force=False, progress=quiet)
    database.write_bytes(b"\xff" * 10_000)
    database.with_name("news.db-wal").write_bytes(b"its log")
    aside = restore(copy, database, now=START, progress=quiet)
    assert aside is not None
    assert aside.read_bytes() == b"\xff" * 10_000
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"its log"
    assert count(database, "articles") == 1
