"""Splits a large digest into several numbered messages, each a delivery of its own.

A message that collects articles is full at MAX_ARTICLES, and the next one opens; one that a server
refuses as too large is split in two. Each part has its own id, lease and attempts, so a crash
between two parts neither loses nor repeats an article.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from monitor.store.rows import due_text

MAX_ARTICLES = 200  # in one message

_COPY = (
    "INSERT INTO deliveries (alert_id, channel, due_at, lease, created_at, kind, held, hold_until,"
    " message_id, served, last_error, text)"
    " SELECT ?, channel, ?, NULL, created_at, kind, held, hold_until, ?, served, last_error, text"
    " FROM deliveries WHERE id = ?"
)
_SIBLINGS = (
    "SELECT id, part, state FROM deliveries WHERE channel = ? AND held = ? AND hold_until = ?"
    " ORDER BY id"
)
_MOVE = (
    "UPDATE delivery_alerts SET delivery_id = ? WHERE delivery_id = ?"
    " AND alert_id IN (SELECT value FROM json_each(?))"
)


def split_if_oversized(conn: sqlite3.Connection, delivery_id: int, due_at: datetime) -> sqlite3.Row:
    """Split a leased delivery with too many articles, and number the parts; return its row."""
    row = _row(conn, delivery_id)
    if article_count(conn, delivery_id) > MAX_ARTICLES:
        split(conn, delivery_id, MAX_ARTICLES, due_at)
    elif row["part"] is None and row["held"] is not None:
        members = _parts_of_digest(conn, row)
        if len(members) > 1:
            _number_parts(conn, members)
    return _row(conn, delivery_id)


def article_count(conn: sqlite3.Connection, delivery_id: int) -> int:
    """Return the number of articles in a message."""
    return int(
        conn.execute(
            "SELECT count(DISTINCT a.article_id) FROM delivery_alerts l"
            " JOIN alerts a ON a.id = l.alert_id WHERE l.delivery_id = ?",
            [delivery_id],
        ).fetchone()[0]
    )


def split(conn: sqlite3.Connection, delivery_id: int, articles: int, due_at: datetime) -> None:
    """Move all but the first `articles` articles into new deliveries of at most that many."""
    row = _row(conn, delivery_id)
    members = _parts_of_digest(conn, row) if row["held"] is not None else [row]
    new = []
    for alerts in _batches(conn, delivery_id, articles)[1:]:
        part = add_part(conn, row, min(alerts), due_text(due_at))
        conn.execute(_MOVE, [part, delivery_id, json.dumps(alerts)])
        new.append(_row(conn, part))
    at = next(n for n, member in enumerate(members, 1) if member["id"] == delivery_id)
    _number_parts(conn, [*members[:at], *new, *members[at:]])


def add_part(conn: sqlite3.Connection, row: sqlite3.Row, alert_id: int, due_at: str | None) -> int:
    """Insert another delivery of the same digest, without alerts yet; return its id.

    `alert_id` is the lowest of the alerts that it will carry.
    """
    install = conn.execute("SELECT value FROM meta WHERE key = 'install'").fetchone()["value"]
    placeholder = f"{alert_id} beside {row['id']}"  # unique until its id is known
    number = conn.execute(_COPY, [alert_id, due_at, placeholder, row["id"]]).lastrowid
    assert number is not None
    conn.execute(
        "UPDATE deliveries SET message_id = ? WHERE id = ?",
        [f"msg_{install}_{alert_id}_{number}", number],
    )
    return number


def _batches(conn: sqlite3.Connection, delivery_id: int, articles: int) -> list[list[int]]:
    """Group the delivery's alerts by so many articles each, in their order."""
    by_article: dict[int, list[int]] = {}
    for row in conn.execute(
        "SELECT a.id, a.article_id FROM delivery_alerts l JOIN alerts a ON a.id = l.alert_id"
        " WHERE l.delivery_id = ? ORDER BY a.id",
        [delivery_id],
    ):
        by_article.setdefault(row["article_id"], []).append(row["id"])
    groups = iter(by_article.values())
    batches = []
    while batch := [alert for group in islice(groups, articles) for alert in group]:
        batches.append(batch)
    return batches


def _parts_of_digest(conn: sqlite3.Connection, row: sqlite3.Row) -> list[sqlite3.Row]:
    """Rows of all parts of the delivery's digest, in their order."""
    found = conn.execute(_SIBLINGS, [row["channel"], row["held"], row["hold_until"]]).fetchall()
    return sorted(found, key=lambda row: int(row["part"].partition("/")[0]) if row["part"] else 0)


def _number_parts(conn: sqlite3.Connection, members: Sequence[sqlite3.Row]) -> None:
    """Number the parts that were not sent yet; sent ones keep their number."""
    conn.executemany(
        "UPDATE deliveries SET part = ? WHERE id = ? AND state != 'sent'",
        [(f"{n}/{len(members)}", member["id"]) for n, member in enumerate(members, 1)],
    )


def _row(conn: sqlite3.Connection, delivery_id: int) -> sqlite3.Row:
    row: sqlite3.Row = conn.execute(
        "SELECT * FROM deliveries WHERE id = ?", [delivery_id]
    ).fetchone()
    return row
