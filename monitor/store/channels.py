"""Brings the table of channels in line with the configuration.

Deliveries of a removed channel are dead; they are due again when the channel is back.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.model import MessageKind, utc_text
from monitor.store.deliveries import queue_message
from monitor.store.outbox import REMOVED
from monitor.store.rows import due_text

_MARK_DEAD = (
    "UPDATE deliveries SET state = 'dead', due_at = NULL, attempts = 0, last_error = ?,"
    " removed_kind = ? WHERE channel = ? AND state = 'pending' AND lease IS NULL"
)
_REVIVE = (
    "UPDATE deliveries SET state = 'pending', due_at = max(?, coalesce(hold_until, '')),"
    " last_error = NULL, removed_kind = NULL"
    " WHERE channel = ? AND state = 'dead' AND removed_kind IN (?, '')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """How the operator is informed of a removed channel.

    `report` formats the message from the name of the channel and its number of unsent messages.
    """

    operator: tuple[str, ...] = ()
    report: Callable[[str, int], str]


def sync(
    conn: sqlite3.Connection, targets: Mapping[str, str], removal: Removal | None, now: datetime
) -> None:
    """Store the configured channels; `targets`: name → `kind:digest` of its address.

    Unsent messages of a removed channel are dead, and due again once a channel of that name and
    kind is configured. A channel with another address than before is enabled again.
    """
    known = {row["name"]: row for row in conn.execute("SELECT * FROM channels").fetchall()}
    wanted = {name: target.rpartition(":")[::2] for name, target in targets.items()}
    for name, row in known.items():
        if row["removed_at"] is None and _was_removed(row, wanted.get(name)):
            _mark_dead(conn, row, removal, frozenset(targets), now)
    for name, (kind, target) in wanted.items():
        _upsert(conn, name, kind, target)
        if name in known and _is_back(known[name], kind):
            conn.execute(_REVIVE, [due_text(now), name, kind])
    conn.executemany(
        "UPDATE channels SET removed_at = ? WHERE name = ? AND removed_at IS NULL",
        [(utc_text(now), name) for name in known if name not in wanted],
    )


def _was_removed(row: sqlite3.Row, wanted: tuple[str, ...] | None) -> bool:
    """Whether no channel of its name and kind is configured; an unknown kind fits any."""
    return wanted is None or bool(row["kind"] and row["kind"] != wanted[0])


def _is_back(row: sqlite3.Row, kind: str) -> bool:
    return row["removed_at"] is not None or row["kind"] != kind


def _mark_dead(
    conn: sqlite3.Connection,
    row: sqlite3.Row,
    removal: Removal | None,
    configured: frozenset[str],
    now: datetime,
) -> None:
    name = row["name"]
    count = conn.execute(_MARK_DEAD, [REMOVED, row["kind"] or "", name]).rowcount
    if count == 0 or removal is None:
        return
    for other in removal.operator:
        if other != name and other in configured:
            queue_message(conn, other, MessageKind.OPERATOR, removal.report(name, count), now)


def _upsert(conn: sqlite3.Connection, name: str, kind: str, target: str) -> None:
    conn.execute(
        "INSERT INTO channels (name, kind, target) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, removed_at = NULL,"
        " disabled_at = CASE WHEN target = excluded.target THEN disabled_at END,"
        " last_error = CASE WHEN target = excluded.target THEN last_error END,"
        " target = excluded.target",
        [name, kind, target],
    )
