"""The configured channels: what is owed to one that leaves, and to one that returns."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.model import MessageKind, utc_text
from monitor.store.deliveries import queue_message
from monitor.store.outbox import REMOVED
from monitor.store.rows import due_text

_GIVE_UP = (
    "UPDATE deliveries SET state = 'dead', due_at = NULL, attempts = 0, last_error = ?,"
    " removed_kind = ? WHERE channel = ? AND state = 'pending' AND lease IS NULL"
)
_DUE_AGAIN = (
    "UPDATE deliveries SET state = 'pending', due_at = max(?, coalesce(hold_until, '')),"
    " last_error = NULL, removed_kind = NULL"
    " WHERE channel = ? AND state = 'dead' AND removed_kind IN (?, '')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Who hears that a channel was removed, and in which words: its name, how many it owed."""

    operator: tuple[str, ...] = ()
    report: Callable[[str, int], str]


def sync(
    conn: sqlite3.Connection, targets: Mapping[str, str], removal: Removal | None, now: datetime
) -> None:
    """Remember the configured channels; `targets`: name → `kind:digest` of where it leads.

    What a channel that left had not sent is dead; it is due again once a channel of that name and
    kind is configured. A channel that leads elsewhere than before is enabled again.
    """
    known = {row["name"]: row for row in conn.execute("SELECT * FROM channels").fetchall()}
    wanted = {name: target.rpartition(":")[::2] for name, target in targets.items()}
    for name, row in known.items():
        if row["removed_at"] is None and _left(row, wanted.get(name)):
            _give_up(conn, row, removal, frozenset(targets), now)
    for name, (kind, target) in wanted.items():
        _configure(conn, name, kind, target)
        if name in known and _returned(known[name], kind):
            conn.execute(_DUE_AGAIN, [due_text(now), name, kind])
    conn.executemany(
        "UPDATE channels SET removed_at = ? WHERE name = ? AND removed_at IS NULL",
        [(utc_text(now), name) for name in known if name not in wanted],
    )


def _left(row: sqlite3.Row, wanted: tuple[str, ...] | None) -> bool:
    """Whether no channel of its name and kind is configured; an unknown kind fits any."""
    return wanted is None or bool(row["kind"] and row["kind"] != wanted[0])


def _returned(row: sqlite3.Row, kind: str) -> bool:
    return row["removed_at"] is not None or row["kind"] != kind


def _give_up(
    conn: sqlite3.Connection,
    row: sqlite3.Row,
    removal: Removal | None,
    configured: frozenset[str],
    now: datetime,
) -> None:
    name = row["name"]
    count = conn.execute(_GIVE_UP, [REMOVED, row["kind"] or "", name]).rowcount
    if count == 0 or removal is None:
        return
    for other in removal.operator:
        if other != name and other in configured:
            queue_message(conn, other, MessageKind.OPERATOR, removal.report(name, count), now)


def _configure(conn: sqlite3.Connection, name: str, kind: str, target: str) -> None:
    conn.execute(
        "INSERT INTO channels (name, kind, target) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, removed_at = NULL,"
        " disabled_at = CASE WHEN target = excluded.target THEN disabled_at END,"
        " last_error = CASE WHEN target = excluded.target THEN last_error END,"
        " target = excluded.target",
        [name, kind, target],
    )
