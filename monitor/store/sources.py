"""Brings the table of sources in line with the configuration, in slices of small steps.

The steps are planned without the writer, so that thousands of changed sources do not block it. Each
step is complete in itself: a start that finds some not done plans the rest. A source is identified
by its name; a removed name and a new one with the same URL are a rename. What follows for articles
is left to `source_tasks`.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic

from monitor.model import utc_text
from monitor.settings import Source
from monitor.store.rows import due_text
from monitor.store.sqlite import open_to_read, store_error

FirstPoll = Callable[[int, int, timedelta, datetime], datetime]
"""Index among the new sources, their number, polling interval, now → time of the first poll."""

Step = Callable[[sqlite3.Connection], object]

PARKED_PER_STEP = 500  # entries
SLICE_S = 0.02  # time limit of the steps in one transaction


def poll_at_once(place: int, of: int, every: timedelta, now: datetime) -> datetime:
    """A FirstPoll that polls every new source now."""
    return now


def plan_steps(
    path: Path,
    sources: Sequence[Source],
    now: datetime,
    first_poll: FirstPoll,
    reread_for: timedelta,
) -> list[Step]:
    """Plan the changes to the table of sources. Raises StoreError."""
    wanted = {source.name: source for source in sources if source.enabled}
    rows = _query(path, "SELECT name, url, configured, last_polled_at FROM sources")
    old = {row["name"]: row for row in rows}
    renamed = match_renames(wanted, rows)
    since = utc_text(now - reread_for)
    found: list[Step] = [
        partial(_rename, old=name, new=new, now=now, since=since) for new, name in renamed.items()
    ]
    new = [s for s in wanted.values() if s.name not in old and s.name not in renamed]
    for source in wanted.values():
        if source.name in renamed or source.name not in old:
            continue
        if source.url != old[source.name]["url"]:
            found.append(partial(_move, source=source, now=now))
        if not old[source.name]["configured"]:
            found.append(partial(_return, name=source.name, now=now, since=since))
    for place, source in enumerate(new):
        due_at = first_poll(place, len(new), source.every, now)
        found.append(partial(_insert, source=source, due_at=due_at))
    left = [n for n, row in old.items() if row["configured"] and n not in wanted]
    gone = set(left) - set(renamed.values())
    return [*found, *(partial(_remove, name=name) for name in left if name in gone)]


def match_renames(wanted: dict[str, Source], rows: Sequence[sqlite3.Row]) -> dict[str, str]:
    """Return new name → old name of the sources that were renamed.

    A new name takes over a row of the same URL whose own name is no longer configured: rather one
    that was configured until now than one removed earlier, and of these the one polled last. A name
    that stays configured keeps its row, whatever its URL is now.
    """
    configured_names = {row["name"]: row for row in rows if row["configured"]}
    known_urls = {(row["name"], row["url"]) for row in rows}
    removed_by_url: dict[str, list[str]] = {}
    for row in sorted(rows, key=_rename_priority):
        if row["name"] not in wanted:
            removed_by_url.setdefault(row["url"], []).append(row["name"])
    return {
        source.name: removed_by_url[source.url].pop()
        for source in wanted.values()
        if source.name not in configured_names
        and (source.name, source.url) not in known_urls
        and removed_by_url.get(source.url)
    }


def _rename_priority(row: sqlite3.Row) -> tuple[int, str, str]:
    return row["configured"], row["last_polled_at"] or "", row["name"]


def plan_parking(path: Path) -> list[Step]:
    """Plan to unschedule due entries of removed sources. Raises StoreError."""
    rows = _query(
        path,
        "SELECT id FROM entries WHERE due_at IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM sources s WHERE s.key = entries.source AND s.configured)",
    )
    ids = [row["id"] for row in rows]
    return [
        partial(_park, ids=ids[n : n + PARKED_PER_STEP])
        for n in range(0, len(ids), PARKED_PER_STEP)
    ]


def _query(path: Path, sql: str) -> list[sqlite3.Row]:
    conn = open_to_read(path)
    try:
        return conn.execute(sql).fetchall()
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()


def run_steps(conn: sqlite3.Connection, todo: Sequence[Step]) -> int:
    """Run steps until SLICE_S is over; return how many were run."""
    end = monotonic() + SLICE_S
    for done, step in enumerate(todo):
        if done and monotonic() > end:
            return done
        step(conn)
    return len(todo)


# ── steps ────────────────────────────────────────────────────────────────────────────────


def _rename(conn: sqlite3.Connection, old: str, new: str, now: datetime, since: str) -> None:
    """Rename a source, which keeps its state and entries. A running poll loses its lease."""
    row = conn.execute("SELECT key, configured FROM sources WHERE name = ?", [old]).fetchone()
    conn.execute("DELETE FROM sources WHERE name = ? AND NOT configured", [new])
    conn.execute(
        "UPDATE sources SET name = ?, configured = 1, lease = NULL,"
        " due_at = CASE WHEN configured AND lease IS NULL THEN due_at ELSE ? END WHERE name = ?",
        [new, due_text(now), old],
    )
    conn.execute("UPDATE silences SET value = ? WHERE kind = 'source' AND value = ?", [new, old])
    if not row["configured"]:
        _add_return_task(conn, old, row["key"], since)
    conn.execute(
        "INSERT INTO source_tasks (source, renamed_to, through_id) SELECT ?, ?, max(id)"
        " FROM articles",
        [old, new],
    )


def _move(conn: sqlite3.Connection, source: Source, now: datetime) -> None:
    """Change the URL of a source, and drop all state that belongs to the old URL."""
    conn.execute(
        "UPDATE sources SET url = ?, due_at = ?, lease = NULL, failures = 0, moved_to = NULL,"
        " moving_to = NULL, etag = NULL, last_modified = NULL, body_digest = NULL,"
        " last_error = NULL, polled = 0, validated_at = NULL, trouble = NULL, restamps = 0"
        " WHERE name = ?",
        [source.url, due_text(now), source.name],
    )


def _return(conn: sqlite3.Connection, name: str, now: datetime, since: str) -> None:
    row = conn.execute(
        "UPDATE sources SET configured = 1, due_at = coalesce(due_at, ?) WHERE name = ?"
        " RETURNING key",
        [due_text(now), name],
    ).fetchone()
    _add_return_task(conn, name, row["key"], since)


def _add_return_task(conn: sqlite3.Connection, name: str, key: str, since: str) -> None:
    conn.execute(
        "INSERT INTO source_tasks (source, key, since, through_id) SELECT ?, ?, ?, max(id)"
        " FROM articles",
        [name, key, since],
    )


def _insert(conn: sqlite3.Connection, source: Source, due_at: datetime) -> None:
    """Insert a source. Its key is its name, or the name with a number if entries have that key."""
    key, number = source.name, 1
    while conn.execute(
        "SELECT 1 FROM sources WHERE key = ? UNION ALL SELECT 1 FROM entries WHERE source = ?",
        [key, key],
    ).fetchone():
        number += 1
        key = f"{source.name} #{number}"
    conn.execute(
        "INSERT INTO sources (name, key, url, due_at) VALUES (?, ?, ?, ?)",
        [source.name, key, source.url, due_text(due_at)],
    )


def _remove(conn: sqlite3.Connection, name: str) -> None:
    """Mark a source as removed; its articles are reassigned when they fall due (`source_tasks`)."""
    conn.execute(
        "UPDATE sources SET configured = 0, due_at = NULL, lease = NULL WHERE name = ?", [name]
    )


def _park(conn: sqlite3.Connection, ids: list[int]) -> None:
    """Unschedule these entries until their source returns."""
    conn.execute(
        "UPDATE entries SET due_at = NULL, lease = NULL"
        " WHERE id IN (SELECT value FROM json_each(?))",
        [json.dumps(ids)],
    )


# ── asking for polls ─────────────────────────────────────────────────────────────────────


def make_new_due(conn: sqlite3.Connection, now: datetime) -> None:
    """Make the sources due now that were never polled."""
    conn.execute(
        "UPDATE sources SET due_at = ? WHERE due_at > ? AND last_polled_at IS NULL"
        " AND lease IS NULL",
        [due_text(now), due_text(now)],
    )


def make_due(conn: sqlite3.Connection, names: Iterable[str] | None, now: datetime) -> None:
    """Make these sources due now; None: all configured ones that are not disabled."""
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
