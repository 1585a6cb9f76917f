"""Silences: added and removed by the command line, loaded with every batch of reads."""

import sqlite3
from datetime import datetime, timedelta

from monitor.model import Silence, SilenceKind, utc_instant, utc_text

KEEP_EXPIRED = timedelta(days=30)


def in_force(conn: sqlite3.Connection, now: datetime) -> tuple[Silence, ...]:
    """Load the silences that have not expired, by id."""
    rows = conn.execute("SELECT * FROM silences WHERE until > ? ORDER BY id", [utc_text(now)])
    return tuple(
        Silence(
            id=row["id"],
            kind=SilenceKind(row["kind"]),
            value=row["value"],
            until=utc_instant(row["until"]),
            reason=row["reason"],
        )
        for row in rows.fetchall()
    )


def add(
    conn: sqlite3.Connection,
    kind: SilenceKind,
    value: str,
    until: datetime,
    reason: str,
    now: datetime,
) -> int:
    """Insert a silence; return its id."""
    cursor = conn.execute(
        "INSERT INTO silences (kind, value, until, reason, created_at) VALUES (?, ?, ?, ?, ?)",
        [kind.value, value, utc_text(until), reason, utc_text(now)],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def remove(conn: sqlite3.Connection, number: int) -> bool:
    """Delete a silence; return False if there is none of this id."""
    return conn.execute("DELETE FROM silences WHERE id = ?", [number]).rowcount == 1


def prune(conn: sqlite3.Connection, now: datetime) -> None:
    """Delete silences that expired KEEP_EXPIRED ago."""
    conn.execute("DELETE FROM silences WHERE until < ?", [utc_text(now - KEEP_EXPIRED)])
