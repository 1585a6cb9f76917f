"""Upgrades a database: applies all missing migrations in one transaction, and reports progress.

A kill at any point leaves the database at the old version or at the new one.
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

Report = Callable[[str], bool]  # called with what is being done; False: stop and roll back

REPORT_INTERVAL_S = 1.0  # at least
OPCODES = 100_000  # of SQLite's virtual machine between checks of the clock: milliseconds
# Disk space of an upgrade, measured with a million articles: 75 bytes per row in the write-ahead
# log and 30 in the database. Twice that must be free.
BYTES_PER_ROW, MIN_BYTES = 200, 1 << 20
_GROWING = ("articles", "entries", "matches", "alerts", "deliveries")


def no_report(_: str) -> bool:
    """A Report that ignores the text and never stops."""
    return True


def upgrade(conn: sqlite3.Connection, path: Path, report: Report = no_report) -> None:
    """Apply the missing migrations.

    Raises StoreError if there is too little disk space, StartStopped if `report` returns False;
    then the database is unchanged.
    """
    conn.execute("PRAGMA foreign_keys=OFF")  # tables are rebuilt; must precede BEGIN
    conn.execute("BEGIN IMMEDIATE")
    try:
        version: int = conn.execute("PRAGMA user_version").fetchone()[0]
        if 0 < version < VERSION:
            _require_space(conn, path)
        if version < VERSION:
            with _report_statements(conn, version, report) if version else nullcontext():
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
    needed, free = rows * BYTES_PER_ROW + MIN_BYTES, shutil.disk_usage(path.parent).free
    if free < needed:
        raise StoreError(
            f"{path}: upgrading the database to version {VERSION} takes {_mb(needed)} of disk and"
            f" {_mb(free)} are free; free some and start again, nothing has changed"
        )


def _mb(size: int) -> str:
    return f"{-(-size // 1_000_000):,} MB"


@contextmanager
def _report_statements(conn: sqlite3.Connection, version: int, report: Report) -> Iterator[None]:
    """Report the number of the running statement among all."""
    steps, step = len(_statements(version)), 0

    def count_step(sql: str) -> None:
        nonlocal step
        step += _is_step(sql)

    def text() -> str:
        done = min(step, steps)
        return f"upgrading the database from version {version} to {VERSION}: {done} of {steps}"

    conn.set_trace_callback(count_step)
    try:
        with report_progress(conn, text, report):
            yield
    finally:
        conn.set_trace_callback(None)


@contextmanager
def report_progress(
    conn: sqlite3.Connection, text: Callable[[], str], report: Report
) -> Iterator[None]:
    """Report at once, and every second while a statement runs inside the context.

    Raises StartStopped if `report` returns False.
    """
    if not report(text()):
        raise StartStopped(f"stopped before {text()}; nothing has changed")
    due, stopped = monotonic() + REPORT_INTERVAL_S, False

    def check_clock() -> bool:
        nonlocal due, stopped
        if monotonic() < due:
            return False
        due, stopped = monotonic() + REPORT_INTERVAL_S, not report(text())
        return stopped

    conn.set_progress_handler(check_clock, OPCODES)
    try:
        yield
    except sqlite3.OperationalError as error:
        if stopped:
            raise StartStopped(f"stopped while {text()}; nothing has changed") from error
        raise
    finally:
        conn.set_progress_handler(None, 0)


def _statements(version: int) -> list[str]:
    """List the statements of the migrations after a version, as run on an empty database."""
    db, statements = Database(memory=True), []
    names = [migration.name for migration in migrations.pending(db)]
    if version < len(names):
        migrations.apply(db, stop_before=names[version])
        db.conn.set_trace_callback(lambda sql: statements.append(sql) if _is_step(sql) else None)
        migrations.apply(db)
    db.close()
    return statements


def _is_step(sql: str) -> bool:
    return sql.lstrip().startswith(("CREATE", "DROP", "ALTER", "INSERT", "UPDATE"))
