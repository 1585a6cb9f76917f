"""Backup during writes, and restore: complete or not at all."""

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
from store.test_store import START, FakeClock, alerted_once, entry, polled_once, source


def quiet(done: int, of_all: int) -> None:
    """Ignore the progress."""


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as conn:
        return int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if ".part" in path.name]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "news.db", FakeClock())
    await made.start()
    await made.sync([source()], {"desk": "d"})
    await alerted_once(made, "desk")
    yield made
    await made.close()


async def test_a_backup_during_writes_is_complete_and_a_single_file(
    store: SqliteStore, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    seen: list[tuple[int, int]] = []
    size = backup(store.path, copy, force=False, progress=lambda *at: seen.append(at))
    assert size == copy.stat().st_size
    assert seen[-1][0] == seen[-1][1] > 0
    assert count(copy, "articles") == 1
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not copy.with_name("copy.db-wal").exists()
    assert leftovers(tmp_path) == []


async def test_writes_during_a_backup_are_not_in_it_and_do_not_wait(
    store: SqliteStore, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    began = asyncio.Event()

    def slowly(done: int, of_all: int) -> None:  # in the copying thread, between two steps
        if not began.is_set():
            loop.call_soon_threadsafe(began.set)
            asyncio.run_coroutine_threadsafe(store.note("after", "1"), loop).result(10)

    copy = tmp_path / "copy.db"
    await asyncio.to_thread(backup, store.path, copy, force=False, progress=slowly)
    with closing(sqlite3.connect(copy)) as conn:
        assert conn.execute("SELECT 1 FROM meta WHERE key = 'after'").fetchone() is None
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


async def test_a_backup_replaces_an_existing_file_only_with_force(
    store: SqliteStore, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        backup(store.path, copy, force=False, progress=quiet)
    assert copy.read_text() == "precious"
    backup(store.path, copy, force=True, progress=quiet)
    assert count(copy, "articles") == 1


async def test_a_backup_never_replaces_the_database(store: SqliteStore, tmp_path: Path) -> None:
    other_name = tmp_path / "link.db"
    other_name.symlink_to(store.path)
    for target in (store.path, other_name):
        with pytest.raises(StoreError, match="the database itself"):
            backup(store.path, target, force=True, progress=quiet)
    with pytest.raises(StoreError, match="a folder"):
        backup(store.path, tmp_path, force=True, progress=quiet)


async def test_an_interrupted_backup_leaves_no_file(store: SqliteStore, tmp_path: Path) -> None:
    def stop(done: int, of_all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(store.path, tmp_path / "copy.db", force=False, progress=stop)
    assert not (tmp_path / "copy.db").exists()
    assert leftovers(tmp_path) == []


async def test_a_backup_into_a_missing_folder_is_a_clear_error(
    store: SqliteStore, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        backup(store.path, tmp_path / "nowhere" / "copy.db", force=False, progress=quiet)


async def test_restore_replaces_the_database_and_keeps_the_old_one(tmp_path: Path) -> None:
    database, copy = tmp_path / "news.db", tmp_path / "copy.db"
    store = SqliteStore(database, FakeClock())
    await store.start()
    await store.sync([source()], {})
    backup(database, copy, force=False, progress=quiet)
    await polled_once(store, entry())
    await store.close()
    aside = restore(copy, database, now=START, progress=quiet)
    assert aside == tmp_path / "news.db.before-20260105T120000Z"
    assert (count(database, "entries"), count(aside, "entries")) == (0, 1)
    again = SqliteStore(database, FakeClock())
    await again.start()
    assert len(await again.take_polls(10)) == 1
    await again.close()


async def test_restore_does_not_apply_an_old_log_to_the_new_database(tmp_path: Path) -> None:
    """After a crash the write-ahead log of the old database is still there."""
    crashed, copy = tmp_path / "crashed.db", tmp_path / "copy.db"
    store = SqliteStore(tmp_path / "news.db", FakeClock())
    await store.start()
    backup(store.path, copy, force=False, progress=quiet)
    await store.sync([source()], {})
    for part in ("", "-wal"):
        crashed.with_name(f"crashed.db{part}").write_bytes(
            store.path.with_name(f"news.db{part}").read_bytes()
        )
    await store.close()
    aside = restore(copy, crashed, now=START, progress=quiet)
    assert aside is not None
    assert (count(crashed, "sources"), count(aside, "sources")) == (0, 1)


async def test_restore_refuses_while_a_daemon_runs(store: SqliteStore, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(store.path, copy, force=False, progress=quiet)
    with InstanceLock(store.path), pytest.raises(Locked):
        restore(copy, store.path, now=START, progress=quiet)


@pytest.mark.parametrize("harm", ["cut", "torn", "foreign", "text", "missing"])
async def test_restore_refuses_a_damaged_copy_and_changes_nothing(
    store: SqliteStore, tmp_path: Path, harm: str
) -> None:
    copy, database = tmp_path / "copy.db", tmp_path / "other" / "news.db"
    database.parent.mkdir()
    backup(store.path, copy, force=False, progress=quiet)
    backup(store.path, database, force=False, progress=quiet)
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


async def test_restore_replaces_a_damaged_database(store: SqliteStore, tmp_path: Path) -> None:
    copy, database = tmp_path / "copy.db", tmp_path / "other" / "news.db"
    database.parent.mkdir()
    backup(store.path, copy, force=False, progress=quiet)
    database.write_bytes(b"\xff" * 10_000)
    database.with_name("news.db-wal").write_bytes(b"its log")
    aside = restore(copy, database, now=START, progress=quiet)
    assert aside is not None
    assert aside.read_bytes() == b"\xff" * 10_000
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"its log"
    assert count(database, "articles") == 1
