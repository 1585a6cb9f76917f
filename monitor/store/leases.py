"""Leases: a row that is worked on names its lease, and the lease its row.

A lease is `epoch:sequence:table:key`, so that ending one is a look-up by primary key.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.store.rows import due_text

KEYS = {"sources": "name", "entries": "id", "articles": "id", "deliveries": "id"}  # by table


def give_back(conn: sqlite3.Connection, lease: str, due_at: datetime, error: str | None) -> None:
    """Ends a lease without a settlement. With an error, a visit to an entry counts as a try."""
    table, key = _row_of(lease)
    changes = "lease = NULL, due_at = ?"
    values: list[object] = [due_text(due_at)]
    if error is not None and table != "articles":
        changes += ", last_error = ?" + (", attempts = attempts + 1" * (table == "entries"))
        values.append(error)
    conn.execute(
        f"UPDATE {table} SET {changes} WHERE {KEYS[table]} = ? AND lease = ?",
        [*values, key, lease],
    )


def requeue(conn: sqlite3.Connection, leases: Sequence[str], now: datetime) -> None:
    """Ends leases of work that was not finished: due now; nothing else of the row changes."""
    for lease in leases:
        give_back(conn, lease, now, None)


def end_all(conn: sqlite3.Connection, now: datetime) -> None:
    """Makes every leased row due, once nobody can be at work on it."""
    for table in KEYS:
        conn.execute(
            f"UPDATE {table} SET due_at = ?, lease = NULL WHERE lease > ''",
            [due_text(now)],
        )


def _row_of(lease: str) -> tuple[str, str]:
    """Table and primary key."""
    _, _, table, key = lease.split(":", 3)
    return table, key
