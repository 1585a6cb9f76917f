"""Silences in the database: written by the command line, read by the read worker."""

import sqlite3
from datetime import datetime, timedelta

from monitor.model import Silence, SilenceKind, utc_instant, utc_text

KEPT = timedelta(days=30)  # how long an expired silence is remembered


def in_force(conn: sqlite3.Connection, now: datetime) -> tuple[Silence, ...]:
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
    """Its number."""
    cursor = conn.execute(
        "INSERT INTO silences (kind, value, until, reason, created_at) VALUES (?, ?, ?, ?, ?)",
        [kind.value, value, utc_text(until), reason, utc_text(now)],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def remove(conn: sqlite3.Connection, number: int) -> bool:
    """False: there is none of that number."""
    return conn.execute("DELETE FROM silences WHERE id = ?", [number]).rowcount == 1


def forget(conn: sqlite3.Connection, now: datetime) -> None:
    conn.execute("DELETE FROM silences WHERE until < ?", [utc_text(now - KEPT)])
