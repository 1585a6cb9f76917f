"""A copy of the database while the daemon runs, and a database made from a copy.

A copy appears whole under its name or not at all: it is made beside it, synced, then renamed.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from monitor.errors import StoreError
from monitor.queries import Progress
from monitor.store.files import OWNER, create_private, private_mode
from monitor.store.lock import InstanceLock
from monitor.store.sqlite import connect, damaged, open_to_read, refuse_newer, store_error

STEP = 1_000  # pages copied between two reports


def backup(database: Path, target: Path, *, force: bool, progress: Progress) -> int:
    """Copies the database as it is at this moment; bytes written. Raises StoreError.

    The copy is one file, checked, and is no database of a running daemon any more.
    """
    if target.is_dir():
        raise StoreError(f"{target}: is a folder; name the file to write")
    if target.exists() and target.samefile(database):
        raise StoreError(f"{target}: is the database itself")
    if target.exists() and not force:
        raise StoreError(f"{target}: exists already; --force replaces it")
    with closing(open_to_read(database)) as source, _appearing(target, like=database) as written:
        _copy(source, written, database, progress)
        return written.stat().st_size


def restore(copy: Path, database: Path, *, now: datetime, progress: Progress) -> Path | None:
    """Puts a checked copy in the database's place; where the old one is kept, if there was one.

    Raises Locked while a daemon runs, StoreError when the copy is damaged or foreign; then
    nothing has changed.
    """
    database = database.resolve()
    if copy.exists() and database.exists() and copy.samefile(database):
        raise StoreError(f"{copy}: is the database itself")
    with (
        InstanceLock(database),
        closing(_opened_copy(copy)) as source,
        _appearing(database, like=database) as written,
    ):
        _copy(source, written, copy, progress)
        return _set_aside(database, now) if database.exists() else None


def _opened_copy(copy: Path) -> sqlite3.Connection:
    """Read-only, after every page and index of it was checked."""
    if not copy.is_file():
        raise StoreError(f"{copy}: there is no such file")
    conn = connect(copy, writable=False)
    try:
        version = refuse_newer(conn, copy)
        if version == 0 or not _has_meta(conn):
            raise StoreError(f"{copy}: is no backup of a news-monitor database", permanent=True)
        _check(conn, copy, "integrity_check")
    except sqlite3.Error as error:
        conn.close()
        raise store_error(copy, error) from error
    except StoreError:
        conn.close()
        raise
    return conn


def _has_meta(conn: sqlite3.Connection) -> bool:
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'"
    return conn.execute(sql).fetchone() is not None


def _check(conn: sqlite3.Connection, path: Path, pragma: str) -> None:
    verdict = conn.execute(f"PRAGMA {pragma}(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreError(damaged(path, verdict), permanent=True)


def _copy(source: sqlite3.Connection, written: Path, name: Path, progress: Progress) -> None:
    """With SQLite's online backup, of one snapshot: what is written meanwhile does not restart
    it, and the writer waits for nothing."""
    try:
        with closing(sqlite3.connect(written, isolation_level=None)) as target:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # takes the snapshot
            source.backup(
                target, pages=STEP, progress=lambda _, left, all_: progress(all_ - left, all_)
            )
            source.execute("ROLLBACK")
            target.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
            target.execute("DELETE FROM meta WHERE key = 'unclean'")
            _check(target, name, "quick_check")
    except sqlite3.Error as error:
        raise store_error(name, error) from error


@contextmanager
def _appearing(target: Path, *, like: Path) -> Iterator[Path]:
    """A file beside the target, as private as the database, that takes its name at the end, or
    vanishes."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER))
        beside.chmod(private_mode(like))
        yield beside
        _sync(beside)
        beside.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written ({error.strerror})") from error
    finally:
        for leftover in (beside, beside.with_name(f"{beside.name}-journal")):
            with suppress(OSError):
                leftover.unlink()


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _set_aside(database: Path, now: datetime) -> Path:
    """Keeps the old database and its log under another name; its own stays until it is replaced.

    The log must not be left beside the new one: SQLite would play it into that. It is kept as
    it is, since SQLite throws away the log of a database that it cannot read.
    """
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
    log, index = (database.with_name(f"{database.name}-{part}") for part in ("wal", "shm"))
    _linked(database, aside)
    if log.exists():
        _linked(log, aside.with_name(f"{aside.name}-wal"))
    for leftover in (log, index):
        leftover.unlink(missing_ok=True)
    return aside


def _linked(file: Path, aside: Path) -> None:
    try:
        aside.hardlink_to(file)
    except FileExistsError as error:
        raise StoreError(f"{aside}: exists already") from error
    except OSError:  # a file system without hard links
        create_private(aside)
        shutil.copyfile(file, aside)
