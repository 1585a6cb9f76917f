"""Sources and their entries: take what is due, settle what a poll taught."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.contracts import Announced, ClaimedSource, Polled, PollFailed, PublishRate
from monitor.model import MessageKind, utc_instant, utc_text
from monitor.store.deliveries import queue_message
from monitor.store.entries import announce
from monitor.store.rows import LEASE, due_text, validators_of

GAP = (
    "lists nothing of what it listed at the last poll: stories between the two may be missed"
    " (a shorter `every` helps)"
)


def take(
    conn: sqlite3.Connection,
    lease: str,
    now: datetime,
    limit: int,
    only: Sequence[str] | None = None,
    asked_at: datetime | None = None,
) -> list[ClaimedSource]:
    """What is due, or (`asked_at`) was due then: of these sources, or of all."""
    these = "" if only is None else " AND name IN (SELECT value FROM json_each(?))"
    rows = conn.execute(
        "UPDATE sources SET lease = ? || ':sources:' || name, due_at = ? WHERE name IN"
        f" (SELECT name FROM sources WHERE due_at <= ?{these} ORDER BY due_at LIMIT ?)"
        " RETURNING *",
        [
            lease,
            due_text(now + LEASE),
            due_text(min(now, asked_at or now)),
            *([] if only is None else [json.dumps(list(only))]),
            limit,
        ],
    ).fetchall()
    return [_claimed_source(row) for row in rows]


def entry_cache(conn: sqlite3.Connection, source: str) -> bytes:
    """What the last parse left. Read apart: of the polls that are taken, few need it."""
    row = conn.execute(
        "SELECT known FROM listings WHERE source = (SELECT key FROM sources WHERE name = ?)",
        [source],
    ).fetchone()
    return bytes(row["known"]) if row else b""


def _claimed_source(row: sqlite3.Row) -> ClaimedSource:
    return ClaimedSource(
        source=row["name"],
        url=row["moved_to"] or row["url"],
        lease=row["lease"],
        validators=validators_of(row),
        body_digest=row["body_digest"],
        validated_at=utc_instant(row["validated_at"]),
        failures=row["failures"],
        last_polled_at=utc_instant(row["last_polled_at"]) if row["polled"] else None,
        moved_to=row["moving_to"],
        publish_rate=PublishRate(
            interval=_timedelta(row["interval_s"]),
            gap=_timedelta(row["gap_s"]),
            newest_at=utc_instant(row["newest_at"]),
        ),
        answered_at=utc_instant(row["answered_at"]),
        trouble=row["trouble"],
    )


def _timedelta(seconds: float | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds else None


def _seconds(length: timedelta | None) -> float | None:
    return length.total_seconds() if length else None


def settle_failed(
    conn: sqlite3.Connection, claimed: ClaimedSource, failed: PollFailed, now: datetime
) -> bool:
    """False when the lease no longer held."""
    seen = utc_text(now)
    held = conn.execute(
        "UPDATE sources SET lease = NULL, due_at = ?, failures = failures + 1,"
        " moved_to = CASE WHEN ? THEN NULL ELSE moved_to END, moving_to = NULL,"
        " last_error = ?, last_polled_at = ?, answered_at = coalesce(answered_at, ?),"
        " trouble = ? WHERE name = ? AND lease = ?",
        [
            due_text(failed.due_at),
            failed.forget_move,
            failed.error,
            seen,
            seen,
            failed.trouble,
            claimed.source,
            claimed.lease,
        ],
    ).rowcount
    if held:
        _notify_operator(conn, claimed, failed.trouble, failed.operator_channels, now)
    return held == 1


def settle(
    conn: sqlite3.Connection, claimed: ClaimedSource, polled: Polled, now: datetime
) -> Announced | None:
    """Validators, body digest, new entries and the next visit, together. None: lease lost."""
    announced = Announced()
    if polled.feed is not None:
        source = _leased_row(conn, claimed)
        if source is None:
            return None
        announced = announce(conn, claimed, source, polled, now)
        conn.execute(
            "INSERT OR REPLACE INTO listings (source, known) VALUES (?, ?)",
            [source["key"], polled.feed.entry_cache],
        )
    trouble = polled.trouble or (GAP if announced.gap else None)
    if not _update_source(conn, claimed, polled, announced, trouble, now):
        return None
    _notify_operator(conn, claimed, trouble, polled.operator_channels, now)
    return announced


def _leased_row(conn: sqlite3.Connection, claimed: ClaimedSource) -> sqlite3.Row | None:
    """The row of the source; None: the lease was lost."""
    sql = "SELECT key, restamps FROM sources WHERE name = ? AND lease = ?"
    row: sqlite3.Row | None = conn.execute(sql, [claimed.source, claimed.lease]).fetchone()
    return row


def _notify_operator(
    conn: sqlite3.Connection,
    claimed: ClaimedSource,
    trouble: str | None,
    channels: tuple[str, ...],
    now: datetime,
) -> None:
    """The operator hears of an episode when it begins and when it ends, and not between."""
    if (claimed.trouble is None) == (trouble is None):
        return
    text = f"The source '{claimed.source}' {trouble or 'is well again'}."
    for channel in channels:
        queue_message(conn, channel, MessageKind.OPERATOR, text, now)


def _update_source(
    conn: sqlite3.Connection,
    claimed: ClaimedSource,
    polled: Polled,
    announced: Announced,
    trouble: str | None,
    now: datetime,
) -> bool:
    """False when the lease no longer held."""
    repeated = polled.moved_to if polled.moved_to and polled.moved_to == claimed.moved_to else None
    seen, changed = utc_text(now), bool(announced.new or announced.changed)
    held = conn.execute(
        "UPDATE sources SET lease = NULL, due_at = ?, failures = 0, last_error = NULL,"
        " polled = polled OR ?, restamps = coalesce(?, restamps),"
        " last_polled_at = ?, answered_at = ?, etag = ?, last_modified = ?, moving_to = ?,"
        " moved_to = coalesce(?, moved_to), body_digest = coalesce(?, body_digest),"
        " validated_at = coalesce(?, validated_at),"
        " last_changed_at = coalesce(?, last_changed_at), interval_s = ?, gap_s = ?,"
        " newest_at = ?, title = coalesce(?, title), trouble = ?"
        " WHERE name = ? AND lease = ?",
        [
            due_text(polled.due_at),
            announced.listed,
            announced.restamps if polled.feed else None,
            seen,
            seen,
            polled.validators.etag,
            polled.validators.last_modified,
            polled.moved_to,
            repeated,
            polled.body_digest,
            seen if polled.body_digest else None,
            seen if changed else None,
            _seconds(polled.publish_rate.interval),
            _seconds(polled.publish_rate.gap),
            utc_text(polled.publish_rate.newest_at),
            polled.feed.title if polled.feed else None,
            trouble,
            claimed.source,
            claimed.lease,
        ],
    ).rowcount
    return held == 1
