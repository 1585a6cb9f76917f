"""The schedule after the wall clock was set: what was due in an hour still is.

Rows are looked up beside the writer and moved in slices, so that other work gets its turn.
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
SLICE = 1_000  # rows of one transaction
READ_AGAIN = timedelta(days=30)  # age past which an article is not read again

Rehold = Callable[[str, str, datetime, datetime], datetime | None]
"""Channel, group, until when the message is held, now → until when it is to be held now.

None: the group does not follow the calendar.
"""


def keep_hold(channel: str, group: str, until: datetime, now: datetime) -> datetime | None:
    """A Rehold for which no group follows the calendar."""
    return None


class Scheduled(NamedTuple):
    """A row that has its time ahead."""

    table: str
    key: str | int
    due_at: str


def ahead(path: Path, after: datetime) -> list[Scheduled]:
    """All that is due later than `after`, sources first. Raises StoreError."""
    conn = open_to_read(path)
    try:
        return [
            Scheduled(table, row["key"], row["due_at"])
            for table in SCHEDULED
            for row in conn.execute(
                f"SELECT {_key(table)} AS key, due_at FROM {table} WHERE due_at > ?{_free(table)}",
                [due_text(after)],
            )
        ]
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()


def move(conn: sqlite3.Connection, rows: Sequence[Scheduled], by: timedelta) -> None:
    """Each once: a row whose time was set anew meanwhile follows the new clock already."""
    for table in SCHEDULED:
        conn.executemany(
            f"UPDATE {table} SET due_at = ? WHERE {_key(table)} = ? AND due_at = ?",
            [
                (due_text(utc_instant(row.due_at) + by), row.key, row.due_at)
                for row in rows
                if row.table == table
            ],
        )


def follow(conn: sqlite3.Connection, by: timedelta, now: datetime, rehold: Rehold) -> None:
    """Moves the instants ahead that are no `due_at`, once those are moved."""
    after = min(now, now - by)
    _move_holds(conn, by, now, after, rehold)
    conn.execute(
        "UPDATE silences SET until = strftime('%Y-%m-%dT%H:%M:%SZ', until, ?) WHERE until > ?",
        [f"{by.total_seconds():+.3f} seconds", utc_text(after)],
    )
    if by < timedelta(0):
        _read_again(conn, now)
    epochs.note_alive(conn, now)
    conn.execute("UPDATE meta SET value = min(value, ?) WHERE key = 'started_at'", [utc_text(now)])


def _move_holds(
    conn: sqlite3.Connection, by: timedelta, now: datetime, after: datetime, rehold: Rehold
) -> None:
    """Messages that collect, and until when the last one of each group did."""
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


def _read_again(conn: sqlite3.Connection, now: datetime) -> None:
    """Under a clock that was ahead, articles grew too old to be read again before their time."""
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE due_at IS NULL AND site IS NOT NULL"
        " AND first_seen_at BETWEEN ? AND ?"
        " AND source IN (SELECT name FROM sources WHERE configured)",
        [due_text(now), utc_text(now - READ_AGAIN), utc_text(now)],
    )


def _free(table: str) -> str:
    """Without the messages that still collect: `follow` moves these."""
    return " AND due_at IS NOT hold_until" if table == "deliveries" else ""


def _key(table: str) -> str:
    return "name" if table == "sources" else "id"
