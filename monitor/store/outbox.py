"""The outbox: stores alerts, each once, and queues the messages that carry them."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from monitor.contracts import Decision, OutgoingMessage, PendingAlert
from monitor.model import (
    ArticleId,
    Reason,
    utc_instant,
    utc_text,
)
from monitor.store.digest_parts import MAX_ARTICLES, add_part, article_count
from monitor.store.rows import due_text

_LONGEST_DAY = timedelta(hours=25)  # when daylight saving time ends
REMOVED = "channel removed"  # last error of the unsent messages of a removed channel


def queue_messages(
    conn: sqlite3.Connection, article_id: ArticleId, decision: Decision, now: datetime
) -> None:
    """Store the decision's alerts, each once, and queue its messages."""
    stored: dict[tuple[str, Reason], int] = {}
    for alert in decision.alerts:
        revision = decision.revision.number if decision.revision else _revision(conn, article_id)
        alert_id = _store_alert(conn, article_id, revision, alert, now)
        if alert_id is not None:
            stored[alert.topic, alert.reason] = alert_id
    for message in decision.messages:
        keys = [(alert.topic, alert.reason) for alert in message.alerts]
        if ids := [stored[key] for key in keys if key in stored]:
            _queue_delivery(conn, message, article_id, ids, now)


def _revision(conn: sqlite3.Connection, article_id: ArticleId) -> int:
    row = conn.execute("SELECT revision FROM articles WHERE id = ?", [article_id]).fetchone()
    return int(row["revision"])


def _store_alert(
    conn: sqlite3.Connection,
    article_id: ArticleId,
    revision: int,
    alert: PendingAlert,
    now: datetime,
) -> int | None:
    """Insert an alert; None if it is stored. A silenced one is replaced by an unsilenced one."""
    silence = alert.silence
    row = conn.execute(
        "INSERT INTO alerts (key, topic, article_id, revision, reason, created_at, sources,"
        " silence_id, silence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET created_at = excluded.created_at,"
        " sources = excluded.sources, silence_id = NULL, silence = NULL"
        " WHERE alerts.silence_id IS NOT NULL AND excluded.silence_id IS NULL RETURNING id",
        [
            f"{article_id}/{revision}/{alert.topic}/{alert.reason.value}",
            alert.topic,
            article_id,
            revision,
            alert.reason.value,
            utc_text(now),
            alert.sources,
            silence.id if silence else None,
            silence.text if silence else None,
        ],
    ).fetchone()
    return int(row["id"]) if row else None


def _queue_delivery(
    conn: sqlite3.Connection,
    message: OutgoingMessage,
    article_id: ArticleId,
    alerts: Sequence[int],
    now: datetime,
) -> None:
    delivery_id = (
        _open_delivery(conn, message, article_id, min(alerts), now) if message.hold_until else None
    )
    if delivery_id is not None and message.note:
        _postpone(conn, message, now)
    if delivery_id is None:
        delivery_id = _insert(conn, message, article_id, alerts, now)
    conn.executemany(
        "INSERT INTO delivery_alerts (delivery_id, alert_id) VALUES (?, ?)",
        [(delivery_id, alert_id) for alert_id in sorted(alerts)],
    )
    if message.absorbs is not None:
        _absorb(conn, message.channel, message.absorbs, delivery_id, now)


def _absorb(
    conn: sqlite3.Connection, channel: str, group: str, delivery_id: int, now: datetime
) -> None:
    """Merge the message of the group that still collects into this one."""
    row = conn.execute(
        f"SELECT d.id FROM deliveries d WHERE d.channel = ? AND d.held = ? AND {_STILL_COLLECTS}",
        [channel, group, due_text(now)],
    ).fetchone()
    if row is None:
        return
    conn.execute(
        "UPDATE delivery_alerts SET delivery_id = ? WHERE delivery_id = ?", [delivery_id, row["id"]]
    )
    conn.execute("DELETE FROM deliveries WHERE id = ?", [row["id"]])
    conn.execute(
        "UPDATE deliveries SET alert_id ="
        " (SELECT min(alert_id) FROM delivery_alerts WHERE delivery_id = deliveries.id)"
        " WHERE id = ?",
        [delivery_id],
    )


# Once claimed, `due_at` differs from `hold_until`: the message may have been accepted already.
_STILL_COLLECTS = (
    "d.state = 'pending' AND d.attempts = 0 AND d.lease IS NULL AND d.due_at > ?"
    " AND d.due_at = d.hold_until"
)


def _open_delivery(
    conn: sqlite3.Connection,
    message: OutgoingMessage,
    article_id: ArticleId,
    first: int,
    now: datetime,
) -> int | None:
    """Find the message of the channel and group that still collects.

    It is the one that has the article, or else the last; if that is full, a new part is opened.
    """
    own = conn.execute(
        "SELECT d.id FROM alerts a JOIN delivery_alerts l ON l.alert_id = a.id"
        " JOIN deliveries d ON d.id = l.delivery_id"
        f" WHERE a.article_id = ? AND d.channel = ? AND d.held = ? AND {_STILL_COLLECTS} LIMIT 1",
        [article_id, message.channel, message.group, due_text(now)],
    ).fetchone()
    if own is not None:
        return int(own["id"])
    last = conn.execute(
        f"SELECT * FROM deliveries d WHERE d.channel = ? AND d.held = ? AND {_STILL_COLLECTS}"
        " ORDER BY d.id DESC LIMIT 1",
        [message.channel, message.group, due_text(now)],
    ).fetchone()
    if last is None:
        return None
    if article_count(conn, last["id"]) >= MAX_ARTICLES:
        return add_part(conn, last, first, last["due_at"])
    conn.execute("UPDATE deliveries SET article_id = NULL WHERE id = ?", [last["id"]])
    return int(last["id"])


