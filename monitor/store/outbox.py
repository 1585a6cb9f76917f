"""The outbox: alerts are raised once, and what is owed is put on its way."""

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
from monitor.store.parts import MOST_ARTICLES, article_count, open_beside
from monitor.store.rows import due_text

_LONGEST_DAY = timedelta(hours=25)  # of a zone that sets its clocks back
REMOVED = "channel removed"  # the last error of what a channel that left had not sent


def owe(conn: sqlite3.Connection, article_id: ArticleId, finding: Decision, now: datetime) -> None:
    """Raises the finding's alerts, each once, and owes their messages."""
    raised: dict[tuple[str, Reason], int] = {}
    for due in finding.alerts:
        revision = finding.revision.number if finding.revision else _revision(conn, article_id)
        alert_id = _raise(conn, article_id, revision, due, now)
        if alert_id is not None:
            raised[due.topic, due.reason] = alert_id
    for owed in finding.owed:
        alerts = [raised[d.topic, d.reason] for d in owed.alerts if (d.topic, d.reason) in raised]
        if alerts:
            _deliver(conn, owed, article_id, alerts, now)


def _revision(conn: sqlite3.Connection, article_id: ArticleId) -> int:
    row = conn.execute("SELECT revision FROM articles WHERE id = ?", [article_id]).fetchone()
    return int(row["revision"])


def _raise(
    conn: sqlite3.Connection,
    article_id: ArticleId,
    revision: int,
    due: PendingAlert,
    now: datetime,
) -> int | None:
    """None when it was raised before. One that was silenced then is raised again unsilenced."""
    silence = due.silence
    row = conn.execute(
        "INSERT INTO alerts (key, topic, article_id, revision, reason, created_at, sources,"
        " silence_id, silence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET created_at = excluded.created_at,"
        " sources = excluded.sources, silence_id = NULL, silence = NULL"
        " WHERE alerts.silence_id IS NOT NULL AND excluded.silence_id IS NULL RETURNING id",
        [
            f"{article_id}/{revision}/{due.topic}/{due.reason.value}",
            due.topic,
            article_id,
            revision,
            due.reason.value,
            utc_text(now),
            due.sources,
            silence.id if silence else None,
            silence.text if silence else None,
        ],
    ).fetchone()
    return int(row["id"]) if row else None


def _deliver(
    conn: sqlite3.Connection,
    owed: OutgoingMessage,
    article_id: ArticleId,
    alerts: Sequence[int],
    now: datetime,
) -> None:
    delivery_id = _collecting(conn, owed, article_id, min(alerts), now) if owed.hold_until else None
    if delivery_id is not None and owed.note:
        _put_off(conn, owed, now)
    if delivery_id is None:
        delivery_id = _insert(conn, owed, article_id, alerts, now)
    conn.executemany(
        "INSERT INTO delivery_alerts (delivery_id, alert_id) VALUES (?, ?)",
        [(delivery_id, alert_id) for alert_id in sorted(alerts)],
    )
    if owed.absorbs is not None:
        _absorb(conn, owed.channel, owed.absorbs, delivery_id, now)


