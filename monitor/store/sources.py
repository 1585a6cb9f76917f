"""Which sources are watched: make the table of sources say what the configuration says.

What has to change is found beside the writer and done in slices, so that thousands of changed
sources keep nobody waiting. Each step is whole in itself: where a start finds some of them not
done, it finds and does the rest. A row is known by its name, and one that would leave by its
address: a new name for it renames the row. What follows from a step for articles is noted in
`source_tasks` and done later.
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

FirstPoll = Callable[[int, int, timedelta, datetime], datetime]  # place, of how many, every, now
Step = Callable[[sqlite3.Connection], object]

PARKED = 500  # entries in one step
SLICE_S = 0.02  # how long steps are done in one transaction, at most


def at_once(place: int, of: int, every: timedelta, now: datetime) -> datetime:
    return now


def steps(
    path: Path,
    sources: Sequence[Source],
    now: datetime,
    first_poll: FirstPoll,
    reread_for: timedelta,
) -> list[Step]:
    """What has to be done for the sources. Raises StoreError."""
    wanted = {source.name: source for source in sources if source.enabled}
    rows = _asked(path, "SELECT name, url, configured, last_polled_at FROM sources")
    old = {row["name"]: row for row in rows}
    renamed = renames(wanted, rows)
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
            found.append(partial(_come_back, name=source.name, now=now, since=since))
    for place, source in enumerate(new):
        due_at = first_poll(place, len(new), source.every, now)
        found.append(partial(_insert, source=source, due_at=due_at))
    left = [n for n, row in old.items() if row["configured"] and n not in wanted]
    gone = set(left) - set(renamed.values())
    return [*found, *(partial(_leave, name=name) for name in left if name in gone)]


def renames(wanted: dict[str, Source], rows: Sequence[sqlite3.Row]) -> dict[str, str]:
    """New name → old name, of the rows that go on under another name.

    Only a name that is not watched yet takes over, and only from a row that would not be watched
    any more: the one that is watched now before those that left earlier, of these the one that was
    polled last. A name that stays keeps its row, whatever its address.
    """
    watched = {row["name"]: row for row in rows if row["configured"]}
    own = {(row["name"], row["url"]) for row in rows}
    free: dict[str, list[str]] = {}
    for row in sorted(rows, key=_freshness):
        if row["name"] not in wanted:
            free.setdefault(row["url"], []).append(row["name"])
    return {
        source.name: free[source.url].pop()
        for source in wanted.values()
        if source.name not in watched
        and (source.name, source.url) not in own
        and free.get(source.url)
    }


def _freshness(row: sqlite3.Row) -> tuple[int, str, str]:
    return row["configured"], row["last_polled_at"] or "", row["name"]


def parking(path: Path) -> list[Step]:
    """Entries that are due of sources that are not watched: nobody visits them."""
    rows = _asked(
        path,
        "SELECT id FROM entries WHERE due_at IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM sources s WHERE s.key = entries.source AND s.configured)",
    )
    ids = [row["id"] for row in rows]
    return [partial(_park, ids=ids[n : n + PARKED]) for n in range(0, len(ids), PARKED)]


def _asked(path: Path, sql: str) -> list[sqlite3.Row]:
    conn = open_to_read(path)
    try:
        return conn.execute(sql).fetchall()
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()


def carry_out(conn: sqlite3.Connection, todo: Sequence[Step]) -> int:
    """Do steps for a slice of time: how many."""
    end = monotonic() + SLICE_S
    for done, step in enumerate(todo):
        if done and monotonic() > end:
            return done
        step(conn)
    return len(todo)


# ── steps ────────────────────────────────────────────────────────────────────────────────


def _rename(conn: sqlite3.Connection, old: str, new: str, now: datetime, since: str) -> None:
    """Its state and its entries go with the row. A poll under way is lost, and made again."""
    row = conn.execute("SELECT key, configured FROM sources WHERE name = ?", [old]).fetchone()
    conn.execute("DELETE FROM sources WHERE name = ? AND NOT configured", [new])
    conn.execute(
        "UPDATE sources SET name = ?, configured = 1, lease = NULL,"
        " due_at = CASE WHEN configured AND lease IS NULL THEN due_at ELSE ? END WHERE name = ?",
        [new, due_text(now), old],
    )
    conn.execute("UPDATE silences SET value = ? WHERE kind = 'source' AND value = ?", [new, old])
    if not row["configured"]:
        _reread(conn, old, row["key"], since)
    conn.execute(
        "INSERT INTO source_tasks (source, renamed_to, through_id) SELECT ?, ?, max(id)"
        " FROM articles",
        [old, new],
    )


def _move(conn: sqlite3.Connection, source: Source, now: datetime) -> None:
    """Another address: nothing that was learnt of the last one is true of it."""
    conn.execute(
        "UPDATE sources SET url = ?, due_at = ?, lease = NULL, failures = 0, moved_to = NULL,"
        " moving_to = NULL, etag = NULL, last_modified = NULL, body_digest = NULL,"
        " last_error = NULL, polled = 0, validated_at = NULL, trouble = NULL, restamps = 0"
        " WHERE name = ?",
        [source.url, due_text(now), source.name],
    )


def _come_back(conn: sqlite3.Connection, name: str, now: datetime, since: str) -> None:
    row = conn.execute(
        "UPDATE sources SET configured = 1, due_at = coalesce(due_at, ?) WHERE name = ?"
        " RETURNING key",
        [due_text(now), name],
    ).fetchone()
    _reread(conn, name, row["key"], since)


def _reread(conn: sqlite3.Connection, name: str, key: str, since: str) -> None:
    conn.execute(
        "INSERT INTO source_tasks (source, key, since, through_id) SELECT ?, ?, ?, max(id)"
        " FROM articles",
        [name, key, since],
    )


def _insert(conn: sqlite3.Connection, source: Source, due_at: datetime) -> None:
    """Its key is its name, unless a source that was renamed has it, or one left entries there."""
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


def _leave(conn: sqlite3.Connection, name: str) -> None:
    """Its articles are looked at when they fall due (`reads`)."""
    conn.execute(
        "UPDATE sources SET configured = 0, due_at = NULL, lease = NULL WHERE name = ?", [name]
    )


def _park(conn: sqlite3.Connection, ids: list[int]) -> None:
    conn.execute(
        "UPDATE entries SET due_at = NULL, lease = NULL"
        " WHERE id IN (SELECT value FROM json_each(?))",
        [json.dumps(ids)],
    )


# ── asking for polls ─────────────────────────────────────────────────────────────────────


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
