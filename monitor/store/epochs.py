"""Epochs: one run of `run` or `poll` on a database. `alive_at` holds its last known instant.

Every `due_at` is an instant of the wall clock that was in force when it was written. A start under
an earlier clock is seen by that note, and the schedule is moved as at any other step (shift.py).
"""

import sqlite3
from datetime import datetime, timedelta

from monitor.model import utc_instant, utc_text
from monitor.store import leases

STEP = timedelta(seconds=60)  # less is drift, and the time between two notes of `alive_at`


def begin(conn: sqlite3.Connection, now: datetime) -> str:
    """Starts an epoch and returns its number; what the last one left leased is due at once."""
    row = conn.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    epoch = str(int(row["value"]) + 1 if row else 1)
    note(conn, "epoch", epoch)
    note(conn, "unclean", "1")
    note(conn, "started_at", utc_text(now))
    note_alive(conn, now)
    leases.end_all(conn, now)
    return epoch


def end(conn: sqlite3.Connection, now: datetime) -> None:
    note(conn, "unclean", None)
    note_alive(conn, now)


def note_alive(conn: sqlite3.Connection, now: datetime) -> None:
    note(conn, "alive_at", utc_text(now))


def note(conn: sqlite3.Connection, key: str, value: str | None) -> None:
    if value is None:
        conn.execute("DELETE FROM meta WHERE key = ?", [key])
    else:
        conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [key, value])


def last_alive(conn: sqlite3.Connection) -> datetime | None:
    """The last instant of the previous epoch; a run that was killed noted one a minute ago."""
    sql = "SELECT max(value) AS last FROM meta WHERE key IN ('alive_at', 'started_at')"
    last: str | None = conn.execute(sql).fetchone()["last"]
    return utc_instant(last)
