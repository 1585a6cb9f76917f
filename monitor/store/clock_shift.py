"""Shifts the schedule after a step of the wall clock, so that every wait keeps its length.

Rows are looked up without the writer and updated in slices, between which other work is done.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from monitor.model import utc_instant, utc_text
from monitor.store import epochs
from monitor.store.rows import due_text
from monitor.store.sqlite import open_to_read, store_error

SCHEDULED = ("sources", "entries", "articles", "deliveries")
SLICE = 1_000  # rows per transaction
REREAD_AGE = timedelta(days=30)  # older articles are not read again

Rehold = Callable[[str, str, datetime, datetime], datetime | None]
"""Channel, group, end of the hold, now → new end of the hold.

None: the group is not held until a time of day, and its hold is shifted like other waits.
"""


def no_rehold(channel: str, group: str, until: datetime, now: datetime) -> datetime | None:
    """A Rehold for which no group is held until a time of day."""
    return None


class Scheduled(NamedTuple):
    """A row with a due time in the future."""

    table: str
    key: str | int
    due_at: str


def future_rows(path: Path, after: datetime) -> list[Scheduled]:
    """List the rows that are due later than `after`, sources first. Raises StoreError."""
    conn = open_to_read(path)
    try:
        return [
            Scheduled(table, row["key"], row["due_at"])
            for table in SCHEDULED
            for row in conn.execute(
                f"SELECT {_key_column(table)} AS key, due_at FROM {table}"
                f" WHERE due_at > ?{_condition(table)}",
                [due_text(after)],
            )
        ]
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()


def shift_rows(conn: sqlite3.Connection, rows: Sequence[Scheduled], by: timedelta) -> None:
    """Shift the due times of these rows, except of rows that were rescheduled meanwhile."""
    for table in SCHEDULED:
        conn.executemany(
            f"UPDATE {table} SET due_at = ? WHERE {_key_column(table)} = ? AND due_at = ?",
            [
                (due_text(utc_instant(row.due_at) + by), row.key, row.due_at)
                for row in rows
                if row.table == table
            ],
        )


def shift_rest(conn: sqlite3.Connection, by: timedelta, now: datetime, rehold: Rehold) -> None:
    """Shift the future instants that are no `due_at`; called after `shift_rows`.

    These are the ends of holds and silences. After a step back, articles that grew too old under
    the wrong clock are read again.
    """
    after = min(now, now - by)
    _shift_holds(conn, by, now, after, rehold)
    conn.execute(
        "UPDATE silences SET until = strftime('%Y-%m-%dT%H:%M:%SZ', until, ?) WHERE until > ?",
        [f"{by.total_seconds():+.3f} seconds", utc_text(after)],
    )
    if by < timedelta(0):
        _reread(conn, now)
    epochs.note_alive(conn, now)
    conn.execute("UPDATE meta SET value = min(value, ?) WHERE key = 'started_at'", [utc_text(now)])


def _shift_holds(
    conn: sqlite3.Connection, by: timedelta, now: datetime, after: datetime, rehold: Rehold
) -> None:
    """Shift the holds of collecting messages, and the end of each group's last hold."""
    rows = conn.execute(
        "SELECT id, channel, held, hold_until, due_at FROM deliveries"
        " WHERE held IS NOT NULL AND hold_until > ?",
        [due_text(after)],
    ).fetchall()
    for row in rows:
        until = utc_instant(row["hold_until"])
        moved = due_text(rehold(row["channel"], row["held"], until, now) or until + by)
        due_at = moved if row["due_at"] == row["hold_until"] else row["due_at"]
        conn.execute(
            "UPDATE deliveries SET hold_until = ?, due_at = ? WHERE id = ?",
            [moved, due_at, row["id"]],
        )


def _reread(conn: sqlite3.Connection, now: datetime) -> None:
    """Make articles due that became too old to be read again only under a wrong clock."""
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE due_at IS NULL AND site IS NOT NULL"
        " AND first_seen_at BETWEEN ? AND ?"
        " AND source IN (SELECT name FROM sources WHERE configured)",
        [due_text(now), utc_text(now - REREAD_AGE), utc_text(now)],
    )


def _condition(table: str) -> str:
    """Exclude messages that still collect, which `shift_rest` shifts."""
    return " AND due_at IS NOT hold_until" if table == "deliveries" else ""


def _key_column(table: str) -> str:
    return "name" if table == "sources" else "id"