def _absorb(
    conn: sqlite3.Connection, channel: str, group: str, delivery_id: int, now: datetime
) -> None:
    """The group's message that still collects becomes part of this one."""
    row = conn.execute(
        f"SELECT d.id FROM deliveries d WHERE d.channel = ? AND d.held = ? AND {_COLLECTS}",
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


# One that was taken is due at another time than it was held until: it may have been accepted.
_COLLECTS = (
    "d.state = 'pending' AND d.attempts = 0 AND d.lease IS NULL AND d.due_at > ?"
    " AND d.due_at = d.hold_until"
)


def _collecting(
    conn: sqlite3.Connection,
    owed: OutgoingMessage,
    article_id: ArticleId,
    first: int,
    now: datetime,
) -> int | None:
    """The message of this channel and group that still collects: where the article stands
    already, or else the last; a new one beside it when that is full."""
    mine = conn.execute(
        "SELECT d.id FROM alerts a JOIN delivery_alerts l ON l.alert_id = a.id"
        " JOIN deliveries d ON d.id = l.delivery_id"
        f" WHERE a.article_id = ? AND d.channel = ? AND d.held = ? AND {_COLLECTS} LIMIT 1",
        [article_id, owed.channel, owed.group, due_text(now)],
    ).fetchone()
    if mine is not None:
        return int(mine["id"])
    last = conn.execute(
        f"SELECT * FROM deliveries d WHERE d.channel = ? AND d.held = ? AND {_COLLECTS}"
        " ORDER BY d.id DESC LIMIT 1",
        [owed.channel, owed.group, due_text(now)],
    ).fetchone()
    if last is None:
        return None
    if article_count(conn, last["id"]) >= MOST_ARTICLES:
        return open_beside(conn, last, first, last["due_at"])
    conn.execute("UPDATE deliveries SET article_id = NULL WHERE id = ?", [last["id"]])
    return int(last["id"])


def _put_off(conn: sqlite3.Connection, owed: OutgoingMessage, now: datetime) -> None:
    """All parts of a message that collects, until what joins it has waited for its like."""
    until = due_text(owed.hold_until)
    conn.execute(
        "UPDATE deliveries AS d SET due_at = max(due_at, ?), hold_until = max(hold_until, ?)"
        f" WHERE channel = ? AND held = ? AND {_COLLECTS}",
        [until, until, owed.channel, owed.group, due_text(now)],
    )


def _insert(
    conn: sqlite3.Connection,
    owed: OutgoingMessage,
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
            owed.channel,
            due_text(owed.hold_until or now),
            utc_text(now),
            article_id,
            owed.group if owed.hold_until else None,
            due_text(owed.hold_until),
            owed.note,
            f"{first} {owed.channel}",  # until its own number is known
        ],
    )
    delivery_id = cursor.lastrowid
    assert delivery_id is not None
    conn.execute(
        "UPDATE deliveries SET message_id = ? WHERE id = ?",
        [f"msg_{install}_{first}_{delivery_id}", delivery_id],
    )
    give_up_if_removed(conn, delivery_id)
    return delivery_id


def give_up_if_removed(conn: sqlite3.Connection, delivery_id: int) -> None:
    """Mark a new delivery dead whose channel left the configuration meanwhile (see `channels`)."""
    conn.execute(
        "UPDATE deliveries SET state = 'dead', due_at = NULL, last_error = ?,"
        " removed_kind = (SELECT coalesce(kind, '') FROM channels WHERE name = channel)"
        " WHERE id = ? AND EXISTS"
        " (SELECT 1 FROM channels WHERE name = deliveries.channel AND removed_at IS NOT NULL)",
        [REMOVED, delivery_id],
    )


def recent(
    conn: sqlite3.Connection, topics: Iterable[str], now: datetime
) -> dict[tuple[str, str], int]:
    """(channel, topic) → messages about one article within the last hour."""
    rows = conn.execute(
        "SELECT d.channel, a.topic, count(DISTINCT d.id) AS n FROM deliveries d"
        " CROSS JOIN delivery_alerts l ON l.delivery_id = d.id"  # in this order: the hour first
        " CROSS JOIN alerts a ON a.id = l.alert_id"
        " WHERE d.created_at > ? AND d.created_at <= ? AND d.held IS NULL"
        " AND a.topic IN (SELECT value FROM json_each(?)) GROUP BY d.channel, a.topic",
        [utc_text(now - timedelta(hours=1)), utc_text(now), json.dumps(sorted(topics))],
    )
    return {(row["channel"], row["topic"]): row["n"] for row in rows}


def held(conn: sqlite3.Connection, now: datetime) -> dict[tuple[str, str], datetime]:
    """(channel, group) → until when its last message collected, of the last day."""
    rows = conn.execute(
        "SELECT channel, held, max(hold_until) AS last FROM deliveries"
        " WHERE held IS NOT NULL AND hold_until > ? GROUP BY channel, held",
        [due_text(now - timedelta(days=1))],
    )
    return {(row["channel"], row["held"]): utc_instant(row["last"]) for row in rows}


def updates(
    conn: sqlite3.Connection, articles: Iterable[ArticleId], now: datetime
) -> dict[tuple[str, ArticleId], tuple[datetime, ...]]:
    """(channel, article) → when its messages were made that tell of an update, of the last day."""
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


def release(conn: sqlite3.Connection, but: Iterable[str], now: datetime) -> int:
    """Makes the messages due that still collect, of all groups but these kinds; how many.

    The kind is a group's first word.
    """
    return conn.execute(
        "UPDATE deliveries SET due_at = ? WHERE held IS NOT NULL AND state = 'pending'"
        " AND substr(held, 1, instr(held || ' ', ' ') - 1)"
        " NOT IN (SELECT value FROM json_each(?))"
        " AND attempts = 0 AND lease IS NULL AND due_at > ?",
        [due_text(now), json.dumps(list(but)), due_text(now)],
    ).rowcount
