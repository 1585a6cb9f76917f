"""Backs up the database while the daemon runs, and restores it from a copy.

A file appears complete under its name or not at all: it is written beside it, synced and renamed.
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

PAGES_PER_REPORT = 1_000


def backup(database: Path, target: Path, *, force: bool, progress: Progress) -> int:
    """Copy the database as of now to `target`; return the size in bytes.

    The copy is a single file, checked, and not marked as in use. Raises StoreError.
    """
    if target.is_dir():
        raise StoreError(f"{target}: is a folder; name the file to write")
    if target.exists() and target.samefile(database):
        raise StoreError(f"{target}: is the database itself")
    if target.exists() and not force:
        raise StoreError(f"{target}: exists already; --force replaces it")
    with (
        closing(open_to_read(database)) as source,
        _write_atomically(target, like=database) as part,
    ):
        _copy(source, part, database, progress)
        return part.stat().st_size


def restore(copy: Path, database: Path, *, now: datetime, progress: Progress) -> Path | None:
    """Replace the database by a checked copy.

    Returns where the old database is kept; None: there was none. Raises Locked while a daemon runs,
    StoreError if the copy is damaged or of another program; then nothing has changed.
    """
    database = database.resolve()
    if copy.exists() and database.exists() and copy.samefile(database):
        raise StoreError(f"{copy}: is the database itself")
    with (
        InstanceLock(database),
        closing(_open_checked_copy(copy)) as source,
        _write_atomically(database, like=database) as part,
    ):
        _copy(source, part, copy, progress)
        return _keep_old_database(database, now) if database.exists() else None


def _open_checked_copy(copy: Path) -> sqlite3.Connection:
    """Open a copy read-only, after a check of all its pages and indexes."""
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


def _copy(source: sqlite3.Connection, part: Path, name: Path, progress: Progress) -> None:
    """Copy with SQLite's online backup, from one snapshot.

    So writes in the meantime neither restart the copy nor wait for it.
    """
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as target:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # starts the snapshot
            source.backup(
                target,
                pages=PAGES_PER_REPORT,
                progress=lambda _, left, all_: progress(all_ - left, all_),
            )
            source.execute("ROLLBACK")
            target.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm
            target.execute("DELETE FROM meta WHERE key = 'unclean'")
            _check(target, name, "quick_check")
    except sqlite3.Error as error:
        raise store_error(name, error) from error


@contextmanager
def _write_atomically(target: Path, *, like: Path) -> Iterator[Path]:
    """Yield a temporary file that replaces the target at the end, or is deleted after an error.

    It has the permissions of the database `like`.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER))
        temporary.chmod(private_mode(like))
        yield temporary
        _sync(temporary)
        temporary.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written ({error.strerror})") from error
    finally:
        for leftover in (temporary, temporary.with_name(f"{temporary.name}-journal")):
            with suppress(OSError):
                leftover.unlink()


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _keep_old_database(database: Path, now: datetime) -> Path:
    """Keep the old database and its write-ahead log under another name; return that name.

    The database also keeps its own name until it is replaced. Its log does not: SQLite would apply
    it to the new database.
    """
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
    log, index = (database.with_name(f"{database.name}-{part}") for part in ("wal", "shm"))
    _link_or_copy(database, aside)
    if log.exists():
        _link_or_copy(log, aside.with_name(f"{aside.name}-wal"))
    for leftover in (log, index):
        leftover.unlink(missing_ok=True)
    return aside


def _link_or_copy(file: Path, aside: Path) -> None:
    try:
        aside.hardlink_to(file)
    except FileExistsError as error:
        raise StoreError(f"{aside}: exists already") from error
    except OSError:  # a file system without hard links
        create_private(aside)
        shutil.copyfile(file, aside)
