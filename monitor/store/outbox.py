"""The outbox: what is owed to whom, taken and settled like everything else."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from monitor.model import (
    Alert,
    AlertId,
    ArticleId,
    DeliveryId,
    Item,
    Notice,
    NoticeKind,
    Reason,
    Story,
    utc_instant,
    utc_text,
)
from monitor.store.rows import LEASE, change_of, due_text, dumped, hit_of, maybe_instant
from monitor.work import Finding, NotSent, Owed, Parcel, Sent


def owe(conn: sqlite3.Connection, article_id: ArticleId, finding: Finding, now: datetime) -> None:
    """Raises the finding's alerts, each once, and owes their messages."""
    raised: dict[tuple[str, Reason], int] = {}
    for due in finding.alerts:
        revision = finding.revision.number if finding.revision else _revision(conn, article_id)
        alert_id = _raise(conn, article_id, revision, due.topic, due.reason, now)
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
    topic: str,
    reason: Reason,
    now: datetime,
) -> int | None:
    """None when it was raised before."""
    cursor = conn.execute(
        "INSERT OR IGNORE INTO alerts (key, topic, article_id, revision, reason, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            f"{article_id}/{revision}/{topic}/{reason.value}",
            topic,
            article_id,
            revision,
            reason.value,
            utc_text(now),
        ],
    )
    return cursor.lastrowid if cursor.rowcount == 1 else None


def _deliver(
    conn: sqlite3.Connection,
    owed: Owed,
    article_id: ArticleId,
    alerts: Sequence[int],
    now: datetime,
) -> None:
    delivery_id = _open(conn, owed, now) if owed.hold_until else None
    if delivery_id is None:
        delivery_id = _insert(conn, owed, article_id, alerts, now)
    conn.executemany(
        "INSERT INTO delivery_alerts (delivery_id, alert_id) VALUES (?, ?)",
        [(delivery_id, alert_id) for alert_id in sorted(alerts)],
    )


def _open(conn: sqlite3.Connection, owed: Owed, now: datetime) -> int | None:
    """The message of this channel and group that still collects."""
    row = conn.execute(
        "SELECT id FROM deliveries WHERE channel = ? AND held = ? AND state = 'pending'"
        " AND attempts = 0 AND lease IS NULL AND due_at > ?",
        [owed.channel, owed.group, due_text(now)],
    ).fetchone()
    if row is None:
        return None
    conn.execute("UPDATE deliveries SET article_id = NULL WHERE id = ?", [row["id"]])
    return int(row["id"])


def _insert(
    conn: sqlite3.Connection,
    owed: Owed,
    article_id: ArticleId,
    alerts: Sequence[int],
    now: datetime,
) -> int:
    install = conn.execute("SELECT value FROM meta WHERE key = 'install'").fetchone()["value"]
    first = min(alerts)
    cursor = conn.execute(
        "INSERT INTO deliveries (alert_id, channel, due_at, created_at, article_id, held,"
        " hold_until, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            first,
            owed.channel,
            due_text(owed.hold_until or now),
            utc_text(now),
            article_id,
            owed.group if owed.hold_until else None,
            due_text(owed.hold_until),
            f"{first} {owed.channel}",  # until its own number is known
        ],
    )
    delivery_id = cursor.lastrowid
    assert delivery_id is not None
    conn.execute(
        "UPDATE deliveries SET message_id = ? WHERE id = ?",
        [f"msg_{install}_{first}_{delivery_id}", delivery_id],
    )
    return delivery_id


