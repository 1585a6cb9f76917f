"""A digest of many articles as several numbered messages, each a delivery of its own.

A message that collects is full at MOST_ARTICLES, and the next one opens; one that a server finds
too large is split in two. Each part has its own id, lease and attempts, so a crash between two of
them neither loses nor doubles an article.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from monitor.store.rows import due_text

MOST_ARTICLES = 200  # of one message

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


def within_bounds(conn: sqlite3.Connection, delivery_id: int, due_at: datetime) -> sqlite3.Row:
    """The row of a delivery that was leased, split and numbered where it has to be."""
    row = _row(conn, delivery_id)
    if article_count(conn, delivery_id) > MOST_ARTICLES:
        split(conn, delivery_id, MOST_ARTICLES, due_at)
    elif row["part"] is None and row["held"] is not None:
        members = _siblings(conn, row)
        if len(members) > 1:
            _number(conn, members)
    return _row(conn, delivery_id)


def article_count(conn: sqlite3.Connection, delivery_id: int) -> int:
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
    members = _siblings(conn, row) if row["held"] is not None else [row]
    new = []
    for alerts in _batches(conn, delivery_id, articles)[1:]:
        part = open_beside(conn, row, min(alerts), due_text(due_at))
        conn.execute(_MOVE, [part, delivery_id, json.dumps(alerts)])
        new.append(_row(conn, part))
    at = next(n for n, member in enumerate(members, 1) if member["id"] == delivery_id)
    _number(conn, [*members[:at], *new, *members[at:]])


def open_beside(
    conn: sqlite3.Connection, row: sqlite3.Row, alert_id: int, due_at: str | None
) -> int:
    """One more delivery of the same digest, without an alert yet; `alert_id` is its lowest."""
    install = conn.execute("SELECT value FROM meta WHERE key = 'install'").fetchone()["value"]
    placeholder = f"{alert_id} beside {row['id']}"  # until its own number is known
    number = conn.execute(_COPY, [alert_id, due_at, placeholder, row["id"]]).lastrowid
    assert number is not None
    conn.execute(
        "UPDATE deliveries SET message_id = ? WHERE id = ?",
        [f"msg_{install}_{alert_id}_{number}", number],
    )
    return number


def _batches(conn: sqlite3.Connection, delivery_id: int, articles: int) -> list[list[int]]:
    """The delivery's alerts, those of so many articles together, in their order."""
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


def _siblings(conn: sqlite3.Connection, row: sqlite3.Row) -> list[sqlite3.Row]:
    """The parts of its digest, in their order."""
    found = conn.execute(_SIBLINGS, [row["channel"], row["held"], row["hold_until"]]).fetchall()
    return sorted(found, key=lambda row: int(row["part"].partition("/")[0]) if row["part"] else 0)


def _number(conn: sqlite3.Connection, members: Sequence[sqlite3.Row]) -> None:
    """Number the parts that were not sent yet; those that were keep the number they went under."""
    conn.executemany(
        "UPDATE deliveries SET part = ? WHERE id = ? AND state != 'sent'",
        [(f"{n}/{len(members)}", member["id"]) for n, member in enumerate(members, 1)],
    )


def _row(conn: sqlite3.Connection, delivery_id: int) -> sqlite3.Row:
    row: sqlite3.Row = conn.execute(
        "SELECT * FROM deliveries WHERE id = ?", [delivery_id]
    ).fetchone()
    return row
