"""Epochs: each run of `run` or `poll` on a database is one, with a number that its leases carry.

`alive_at` in `meta` is the last instant that an epoch recorded. Every `due_at` is an instant of the
wall clock at the time of writing: if a run starts before `alive_at`, the clock was set back, and
the schedule is shifted as after any other step (see `clock_shift`).
"""

import sqlite3
from datetime import datetime, timedelta

from monitor.model import utc_instant, utc_text
from monitor.store import leases

STEP = timedelta(seconds=60)  # less is drift, or the interval at which `alive_at` is recorded


def start(conn: sqlite3.Connection, now: datetime) -> str:
    """Start an epoch and return its number; work that the last one left leased is due at once."""
    row = conn.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    epoch = str(int(row["value"]) + 1 if row else 1)
    note(conn, "epoch", epoch)
    note(conn, "unclean", "1")
    note(conn, "started_at", utc_text(now))
    note_alive(conn, now)
    leases.release_all(conn, now)
    return epoch


def end(conn: sqlite3.Connection, now: datetime) -> None:
    """End the epoch cleanly: the next start skips the check of the database."""
    note(conn, "unclean", None)
    note_alive(conn, now)


def note_alive(conn: sqlite3.Connection, now: datetime) -> None:
    """Record the present instant."""
    note(conn, "alive_at", utc_text(now))


def note(conn: sqlite3.Connection, key: str, value: str | None) -> None:
    """Record a value in `meta`; None deletes it."""
    if value is None:
        conn.execute("DELETE FROM meta WHERE key = ?", [key])
    else:
        conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [key, value])


def last_alive(conn: sqlite3.Connection) -> datetime | None:
    """Last recorded instant of the previous epoch, within a minute of its end; None: no epoch."""
    sql = "SELECT max(value) AS last FROM meta WHERE key IN ('alive_at', 'started_at')"
    last: str | None = conn.execute(sql).fetchone()["last"]
    return utc_instant(last)