def _postpone(conn: sqlite3.Connection, message: OutgoingMessage, now: datetime) -> None:
    """Extend the hold of all parts of a collecting message to that of a new alert with a note."""
    until = due_text(message.hold_until)
    conn.execute(
        "UPDATE deliveries AS d SET due_at = max(due_at, ?), hold_until = max(hold_until, ?)"
        f" WHERE channel = ? AND held = ? AND {_STILL_COLLECTS}",
        [until, until, message.channel, message.group, due_text(now)],
    )


def _insert(
    conn: sqlite3.Connection,
    message: OutgoingMessage,
    article_id: ArticleId,
    alerts: Sequence[int],
    now: datetime,
) -> int:
    install = conn.execute("SELECT value FROM meta WHERE key = 'install'").fetchone()["value"]
    first = min(alerts)
    cursor = conn.execute(
        "INSERT INTO deliveries (alert_id, channel, due_at, created_at, article_id, held,"
        " hold_until, text, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            first,
            message.channel,
            due_text(message.hold_until or now),
            utc_text(now),
            article_id,
            message.group if message.hold_until else None,
            due_text(message.hold_until),
            message.note,
            f"{first} {message.channel}",  # unique until its id is known
        ],
    )
    delivery_id = cursor.lastrowid
    assert delivery_id is not None
    conn.execute(
        "UPDATE deliveries SET message_id = ? WHERE id = ?",
        [f"msg_{install}_{first}_{delivery_id}", delivery_id],
    )
    mark_dead_if_removed(conn, delivery_id)
    return delivery_id


def mark_dead_if_removed(conn: sqlite3.Connection, delivery_id: int) -> None:
    """Mark a new delivery dead if its channel was removed meanwhile (see `channels`)."""
    conn.execute(
        "UPDATE deliveries SET state = 'dead', due_at = NULL, last_error = ?,"
        " removed_kind = (SELECT coalesce(kind, '') FROM channels WHERE name = channel)"
        " WHERE id = ? AND EXISTS"
        " (SELECT 1 FROM channels WHERE name = deliveries.channel AND removed_at IS NOT NULL)",
        [REMOVED, delivery_id],
    )


def recent_counts(
    conn: sqlite3.Connection, topics: Iterable[str], now: datetime
) -> dict[tuple[str, str], int]:
    """(channel, topic) → number of messages about one article within the last hour."""
    rows = conn.execute(
        "SELECT d.channel, a.topic, count(DISTINCT d.id) AS n FROM deliveries d"
        " CROSS JOIN delivery_alerts l ON l.delivery_id = d.id"  # time first
        " CROSS JOIN alerts a ON a.id = l.alert_id"
        " WHERE d.created_at > ? AND d.created_at <= ? AND d.held IS NULL"
        " AND a.topic IN (SELECT value FROM json_each(?)) GROUP BY d.channel, a.topic",
        [utc_text(now - timedelta(hours=1)), utc_text(now), json.dumps(sorted(topics))],
    )
    return {(row["channel"], row["topic"]): row["n"] for row in rows}


def hold_ends(conn: sqlite3.Connection, now: datetime) -> dict[tuple[str, str], datetime]:
    """(channel, group) → end of its last message's hold, if within a day."""
    rows = conn.execute(
        "SELECT channel, held, max(hold_until) AS last FROM deliveries"
        " WHERE held IS NOT NULL AND hold_until > ? GROUP BY channel, held",
        [due_text(now - timedelta(days=1))],
    )
    return {(row["channel"], row["held"]): utc_instant(row["last"]) for row in rows}


def update_times(
    conn: sqlite3.Connection, articles: Iterable[ArticleId], now: datetime
) -> dict[tuple[str, ArticleId], tuple[datetime, ...]]:
    """(channel, article) → creation times of its messages about an update, of the last day."""
    found: dict[tuple[str, ArticleId], tuple[datetime, ...]] = {}
    for row in conn.execute(
        "SELECT DISTINCT a.article_id, d.channel, d.id, d.created_at FROM alerts a"
        " JOIN delivery_alerts l ON l.alert_id = a.id JOIN deliveries d ON d.id = l.delivery_id"
        " WHERE a.article_id IN (SELECT value FROM json_each(?)) AND a.reason = ?"
        " AND d.created_at > ? AND (d.held IS NULL OR d.held NOT LIKE 'edits %')",
        [json.dumps(list(articles)), Reason.UPDATED.value, utc_text(now - _LONGEST_DAY)],
    ):
        key = row["channel"], ArticleId(row["article_id"])
        found[key] = (*found.get(key, ()), utc_instant(row["created_at"]))
    return found


def release_held(conn: sqlite3.Connection, except_kinds: Iterable[str], now: datetime) -> int:
    """Make collecting messages due now, except of groups of these kinds; return their number.

    The kind is the first word of the group's name.
    """
    return conn.execute(
        "UPDATE deliveries SET due_at = ? WHERE held IS NOT NULL AND state = 'pending'"
        " AND substr(held, 1, instr(held || ' ', ' ') - 1)"
        " NOT IN (SELECT value FROM json_each(?))"
        " AND attempts = 0 AND lease IS NULL AND due_at > ?",
        [due_text(now), json.dumps(list(except_kinds)), due_text(now)],
    ).rowcount
