"""Deliveries: claims them in order, settles attempts, and keeps the state of channels."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.contracts import ClaimedDelivery, NotSent, Sent, TooLarge
from monitor.model import MessageKind, utc_text
from monitor.queries import RetryResult
from monitor.store import digest_parts
from monitor.store.outbox import mark_dead_if_removed
from monitor.store.rows import LEASE, due_text, to_json

_CONFIGURED = (
    "NOT EXISTS (SELECT 1 FROM channels WHERE name = deliveries.channel AND removed_at IS NOT NULL)"
)
_DEAD = f"SELECT id FROM deliveries WHERE state = 'dead' AND {_CONFIGURED}"


def take(
    conn: sqlite3.Connection, lease: str, now: datetime, channel: str, limit: int
) -> list[sqlite3.Row]:
    """Claim the next messages of a channel, the oldest first; none while it is disabled."""
    rows = conn.execute(
        "UPDATE deliveries SET lease = ? || ':deliveries:' || id, due_at = ? WHERE id IN"
        " (SELECT id FROM deliveries INDEXED BY deliveries_queue WHERE channel = ? AND due_at <= ?"
        "  AND NOT EXISTS (SELECT 1 FROM channels"
        "   WHERE name = deliveries.channel AND disabled_at IS NOT NULL)"
        "  ORDER BY id LIMIT ?) RETURNING id",
        [lease, due_text(now + LEASE), channel, due_text(now), limit],
    ).fetchall()
    return [
        digest_parts.split_if_oversized(conn, number, now)
        for number in sorted(row["id"] for row in rows)
    ]


# ── settle ───────────────────────────────────────────────────────────────────────────────


def settle(
    conn: sqlite3.Connection,
    delivery: ClaimedDelivery,
    outcome: Sent | NotSent | TooLarge,
    now: datetime,
) -> bool:
    """Write the result of an attempt; return False if the lease was lost."""
    match outcome:
        case Sent(at=at):
            return _settle_sent(conn, delivery, at)
        case TooLarge():
            return _settle_too_large(conn, delivery, outcome, now)
        case NotSent():
            held = _settle_not_sent(conn, delivery, outcome)
            if held and outcome.disable_channel:
                disable(conn, delivery.channel, outcome.error, now)
            if held and outcome.operator_channels:
                _warn_operator(conn, delivery.channel, outcome, now)
            return held


def _settle_sent(conn: sqlite3.Connection, delivery: ClaimedDelivery, at: datetime) -> bool:
    conn.execute("UPDATE channels SET told_at = NULL WHERE name = ?", [delivery.channel])
    return (
        conn.execute(
            "UPDATE deliveries SET state = 'sent', attempts = attempts + 1, due_at = NULL,"
            " lease = NULL, sent_at = ?, last_error = NULL, served = '[]'"
            " WHERE id = ? AND lease = ? AND due_at IS NOT NULL",
            [utc_text(at), delivery.id, delivery.lease],
        ).rowcount
        == 1
    )


def _settle_not_sent(conn: sqlite3.Connection, delivery: ClaimedDelivery, outcome: NotSent) -> bool:
    return (
        conn.execute(
            "UPDATE deliveries SET state = ?, attempts = attempts + 1, due_at = ?, lease = NULL,"
            " last_error = ?, served = ? WHERE id = ? AND lease = ? AND due_at IS NOT NULL",
            [
                "pending" if outcome.due_at else "dead",
                due_text(outcome.due_at),
                outcome.error,
                to_json(sorted({*delivery.message.served, *outcome.served})),
                delivery.id,
                delivery.lease,
            ],
        ).rowcount
        == 1
    )


def _settle_too_large(
    conn: sqlite3.Connection, delivery: ClaimedDelivery, outcome: TooLarge, now: datetime
) -> bool:
    """Split the message in two, both due now; recipients that accepted it have both parts."""
    held = conn.execute(
        "UPDATE deliveries SET due_at = ?, lease = NULL, last_error = ?, served = ?"
        " WHERE id = ? AND lease = ? AND due_at IS NOT NULL",
        [
            due_text(now),
            outcome.error,
            to_json(sorted({*delivery.message.served, *outcome.served})),
            delivery.id,
            delivery.lease,
        ],
    ).rowcount
    if held:
        digest_parts.split(conn, delivery.id, -(-len(delivery.message.items) // 2), now)
    return held == 1


def _warn_operator(conn: sqlite3.Connection, channel: str, outcome: NotSent, now: datetime) -> None:
    """Warn of a failing channel through other channels, once until it works again."""
    first = conn.execute(
        "UPDATE channels SET told_at = ? WHERE name = ? AND told_at IS NULL",
        [utc_text(now), channel],
    ).rowcount
    for other in outcome.operator_channels if first else ():
        queue_message(conn, other, MessageKind.OPERATOR, outcome.trouble, now)


def queue_message(
    conn: sqlite3.Connection, channel: str, kind: MessageKind, text: str, now: datetime
) -> None:
    """Queue a message to a channel that is about no article."""
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
    mark_dead_if_removed(conn, delivery_id)


def disable(conn: sqlite3.Connection, channel: str, error: str, now: datetime) -> None:
    """Disable a channel: nothing is sent until it is enabled by a retry or a new address."""
    conn.execute(
        "UPDATE channels SET disabled_at = ?, last_error = ? WHERE name = ?",
        [utc_text(now), error, channel],
    )


def retry(conn: sqlite3.Connection, ids: Sequence[int] | None, now: datetime) -> RetryResult:
    """Make deliveries due now: these, or (None) all dead ones.

    Refused are deliveries that are being sent, and those of a removed channel.
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
    return RetryResult(sorted(queued), sorted(set(ids) - set(queued)))
