"""Follow-up work for the articles of renamed, returned and removed sources, done in slices.

`sources` inserts the tasks when the configuration changes; the store runs them between reads.
"""

import json
import sqlite3
from datetime import datetime
from time import monotonic

from monitor.store.rows import due_text

SLICE_S = 0.01  # time limit of one slice; its commit takes as long again
TASKS, ROWS = 200, 100  # per query


def run_slice(conn: sqlite3.Connection, now: datetime) -> bool:
    """Run a slice of the tasks, returned sources first; return whether more are left."""
    end = monotonic() + SLICE_S
    for task in _next_tasks(conn, "renamed_to IS NULL") or _next_tasks(
        conn, "renamed_to IS NOT NULL"
    ):
        while not (
            _rename_articles(conn, task)
            if task["renamed_to"]
            else _reschedule_articles(conn, task, now)
        ):
            if monotonic() > end:
                return True
            (task,) = conn.execute("SELECT * FROM source_tasks WHERE id = ?", [task["id"]])
        conn.execute("DELETE FROM source_tasks WHERE id = ?", [task["id"]])
        if monotonic() > end:
            break
    return conn.execute("SELECT 1 FROM source_tasks LIMIT 1").fetchone() is not None


def count_pending(conn: sqlite3.Connection) -> int:
    """Return the number of tasks that are left."""
    return int(conn.execute("SELECT count(*) FROM source_tasks").fetchone()[0])


def _next_tasks(conn: sqlite3.Connection, which: str) -> list[sqlite3.Row]:
    sql = f"SELECT * FROM source_tasks WHERE {which} ORDER BY id LIMIT {TASKS}"
    return conn.execute(sql).fetchall()


def _rename_articles(conn: sqlite3.Connection, task: sqlite3.Row) -> bool:
    """Give some articles the new name of their source; return whether all have it."""
    ids = [row["id"] for row in _articles(conn, task)]
    conn.execute(
        "UPDATE articles SET source = ? WHERE id IN (SELECT value FROM json_each(?))",
        [task["renamed_to"], json.dumps(ids)],
    )
    return _advance(conn, task, ids)


def _reschedule_articles(conn: sqlite3.Connection, task: sqlite3.Row, now: datetime) -> bool:
    """Make unread entries and recent articles of a returned source due; return whether all are.

    A source that was removed again is left to the task of its next return.
    """
    if not conn.execute(
        "SELECT 1 FROM sources WHERE key = ? AND configured", [task["key"]]
    ).fetchone():
        return True
    unread = conn.execute(
        "UPDATE entries SET due_at = ? WHERE id IN (SELECT id FROM entries"
        f" WHERE source = ? AND said IS NOT NULL AND due_at IS NULL LIMIT {ROWS})",
        [due_text(now), task["key"]],
    ).rowcount
    if unread == ROWS:
        return False
    rows = _articles(conn, task)
    recent = [row["id"] for row in rows if row["first_seen_at"] >= task["since"]]
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE id IN (SELECT value FROM json_each(?))"
        " AND due_at IS NULL AND site IS NOT NULL AND partial IS NULL",
        [due_text(now), json.dumps(recent)],
    )
    if not _advance(conn, task, recent):
        return False
    _reschedule_shared_articles(conn, task, now)
    return True


def _reschedule_shared_articles(conn: sqlite3.Connection, task: sqlite3.Row, now: datetime) -> None:
    """Make recent articles of removed sources due that this source lists too.

    They get this source when they are claimed (`reassign_orphans`).
    """
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE id IN"
        " (SELECT article_id FROM entries WHERE source = ? AND article_id IS NOT NULL)"
        " AND due_at IS NULL AND site IS NOT NULL AND partial IS NULL AND first_seen_at >= ?"
        " AND NOT EXISTS (SELECT 1 FROM sources WHERE name = articles.source AND configured)",
        [due_text(now), task["key"], task["since"]],
    )


def _articles(conn: sqlite3.Connection, task: sqlite3.Row) -> list[sqlite3.Row]:
    """The next articles of the task's source, the newest first."""
    return conn.execute(
        "SELECT id, first_seen_at FROM articles WHERE source = ? AND id <= ?"
        f" ORDER BY id DESC LIMIT {ROWS}",
        [task["source"], task["through_id"] or 0],
    ).fetchall()


def _advance(conn: sqlite3.Connection, task: sqlite3.Row, ids: list[int]) -> bool:
    """Record how far the task has come; return whether it is finished."""
    if len(ids) < ROWS:
        return True
    conn.execute("UPDATE source_tasks SET through_id = ? WHERE id = ?", [ids[-1] - 1, task["id"]])
    return False


# ── one article ──────────────────────────────────────────────────────────────────────────


def source_of_entry(conn: sqlite3.Connection, entry_id: int | None) -> str | None:
    """Return the present name of the source that lists an entry; None: there is none."""
    row = conn.execute(
        "SELECT s.name FROM entries e JOIN sources s ON s.key = e.source WHERE e.id = ?",
        [entry_id],
    ).fetchone()
    return row["name"] if row else None


def current_name(conn: sqlite3.Connection, source: str, article_id: int) -> str:
    """Return the present name of an article's source, also before a rename reached the article."""
    last = 0
    while task := conn.execute(
        "SELECT id, renamed_to FROM source_tasks WHERE source = ? AND renamed_to IS NOT NULL"
        " AND through_id >= ? AND id > ? ORDER BY id LIMIT 1",
        [source, article_id, last],
    ).fetchone():
        last, source = task["id"], task["renamed_to"]
    return source


def reassign_orphans(conn: sqlite3.Connection, ids: list[int]) -> list[int]:
    """Give articles of removed sources another configured source that lists them.

    Articles without one are no longer due. Returns the ids of those that are still to be read.
    """
    orphans = conn.execute(
        "SELECT id, source FROM articles a WHERE id IN (SELECT value FROM json_each(?))"
        " AND (NOT EXISTS (SELECT 1 FROM sources WHERE name = a.source AND configured)"
        "  OR EXISTS (SELECT 1 FROM source_tasks WHERE source = a.source"
        "   AND renamed_to IS NOT NULL AND through_id >= a.id))",
        [json.dumps(ids)],
    ).fetchall()
    parked = set()
    for article in orphans:
        source = _configured_source(conn, article)
        if source is not None:
            conn.execute("UPDATE articles SET source = ? WHERE id = ?", [source, article["id"]])
        else:
            conn.execute(
                "UPDATE articles SET due_at = NULL, lease = NULL WHERE id = ?", [article["id"]]
            )
            parked.add(article["id"])
    return [article_id for article_id in ids if article_id not in parked]


def _configured_source(conn: sqlite3.Connection, article: sqlite3.Row) -> str | None:
    """The article's own source under its present name, or another one that lists it."""
    name = current_name(conn, article["source"], article["id"])
    row = conn.execute(
        "SELECT name FROM sources WHERE configured AND (name = ? OR key IN"
        " (SELECT source FROM entries WHERE article_id = ?)) ORDER BY name != ?, name LIMIT 1",
        [name, article["id"], name],
    ).fetchone()
    return row["name"] if row else None
