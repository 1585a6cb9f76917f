"""Topics: stores their rules, and renames their history.

A rename updates matches, alerts and silences, the newest first and in slices. It may be repeated:
rows written under the old name meanwhile are renamed at the next start.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.model import utc_instant, utc_text
from monitor.queries import KnownTopic
from monitor.settings import Topic

SLICE = 500  # rows of one table per transaction


def sync(conn: sqlite3.Connection, topics: Sequence[Topic], now: datetime) -> None:
    """Store the configured topics; a removed one stays, with the time of its removal."""
    seen, names = utc_text(now), json.dumps([topic.name for topic in topics])
    conn.execute(
        "UPDATE topics SET removed_at = ? WHERE removed_at IS NULL"
        " AND name NOT IN (SELECT value FROM json_each(?))",
        [seen, names],
    )
    conn.executemany(
        "INSERT INTO topics (name, rule, since) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        " rule = excluded.rule, removed_at = NULL,"
        " since = CASE WHEN removed_at IS NULL THEN since ELSE excluded.since END",
        [(topic.name, topic.query, seen) for topic in topics],
    )


def known_topics(conn: sqlite3.Connection) -> list[KnownTopic]:
    """List every topic that was ever configured, by name."""
    return [
        KnownTopic(
            name=row["name"],
            rule=row["rule"],
            since=utc_instant(row["since"]),
            removed_at=utc_instant(row["removed_at"]),
        )
        for row in conn.execute("SELECT * FROM topics ORDER BY name")
    ]


def rename(conn: sqlite3.Connection, old: str, new: str) -> bool:
    """Rename a slice of the history; return whether more may be left."""
    more = _rename_alerts(conn, old, new)
    more = _rename_matches(conn, old, new) or more
    conn.execute("UPDATE silences SET value = ? WHERE kind = 'topic' AND value = ?", [new, old])
    conn.execute("DELETE FROM topics WHERE name = ?", [old])
    return more


def _rename_alerts(conn: sqlite3.Connection, old: str, new: str) -> bool:
    """Rename a slice of alerts and their keys, so that none is raised again.

    If both names have an alert for the same event, the renamed one gets a key of its own.
    """
    rows = conn.execute(
        "SELECT id, article_id, revision, reason FROM alerts WHERE topic = ?"
        f" ORDER BY id DESC LIMIT {SLICE}",
        [old],
    ).fetchall()
    keys = [
        (row["id"], f"{row['article_id']}/{row['revision']}/{new}/{row['reason']}") for row in rows
    ]
    conn.executemany(
        "UPDATE OR IGNORE alerts SET topic = ?, key = ? WHERE id = ?",
        [(new, key, number) for number, key in keys],
    )
    conn.executemany(
        "UPDATE alerts SET topic = ?, key = ? WHERE id = ? AND topic = ?",
        [(new, f"{key}/{number}", number, old) for number, key in keys],
    )
    return len(rows) == SLICE


def _rename_matches(conn: sqlite3.Connection, old: str, new: str) -> bool:
    ids = [
        row["id"]
        for row in conn.execute(
            f"SELECT id FROM matches WHERE topic = ? ORDER BY article_id DESC LIMIT {SLICE}", [old]
        )
    ]
    numbers = json.dumps(ids)
    conn.execute(
        "DELETE FROM matches WHERE id IN (SELECT value FROM json_each(?)) AND EXISTS (SELECT 1"
        " FROM matches n WHERE n.article_id = matches.article_id"
        "  AND n.revision = matches.revision AND n.topic = ? AND n.id NOT IN"
        "  (SELECT value FROM json_each(?)))",
        [numbers, new, numbers],
    )
    conn.execute(
        "UPDATE matches SET topic = ? WHERE id IN (SELECT value FROM json_each(?))", [new, numbers]
    )
    return len(ids) == SLICE
