"""Opening the database: pragmas, checks, and the driver's errors as StoreError."""

import sqlite3
from pathlib import Path

from monitor.errors import StoreError
from monitor.store.files import create_private
from monitor.store.schema import VERSION
from monitor.store.upgrade import Report, no_report, report_progress, upgrade

BUSY_MS = 30_000  # how long another process may hold the database before we give up


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """Connect and set the pragmas; never creates a database to read it. Raises StoreError."""
    mode = "rwc" if writable else "ro"
    try:
        if writable:
            path.parent.mkdir(parents=True, exist_ok=True)
            create_private(path.resolve())
        conn = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            check_same_thread=False,
            timeout=BUSY_MS / 1000,
        )
        conn.row_factory = sqlite3.Row
        if writable:
            conn.execute("PRAGMA journal_mode=WAL")
            conn.execute("PRAGMA synchronous=FULL")
            conn.execute("PRAGMA foreign_keys=ON")
        conn.execute("PRAGMA query_only").fetchone()
    except (sqlite3.Error, OSError) as error:
        raise store_error(path, error) from error
    return conn


def prepare(path: Path, report: Report = no_report) -> sqlite3.Connection:
    """Open the database for writing; create or upgrade it first. Raises StoreError for a newer one.

    What takes long is reported: a check after a crash, and an upgrade.
    """
    conn = connect(path, writable=True)
    try:
        refuse_newer(conn, path)
        _quick_check_after_a_crash(conn, path, report)
        upgrade(conn, path, report)
    except sqlite3.Error as error:
        conn.close()
        raise store_error(path, error) from error
    except StoreError:
        conn.close()
        raise
    return conn


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open an existing database read-only. Raises StoreError if there is none."""
    return _open_existing(path, writable=False)


def open_beside(path: Path) -> sqlite3.Connection:
    """Open an existing database to write beside a daemon: no check, no migration."""
    return _open_existing(path, writable=True)


def _open_existing(path: Path, *, writable: bool) -> sqlite3.Connection:
    if not path.exists():
        raise StoreError(f"{path}: there is no database yet; 'news-monitor poll' makes one")
    conn = connect(path, writable=writable)
    try:
        refuse_newer(conn, path)
        if conn.execute("PRAGMA user_version").fetchone()[0] < VERSION:
            raise StoreError(f"{path}: the database is of an older version; 'poll' or 'run' it")
    except sqlite3.Error as error:
        conn.close()
        raise store_error(path, error) from error
    except StoreError:
        conn.close()
        raise
    return conn


def refuse_newer(conn: sqlite3.Connection, path: Path) -> int:
    """Return the schema version; 0 is an empty or foreign database. Raises StoreError if newer."""
    version: int = conn.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise StoreError(
            f"{path}: the database is of version {version}, this program knows {VERSION}; "
            "use a newer news-monitor or another database",
            permanent=True,
        )
    return version


def _quick_check_after_a_crash(conn: sqlite3.Connection, path: Path, report: Report) -> None:
    """Check every page if the last run did not end cleanly. Raises StoreError."""
    if conn.execute("PRAGMA user_version").fetchone()[0] == 0:
        _refuse_foreign(conn, path)
        return
    if conn.execute("SELECT value FROM meta WHERE key = 'unclean'").fetchone():
        with report_progress(conn, lambda: "checking the database after a crash", report):
            verdict = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreError(damaged(path, verdict), permanent=True)


def _refuse_foreign(conn: sqlite3.Connection, path: Path) -> None:
    if conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError(f"{path}: this is a database of another program", permanent=True)


def damaged(path: Path, verdict: str) -> str:
    """Message for a damaged database, with advice."""
    return (
        f"{path}: the database is damaged ({verdict}); restore a backup, or recover what can be "
        f"read with: sqlite3 {path} .recover | sqlite3 recovered.db"
    )


def store_error(path: Path, error: Exception) -> StoreError:
    """Wrap a driver's error in a StoreError that names the file and the remedy."""
    text = str(error)
    match getattr(error, "sqlite_errorname", ""):
        case "SQLITE_FULL":
            text = "the disk is full; free some space, nothing is lost"
        case name if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            text = f"cannot be opened ({text}); check owner and permissions"
        case name if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            text = "is locked by another program; close it and try again"
        case name if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return StoreError(damaged(path, text), permanent=True)
    return StoreError(f"{path}: {text}")