def recent(
    conn: sqlite3.Connection, topics: Iterable[str], now: datetime
) -> dict[tuple[str, str], int]:
    """(channel, topic) → messages about one article within the last hour."""
    rows = conn.execute(
        "SELECT d.channel, a.topic, count(DISTINCT d.id) AS n FROM deliveries d"
        " JOIN delivery_alerts l ON l.delivery_id = d.id JOIN alerts a ON a.id = l.alert_id"
        " WHERE d.created_at > ? AND d.held IS NULL"
        " AND a.topic IN (SELECT value FROM json_each(?)) GROUP BY d.channel, a.topic",
        [utc_text(now - timedelta(hours=1)), json.dumps(sorted(topics))],
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


def release(conn: sqlite3.Connection, but: Iterable[str], now: datetime) -> int:
    """Makes the messages due that still collect, of all groups `but` these; how many."""
    return conn.execute(
        "UPDATE deliveries SET due_at = ? WHERE held IS NOT NULL AND state = 'pending'"
        " AND held NOT IN (SELECT value FROM json_each(?))"
        " AND attempts = 0 AND lease IS NULL AND due_at > ?",
        [due_text(now), json.dumps(list(but)), due_text(now)],
    ).rowcount


# ── take ─────────────────────────────────────────────────────────────────────────────────


def take(
    conn: sqlite3.Connection, lease: str, now: datetime, channel: str, limit: int
) -> list[Parcel]:
    """The channel's next messages, the oldest first; none while the channel is disabled."""
    rows = conn.execute(
        "UPDATE deliveries SET lease = ?, due_at = ? WHERE id IN (SELECT id FROM deliveries"
        "  WHERE channel = ? AND due_at <= ? AND NOT EXISTS (SELECT 1 FROM channels"
        "   WHERE name = deliveries.channel AND disabled_at IS NOT NULL)"
        "  ORDER BY id LIMIT ?) RETURNING *",
        [lease, due_text(now + LEASE), channel, due_text(now), limit],
    ).fetchall()
    return [_parcel(conn, row) for row in sorted(rows, key=lambda row: int(row["id"]))]


def _parcel(conn: sqlite3.Connection, row: sqlite3.Row) -> Parcel:
    return Parcel(
        id=DeliveryId(row["id"]),
        lease=row["lease"],
        channel=row["channel"],
        attempts=row["attempts"],
        notice=_notice(conn, row),
    )


def _notice(conn: sqlite3.Connection, row: sqlite3.Row) -> Notice:
    items = _items(conn, row["id"])
    return Notice(
        kind=NoticeKind.DIGEST if len(items) > 1 else NoticeKind(row["kind"]),
        id=row["message_id"],
        thread=_thread(conn, row),
        created_at=utc_instant(row["created_at"]),
        items=items,
        text=row["text"],
        remaining=tuple(json.loads(row["remaining"])),
    )


def _thread(conn: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    if row["article_id"] is None:
        return None
    first = conn.execute(
        "SELECT message_id FROM deliveries WHERE article_id = ? AND channel = ? AND id < ?"
        " ORDER BY id LIMIT 1",
        [row["article_id"], row["channel"], row["id"]],
    ).fetchone()
    return first["message_id"] if first else None


def _items(conn: sqlite3.Connection, delivery_id: int) -> tuple[Item, ...]:
    """The alerts of a message, those of one revision of one article together."""
    alerts: dict[tuple[int, int], list[Alert]] = {}
    for row in conn.execute(
        "SELECT a.* FROM delivery_alerts d JOIN alerts a ON a.id = d.alert_id"
        " WHERE d.delivery_id = ? ORDER BY a.id",
        [delivery_id],
    ).fetchall():
        alert = Alert(
            id=AlertId(row["id"]),
            topic=row["topic"],
            reason=Reason(row["reason"]),
            created_at=utc_instant(row["created_at"]),
        )
        alerts.setdefault((row["article_id"], row["revision"]), []).append(alert)
    return tuple(_item(conn, key, group) for key, group in alerts.items())


def _item(conn: sqlite3.Connection, key: tuple[int, int], alerts: list[Alert]) -> Item:
    article_id, revision = key
    row = conn.execute(
        "SELECT a.*, r.title AS headline, r.published_at AS published, r.updated_at AS updated,"
        " r.change, r.score, r.detail FROM articles a"
        " JOIN revisions r ON r.article_id = a.id AND r.number = ? WHERE a.id = ?",
        [revision, article_id],
    ).fetchone()
    hits = conn.execute(
        "SELECT * FROM matches WHERE article_id = ? AND revision = ?"
        " AND topic IN (SELECT value FROM json_each(?)) ORDER BY rowid",
        [article_id, revision, dumped([alert.topic for alert in alerts])],
    ).fetchall()
    return Item(
        alerts=tuple(alerts),
        story=_story(row, revision),
        hits=tuple(hit_of(hit) for hit in hits),
        change=change_of(row),
    )


def _story(row: sqlite3.Row, revision: int) -> Story:
    return Story(
        id=ArticleId(row["id"]),
        url=row["url"],
        guid=row["guid"],
        title=row["headline"],
        source=row["source"],
        authors=tuple(json.loads(row["authors"])),
        published_at=maybe_instant(row["published"]),
        updated_at=maybe_instant(row["updated"]),
        language=row["language"],
        revision=revision,
    )


# ── settle ───────────────────────────────────────────────────────────────────────────────


def settle(
    conn: sqlite3.Connection, parcel: Parcel, outcome: Sent | NotSent, now: datetime
) -> bool:
    """False when the lease no longer held: somebody else speaks for this message now."""
    match outcome:
        case Sent(at=at):
            return _sent(conn, parcel, at)
        case NotSent():
            if outcome.disable_channel:
                disable(conn, parcel.channel, outcome.error, now)
            return _not_sent(conn, parcel, outcome)


def _sent(conn: sqlite3.Connection, parcel: Parcel, at: datetime) -> bool:
    return (
        conn.execute(
            "UPDATE deliveries SET state = 'sent', attempts = attempts + 1, due_at = NULL,"
            " lease = NULL, sent_at = ?, last_error = NULL, remaining = '[]'"
            " WHERE id = ? AND lease = ? AND due_at IS NOT NULL",
            [utc_text(at), parcel.id, parcel.lease],
        ).rowcount
        == 1
    )


def _not_sent(conn: sqlite3.Connection, parcel: Parcel, outcome: NotSent) -> bool:
    return (
        conn.execute(
            "UPDATE deliveries SET state = ?, attempts = attempts + 1, due_at = ?, lease = NULL,"
            " last_error = ?, remaining = ? WHERE id = ? AND lease = ? AND due_at IS NOT NULL",
            [
                "pending" if outcome.due_at else "dead",
                due_text(outcome.due_at),
                outcome.error,
                dumped(outcome.remaining),
                parcel.id,
                parcel.lease,
            ],
        ).rowcount
        == 1
    )


def disable(conn: sqlite3.Connection, channel: str, error: str, now: datetime) -> None:
    conn.execute(
        "UPDATE channels SET disabled_at = ?, last_error = ? WHERE name = ?",
        [utc_text(now), error, channel],
    )


def sync_channels(conn: sqlite3.Connection, targets: dict[str, str]) -> None:
    """Remembers where each channel leads; one that leads elsewhere now is enabled again."""
    conn.executemany(
        "INSERT INTO channels (name, target) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET"
        " disabled_at = CASE WHEN target = excluded.target THEN disabled_at END,"
        " last_error = CASE WHEN target = excluded.target THEN last_error END,"
        " target = excluded.target",
        list(targets.items()),
    )


def send_again(
    conn: sqlite3.Connection, ids: Sequence[int] | None, now: datetime
) -> tuple[list[int], list[int]]:
    """Makes deliveries due now: these, or all dead ones. Returns (queued, refused or unknown)."""
    if ids is None:
        ids = [row["id"] for row in conn.execute("SELECT id FROM deliveries WHERE state = 'dead'")]
    queued = [
        row["id"]
        for row in conn.execute(
            "UPDATE deliveries SET state = 'pending', due_at = ?, attempts = 0, lease = NULL,"
            " sent_at = NULL WHERE id IN (SELECT value FROM json_each(?)) RETURNING id, channel",
            [due_text(now), json.dumps(list(ids))],
        ).fetchall()
    ]
    conn.execute(
        "UPDATE channels SET disabled_at = NULL WHERE name IN (SELECT channel FROM deliveries"
        " WHERE id IN (SELECT value FROM json_each(?)))",
        [json.dumps(queued)],
    )
    return sorted(queued), sorted(set(ids) - set(queued))
