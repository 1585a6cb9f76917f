"""Leases: a claimed row holds the lease of its worker, and the lease names the row.

A lease is `epoch:sequence:table:key`, so ending one is a lookup by primary key.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.store.rows import due_text

KEYS = {"sources": "name", "entries": "id", "articles": "id", "deliveries": "id"}  # primary keys


def give_back(conn: sqlite3.Connection, lease: str, due_at: datetime, error: str | None) -> None:
    """End a lease without a result; the row is due at `due_at`.

    With an error, which is stored, an entry's visit counts as an attempt.
    """
    table, key = _table_and_key(lease)
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
    """End leases of unfinished work: due now; nothing else of the rows changes."""
    for lease in leases:
        give_back(conn, lease, now, None)


def release_all(conn: sqlite3.Connection, now: datetime) -> None:
    """Make every leased row due now; at a start, when no worker runs."""
    for table in KEYS:
        conn.execute(
            f"UPDATE {table} SET due_at = ?, lease = NULL WHERE lease > ''",
            [due_text(now)],
        )


def _table_and_key(lease: str) -> tuple[str, str]:
    """Split a lease into table and primary key."""
    _, _, table, key = lease.split(":", 3)
    return table, key
