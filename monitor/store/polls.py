"""Claims sources that are due to be polled, and settles their polls."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.contracts import Announced, ClaimedSource, Polled, PollFailed, PublishRate
from monitor.model import MessageKind, utc_instant, utc_text
from monitor.store.deliveries import queue_message
from monitor.store.entries import store_listed
from monitor.store.rows import LEASE, due_text, validators_from_row

GAP_WARNING = (
    "lists nothing of what it listed at the last poll: stories between the two may be missed"
    " (a shorter `every` helps)"
)


def take(
    conn: sqlite3.Connection,
    lease: str,
    now: datetime,
    limit: int,
    only: Sequence[str] | None = None,
    due_by: datetime | None = None,
) -> list[ClaimedSource]:
    """Claim sources that are due, or that were due at `due_by` if that is earlier.

    `only` names the sources that may be claimed; None: all.
    """
    in_names = "" if only is None else " AND name IN (SELECT value FROM json_each(?))"
    rows = conn.execute(
        "UPDATE sources SET lease = ? || ':sources:' || name, due_at = ? WHERE name IN"
        f" (SELECT name FROM sources WHERE due_at <= ?{in_names} ORDER BY due_at LIMIT ?)"
        " RETURNING *",
        [
            lease,
            due_text(now + LEASE),
            due_text(min(now, due_by or now)),
            *([] if only is None else [json.dumps(list(only))]),
            limit,
        ],
    ).fetchall()
    return [_claimed_source(row) for row in rows]


def entry_cache(conn: sqlite3.Connection, source: str) -> bytes:
    """Load the entry cache of a source's last parse; empty: none.

    Not loaded with the claim, since few polls need it.
    """
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
        validators=validators_from_row(row),
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


def settle(
    conn: sqlite3.Connection, claimed: ClaimedSource, outcome: Polled | PollFailed, now: datetime
) -> Announced | None:
    """Write the result of a poll; None: the lease was lost."""
    if isinstance(outcome, PollFailed):
        return Announced() if _settle_failed(conn, claimed, outcome, now) else None
    return _settle_polled(conn, claimed, outcome, now)


def _settle_failed(
    conn: sqlite3.Connection, claimed: ClaimedSource, failed: PollFailed, now: datetime
) -> bool:
    """Write a failed poll; return False if the lease was lost."""
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


def _settle_polled(
    conn: sqlite3.Connection, claimed: ClaimedSource, polled: Polled, now: datetime
) -> Announced | None:
    """Write a successful poll; None: the lease was lost.

    Validators, body digest, entries and the next due time are written together: a crash between
    them would hide new entries behind a 304.
    """
    announced = Announced()
    if polled.feed is not None:
        source = _leased_row(conn, claimed)
        if source is None:
            return None
        announced = store_listed(conn, claimed, source, polled, now)
        conn.execute(
            "INSERT OR REPLACE INTO listings (source, known) VALUES (?, ?)",
            [source["key"], polled.feed.entry_cache],
        )
    trouble = polled.trouble or (GAP_WARNING if announced.gap else None)
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
    """Inform the operator when the trouble of a source begins and when it ends."""
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
    """Update the source's row; return False if the lease was lost."""
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
