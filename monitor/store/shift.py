"""The schedule after the wall clock was set: what was due in an hour still is.

Rows are looked up beside the writer and moved in slices, so that other work gets its turn.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from monitor.model import utc_instant
from monitor.store.rows import due_text
from monitor.store.sqlite import open_to_read, store_error

SCHEDULED = ("sources", "entries", "articles", "deliveries")
SLICE = 1_000  # rows of one transaction


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
                f"SELECT {_key(table)} AS key, due_at FROM {table} WHERE due_at > ?",
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


def _key(table: str) -> str:
    return "name" if table == "sources" else "id"
