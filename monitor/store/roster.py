"""Who is watched: the table of sources says what the configuration says; who is due now."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from monitor.settings import Source
from monitor.store.rows import due_text

FirstPoll = Callable[[int, int, timedelta, datetime], datetime]  # place, of how many, every, now


def at_once(place: int, of: int, every: timedelta, now: datetime) -> datetime:
    return now


def sync(
    conn: sqlite3.Connection, sources: Sequence[Source], now: datetime, first_poll: FirstPoll
) -> None:
    """Makes the table say what the configuration says; nothing is ever deleted."""
    new = {source.name: source for source in sources if source.enabled}
    due, moved, back, left = due_text(now), [], [], []
    for name, url, configured in conn.execute("SELECT name, url, configured FROM sources"):
        source = new.pop(name, None)
        if source is None:
            left += [(name,)] if configured else []
            continue
        if source.url != url:
            moved.append((source.url, due, name))
        if not configured:
            back.append((due, name))
    conn.executemany(
        "INSERT INTO sources (name, url, due_at) VALUES (?, ?, ?)",
        (
            (s.name, s.url, due_text(first_poll(place, len(new), s.every, now)))
            for place, s in enumerate(new.values())
        ),
    )
    conn.executemany(
        "UPDATE sources SET url = ?, due_at = ?, lease = NULL, configured = 1, failures = 0,"
        " moved_to = NULL, moving_to = NULL, etag = NULL, last_modified = NULL,"
        " body_digest = NULL, last_error = NULL, polled = 0, validated_at = NULL,"
        " trouble = NULL WHERE name = ?",
        moved,
    )
    _come_back(conn, back)
    _leave(conn, left)


def _come_back(conn: sqlite3.Connection, back: list[tuple[str | None, str]]) -> None:
    conn.executemany(
        "UPDATE sources SET configured = 1, due_at = coalesce(due_at, ?) WHERE name = ?", back
    )
    conn.executemany(
        "UPDATE entries SET due_at = ? WHERE source = ? AND said IS NOT NULL AND lease IS NULL",
        back,
    )


def _leave(conn: sqlite3.Connection, left: list[tuple[str]]) -> None:
    """Neither a source that left nor its articles are visited any more."""
    for table in ("entries", "articles"):
        conn.executemany(
            f"UPDATE {table} SET due_at = NULL, lease = NULL"
            " WHERE source = ? AND due_at IS NOT NULL",
            left,
        )
    conn.executemany(
        "UPDATE sources SET configured = 0, due_at = NULL, lease = NULL WHERE name = ?",
        left,
    )


def make_new_due(conn: sqlite3.Connection, now: datetime) -> None:
    """Asks now for the sources that no poll has asked for yet."""
    conn.execute(
        "UPDATE sources SET due_at = ? WHERE due_at > ? AND last_polled_at IS NULL"
        " AND lease IS NULL",
        [due_text(now), due_text(now)],
    )


def make_due(conn: sqlite3.Connection, names: Iterable[str] | None, now: datetime) -> None:
    """Asks for a poll now: of these sources, or of every configured one that was not stopped."""
    if names is None:
        conn.execute(
            "UPDATE sources SET due_at = ?"
            " WHERE configured AND due_at IS NOT NULL AND lease IS NULL",
            [due_text(now)],
        )
        return
    conn.executemany(
        "UPDATE sources SET due_at = ? WHERE name = ? AND configured AND lease IS NULL",
        [(due_text(now), name) for name in names],
    )
