"""Bringing a database up to date: all missing migrations in one transaction, with progress.

A kill at any point leaves the database of the old version or of the new one.
"""

import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import monotonic

from sqlite_utils import Database

from monitor.errors import StartStopped, StoreError
from monitor.store.schema import VERSION, migrations

Report = Callable[[str], bool]  # what is being done now; False: stop and undo it

REPORT_S = 1.0  # between two reports, at least
OPERATIONS = 100_000  # of SQLite's virtual machine between two looks at the clock: milliseconds
# Disk that an upgrade takes, measured with a million articles: 75 bytes a row in the write-ahead
# log, 30 more in the database. Twice that must be free.
BYTES_A_ROW, BYTES_AT_LEAST = 200, 1 << 20
_GROWING = ("articles", "entries", "matches", "alerts", "deliveries")


def silently(_: str) -> bool:
    return True


def upgrade(conn: sqlite3.Connection, path: Path, report: Report = silently) -> None:
    """Applies what is missing. Raises StoreError when there is too little disk for it, and
    StartStopped when `report` says so; the database is as it was then."""
    conn.execute("PRAGMA foreign_keys=OFF")  # tables are made anew; no effect once it has begun
    conn.execute("BEGIN IMMEDIATE")
    try:
        version: int = conn.execute("PRAGMA user_version").fetchone()[0]
        if 0 < version < VERSION:
            _require_space(conn, path)
        if version < VERSION:
            with _counted(conn, version, report) if version else nullcontext():
                migrations.apply(Database(conn))
            conn.execute(f"PRAGMA user_version={VERSION}")
            conn.execute("INSERT OR IGNORE INTO meta VALUES ('install', ?)", [secrets.token_hex(6)])
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.rollback()
        raise
    conn.execute("PRAGMA foreign_keys=ON")


def _require_space(conn: sqlite3.Connection, path: Path) -> None:
    rows = sum(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _GROWING)
    needed, free = rows * BYTES_A_ROW + BYTES_AT_LEAST, shutil.disk_usage(path.parent).free
    if free < needed:
        raise StoreError(
            f"{path}: bringing the database to version {VERSION} takes {_mb(needed)} of disk and"
            f" {_mb(free)} are free; free some and start again, nothing has changed"
        )


def _mb(size: int) -> str:
    return f"{-(-size // 1_000_000):,} MB"


@contextmanager
def _counted(conn: sqlite3.Connection, version: int, report: Report) -> Iterator[None]:
    """Reports which of all statements is at work."""
    steps, step = len(_statements(version)), 0

    def traced(sql: str) -> None:
        nonlocal step
        step += _is_step(sql)

    def text() -> str:
        done = min(step, steps)
        return f"upgrading the database from version {version} to {VERSION}: {done} of {steps}"

    conn.set_trace_callback(traced)
    try:
        with reporting(conn, text, report):
            yield
    finally:
        conn.set_trace_callback(None)


@contextmanager
def reporting(conn: sqlite3.Connection, text: Callable[[], str], report: Report) -> Iterator[None]:
    """Reports at once, and every second that a statement works. Raises StartStopped."""
    if not report(text()):
        raise StartStopped(f"stopped before {text()}; nothing has changed")
    due, stopped = monotonic() + REPORT_S, False

    def look() -> bool:
        nonlocal due, stopped
        if monotonic() < due:
            return False
        due, stopped = monotonic() + REPORT_S, not report(text())
        return stopped

    conn.set_progress_handler(look, OPERATIONS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if stopped:
            raise StartStopped(f"stopped while {text()}; nothing has changed") from error
        raise
    finally:
        conn.set_progress_handler(None, 0)


def _statements(version: int) -> list[str]:
    """What the migrations after a version run, tried on a database without a row."""
    db, ran = Database(memory=True), []
    names = [migration.name for migration in migrations.pending(db)]
    if version < len(names):
        migrations.apply(db, stop_before=names[version])
        db.conn.set_trace_callback(lambda sql: ran.append(sql) if _is_step(sql) else None)
        migrations.apply(db)
    db.close()
    return ran


def _is_step(sql: str) -> bool:
    return sql.lstrip().startswith(("CREATE", "DROP", "ALTER", "INSERT", "UPDATE"))
