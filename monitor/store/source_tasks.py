"""What a renamed, returned or removed source means for its articles, done a slice at a time."""

import json
import sqlite3
from datetime import datetime
from time import monotonic

from monitor.store.rows import due_text

SLICE_S = 0.01  # how long one slice works, at most; its commit takes as long again
TASKS, ROWS = 200, 100  # looked at together, at most


def work(conn: sqlite3.Connection, now: datetime) -> bool:
    """Do a slice of what is noted; whether more is left. Returned sources come first."""
    end = monotonic() + SLICE_S
    for task in _next(conn, "renamed_to IS NULL") or _next(conn, "renamed_to IS NOT NULL"):
        while not (_rename(conn, task) if task["renamed_to"] else _return(conn, task, now)):
            if monotonic() > end:
                return True
            (task,) = conn.execute("SELECT * FROM source_tasks WHERE id = ?", [task["id"]])
        conn.execute("DELETE FROM source_tasks WHERE id = ?", [task["id"]])
        if monotonic() > end:
            break
    return conn.execute("SELECT 1 FROM source_tasks LIMIT 1").fetchone() is not None


def waiting(conn: sqlite3.Connection) -> int:
    """How many sources have work left."""
    return int(conn.execute("SELECT count(*) FROM source_tasks").fetchone()[0])


def _next(conn: sqlite3.Connection, which: str) -> list[sqlite3.Row]:
    sql = f"SELECT * FROM source_tasks WHERE {which} ORDER BY id LIMIT {TASKS}"
    return conn.execute(sql).fetchall()


def _rename(conn: sqlite3.Connection, task: sqlite3.Row) -> bool:
    """Give some articles their source's new name; whether all of them have it."""
    ids = [row["id"] for row in _articles(conn, task)]
    conn.execute(
        "UPDATE articles SET source = ? WHERE id IN (SELECT value FROM json_each(?))",
        [task["renamed_to"], json.dumps(ids)],
    )
    return _ended(conn, task, ids)


def _return(conn: sqlite3.Connection, task: sqlite3.Row, now: datetime) -> bool:
    """Have some entries read that never were, and some articles again that are young enough.

    One that left again is looked at when it is back.
    """
    if not conn.execute(
        "SELECT 1 FROM sources WHERE key = ? AND configured", [task["key"]]
    ).fetchone():
        return True
    waiting = conn.execute(
        "UPDATE entries SET due_at = ? WHERE id IN (SELECT id FROM entries"
        f" WHERE source = ? AND said IS NOT NULL AND due_at IS NULL LIMIT {ROWS})",
        [due_text(now), task["key"]],
    ).rowcount
    if waiting == ROWS:
        return False
    rows = _articles(conn, task)
    young = [row["id"] for row in rows if row["first_seen_at"] >= task["since"]]
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE id IN (SELECT value FROM json_each(?))"
        " AND due_at IS NULL AND site IS NOT NULL AND partial IS NULL",
        [due_text(now), json.dumps(young)],
    )
    if not _ended(conn, task, young):
        return False
    _read_again_what_it_lists(conn, task, now)
    return True


def _read_again_what_it_lists(conn: sqlite3.Connection, task: sqlite3.Row, now: datetime) -> None:
    """Make parked articles of other sources due that are young and have an entry in this one.

    One pass over its entries. The article is handed over when it is taken (`hand_over`).
    """
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE id IN"
        " (SELECT article_id FROM entries WHERE source = ? AND article_id IS NOT NULL)"
        " AND due_at IS NULL AND site IS NOT NULL AND partial IS NULL AND first_seen_at >= ?"
        " AND NOT EXISTS (SELECT 1 FROM sources WHERE name = articles.source AND configured)",
        [due_text(now), task["key"], task["since"]],
    )


def _articles(conn: sqlite3.Connection, task: sqlite3.Row) -> list[sqlite3.Row]:
    """Of its source, the newest first."""
    return conn.execute(
        "SELECT id, first_seen_at FROM articles WHERE source = ? AND id <= ?"
        f" ORDER BY id DESC LIMIT {ROWS}",
        [task["source"], task["through_id"] or 0],
    ).fetchall()


def _ended(conn: sqlite3.Connection, task: sqlite3.Row, ids: list[int]) -> bool:
    if len(ids) < ROWS:
        return True
    conn.execute("UPDATE source_tasks SET through_id = ? WHERE id = ?", [ids[-1] - 1, task["id"]])
    return False


# ── one article ──────────────────────────────────────────────────────────────────────────


def source_of_entry(conn: sqlite3.Connection, entry_id: int | None) -> str | None:
    """The name of the source that lists an entry, as it is now."""
    row = conn.execute(
        "SELECT s.name FROM entries e JOIN sources s ON s.key = e.source WHERE e.id = ?",
        [entry_id],
    ).fetchone()
    return row["name"] if row else None


def name_now(conn: sqlite3.Connection, source: str, article_id: int) -> str:
    """The name of an article's source, also where a renaming has not come to this article yet."""
    last = 0
    while task := conn.execute(
        "SELECT id, renamed_to FROM source_tasks WHERE source = ? AND renamed_to IS NOT NULL"
        " AND through_id >= ? AND id > ? ORDER BY id LIMIT 1",
        [source, article_id, last],
    ).fetchone():
        last, source = task["id"], task["renamed_to"]
    return source


def hand_over(conn: sqlite3.Connection, ids: list[int]) -> list[int]:
    """Articles whose source is not watched any more: another one that lists it goes on watching,
    and where there is none nobody visits it. The ids of those that are to be visited."""
    orphans = conn.execute(
        "SELECT id, source FROM articles a WHERE id IN (SELECT value FROM json_each(?))"
        " AND (NOT EXISTS (SELECT 1 FROM sources WHERE name = a.source AND configured)"
        "  OR EXISTS (SELECT 1 FROM source_tasks WHERE source = a.source"
        "   AND renamed_to IS NOT NULL AND through_id >= a.id))",
        [json.dumps(ids)],
    ).fetchall()
    parked = set()
    for article in orphans:
        source = _watcher(conn, article)
        if source is not None:
            conn.execute("UPDATE articles SET source = ? WHERE id = ?", [source, article["id"]])
        else:
            conn.execute(
                "UPDATE articles SET due_at = NULL, lease = NULL WHERE id = ?", [article["id"]]
            )
            parked.add(article["id"])
    return [article_id for article_id in ids if article_id not in parked]


def _watcher(conn: sqlite3.Connection, article: sqlite3.Row) -> str | None:
    """Its own source under a new name, or another one that lists it."""
    name = name_now(conn, article["source"], article["id"])
    row = conn.execute(
        "SELECT name FROM sources WHERE configured AND (name = ? OR key IN"
        " (SELECT source FROM entries WHERE article_id = ?)) ORDER BY name != ?, name LIMIT 1",
        [name, article["id"], name],
    ).fetchone()
    return row["name"] if row else None
