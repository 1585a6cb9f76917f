"""Deliveries: taken in their order, settled by how they went; and the channels' own state."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

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
from monitor.store.outbox import give_up_if_removed
from monitor.store.rows import LEASE, change_of, due_text, dumped, hit_of, maybe_instant
from monitor.work import NotSent, Parcel, Sent

_CONFIGURED = (
    "NOT EXISTS (SELECT 1 FROM channels WHERE name = deliveries.channel AND removed_at IS NOT NULL)"
)
_DEAD = f"SELECT id FROM deliveries WHERE state = 'dead' AND {_CONFIGURED}"


def take(
    conn: sqlite3.Connection, lease: str, now: datetime, channel: str, limit: int
) -> list[Parcel]:
    """The channel's next messages, the oldest first; none while the channel is disabled."""
    rows = conn.execute(
        "UPDATE deliveries SET lease = ? || ':' || id, due_at = ? WHERE id IN"
        " (SELECT id FROM deliveries WHERE channel = ? AND due_at <= ?"
        "  AND NOT EXISTS (SELECT 1 FROM channels"
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
        served=frozenset(json.loads(row["served"])),
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
        story=_story(row, revision, _also_at(conn, row)),
        hits=tuple(hit_of(hit) for hit in hits),
        change=change_of(row),
    )


def _story(row: sqlite3.Row, revision: int, also_at: tuple[str, ...]) -> Story:
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
        also_at=also_at,
    )


def _also_at(conn: sqlite3.Connection, row: sqlite3.Row) -> tuple[str, ...]:
    """Other sources that have the same story."""
    rows = conn.execute(
        "SELECT DISTINCT source FROM articles WHERE story_id = ? AND source != ?"
        " ORDER BY source LIMIT 50",
        [row["story_id"], row["source"]],
    )
    return tuple(other["source"] for other in rows)


# ── settle ───────────────────────────────────────────────────────────────────────────────


def settle(
    conn: sqlite3.Connection, parcel: Parcel, outcome: Sent | NotSent, now: datetime
) -> bool:
    """False when the lease no longer held: somebody else speaks for this message now."""
    match outcome:
        case Sent(at=at):
            return _sent(conn, parcel, at)
        case NotSent():
            held = _not_sent(conn, parcel, outcome)
            if held and outcome.disable_channel:
                disable(conn, parcel.channel, outcome.error, now)
            if held and outcome.tell:
                _tell(conn, parcel.channel, outcome, now)
            return held


def _sent(conn: sqlite3.Connection, parcel: Parcel, at: datetime) -> bool:
    conn.execute("UPDATE channels SET told_at = NULL WHERE name = ?", [parcel.channel])
    return (
        conn.execute(
            "UPDATE deliveries SET state = 'sent', attempts = attempts + 1, due_at = NULL,"
            " lease = NULL, sent_at = ?, last_error = NULL, served = '[]'"
            " WHERE id = ? AND lease = ? AND due_at IS NOT NULL",
            [utc_text(at), parcel.id, parcel.lease],
        ).rowcount
        == 1
    )


def _not_sent(conn: sqlite3.Connection, parcel: Parcel, outcome: NotSent) -> bool:
    return (
        conn.execute(
            "UPDATE deliveries SET state = ?, attempts = attempts + 1, due_at = ?, lease = NULL,"
            " last_error = ?, served = ? WHERE id = ? AND lease = ? AND due_at IS NOT NULL",
            [
                "pending" if outcome.due_at else "dead",
                due_text(outcome.due_at),
                outcome.error,
                dumped(sorted({*parcel.notice.served, *outcome.served})),
                parcel.id,
                parcel.lease,
            ],
        ).rowcount
        == 1
    )


def _tell(conn: sqlite3.Connection, channel: str, outcome: NotSent, now: datetime) -> None:
    """The operator hears of a failing channel through others, once until it works again."""
    first = conn.execute(
        "UPDATE channels SET told_at = ? WHERE name = ? AND told_at IS NULL",
        [utc_text(now), channel],
    ).rowcount
    for other in outcome.tell if first else ():
        notice(conn, other, NoticeKind.OPERATOR, outcome.trouble, now)


def notice(
    conn: sqlite3.Connection, channel: str, kind: NoticeKind, text: str, now: datetime
) -> None:
    """Owes a channel a message that is about no article."""
    install = conn.execute("SELECT value FROM meta WHERE key = 'install'").fetchone()["value"]
    delivery_id = conn.execute(
        "INSERT INTO deliveries (channel, due_at, created_at, kind, text, message_id)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [channel, due_text(now), utc_text(now), kind.value, text, f"{kind.value} {channel}"],
    ).lastrowid
    assert delivery_id is not None
    conn.execute(
        "UPDATE deliveries SET message_id = ? WHERE id = ?",
        [f"msg_{install}_{kind.value}_{delivery_id}", delivery_id],
    )
    give_up_if_removed(conn, delivery_id)


def disable(conn: sqlite3.Connection, channel: str, error: str, now: datetime) -> None:
    conn.execute(
        "UPDATE channels SET disabled_at = ?, last_error = ? WHERE name = ?",
        [utc_text(now), error, channel],
    )


def send_again(
    conn: sqlite3.Connection, ids: Sequence[int] | None, now: datetime
) -> tuple[list[int], list[int]]:
    """Makes deliveries due now: these, or all dead ones. Returns (queued, refused or unknown).

    Refused are those under way, and those of a channel that is not configured any more.
    """
    if ids is None:
        ids = [row["id"] for row in conn.execute(_DEAD)]
    queued = [
        row["id"]
        for row in conn.execute(
            "UPDATE deliveries SET state = 'pending', due_at = ?, attempts = 0, lease = NULL,"
            " sent_at = NULL, removed_kind = NULL"
            " WHERE id IN (SELECT value FROM json_each(?)) AND lease IS NULL"
            f" AND {_CONFIGURED} RETURNING id",
            [due_text(now), json.dumps(list(ids))],
        ).fetchall()
    ]
    conn.execute(
        "UPDATE channels SET disabled_at = NULL WHERE name IN (SELECT channel FROM deliveries"
        " WHERE id IN (SELECT value FROM json_each(?)))",
        [json.dumps(queued)],
    )
    return sorted(queued), sorted(set(ids) - set(queued))
