"""What is too old is forgotten, in slices that hold the writer for a moment only.

What may go is looked up beside the writer; each slice asks again before it deletes.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from monitor.errors import StoreError
from monitor.model import utc_text
from monitor.settings import Retention
from monitor.store.rows import FORGOTTEN
from monitor.store.sqlite import damaged, open_to_read, store_error

SLICE = 500  # rows of one slice, at most
SLICE_S = 0.02  # how long it deletes, at most; its commit comes on top
MOST = 100_000  # rows that one round looks up
UNLISTED = timedelta(days=30)  # how long an entry is remembered that its feed lists no more

_GONE = """
    lease IS NULL
    AND (first_seen_at < :matched OR first_seen_at < :unmatched AND NOT matched
         AND NOT EXISTS (SELECT 1 FROM alerts WHERE article_id = articles.id))
    AND NOT EXISTS (SELECT 1 FROM alerts a JOIN delivery_alerts l ON l.alert_id = a.id
                    JOIN deliveries d ON d.id = l.delivery_id
                    WHERE a.article_id = articles.id AND d.state = 'pending')
    AND NOT EXISTS (SELECT 1 FROM entries WHERE article_id = articles.id AND due_at IS NOT NULL)
"""
_OLD_ARTICLES = (
    f"SELECT id FROM articles WHERE first_seen_at < max(:matched, :unmatched) AND {_GONE}"
    " ORDER BY first_seen_at LIMIT :most"
)
# Every poll that brought a list stamps all that it listed: an older stamp is listed no more.
_OLD_ENTRIES = """
    SELECT e.id FROM entries e
    WHERE e.article_id IS NULL AND e.due_at IS NULL AND e.last_seen_at < :unlisted
    AND (e.digest = :forgotten OR e.last_seen_at < :unmatched)
    AND EXISTS (SELECT 1 FROM entries l
                WHERE l.source = e.source AND l.last_seen_at > e.last_seen_at)
    LIMIT :most
"""


def limits(keep: Retention, now: datetime) -> dict[str, object]:
    """The values of the questions below. What is kept for ever is older than nothing."""
    return {
        "unmatched": utc_text(now - keep.unmatched) if keep.unmatched else "",
        "matched": utc_text(now - keep.matched) if keep.matched else "",
        "unlisted": utc_text(now - UNLISTED),
        "forgotten": FORGOTTEN,
        "most": MOST,
    }


def too_old(path: Path, limits: dict[str, object]) -> tuple[list[int], list[int]]:
    """The articles and the entries that may go, the oldest first. Raises StoreError."""
    conn = open_to_read(path)
    try:
        articles = [row["id"] for row in conn.execute(_OLD_ARTICLES, limits)]
        entries = [row["id"] for row in conn.execute(_OLD_ENTRIES, limits)]
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()
    return articles, entries


def forget_articles(
    conn: sqlite3.Connection, ids: Sequence[int], limits: dict[str, object]
) -> tuple[int, int]:
    """Deletes for a slice of time: how many of `ids` were looked at, and how many are gone."""
    end, gone = monotonic() + SLICE_S, 0
    for looked_at, article_id in enumerate(ids):
        if looked_at and monotonic() > end:
            return looked_at, gone
        gone += _forget(conn, article_id, limits)
    return len(ids), gone


def _forget(conn: sqlite3.Connection, article_id: int, limits: dict[str, object]) -> bool:
    """One article and all that is its own. Its entries stay, so that a feed that still lists it
    announces nothing new."""
    sql = f"SELECT 1 FROM articles WHERE id = :id AND {_GONE}"
    if conn.execute(sql, limits | {"id": article_id}).fetchone() is None:
        return False  # it was taken, or matched, since it was looked up
    conn.execute(
        "UPDATE entries SET article_id = NULL, digest = ?, said = NULL, due_at = NULL,"
        " lease = NULL WHERE article_id = ?",
        [FORGOTTEN, article_id],
    )
    conn.execute(
        "DELETE FROM deliveries WHERE id IN (SELECT delivery_id FROM delivery_alerts"
        " WHERE alert_id IN (SELECT id FROM alerts WHERE article_id = ?))"
        " AND NOT EXISTS (SELECT 1 FROM delivery_alerts l JOIN alerts a ON a.id = l.alert_id"
        "  WHERE l.delivery_id = deliveries.id AND a.article_id != ?)",
        [article_id, article_id],
    )
    conn.execute("DELETE FROM articles WHERE id = ?", [article_id])  # the rest cascades
    return True


def forget_entries(conn: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Deletes for a slice of time: how many of `ids` were looked at."""
    end = monotonic() + SLICE_S
    for looked_at, entry_id in enumerate(ids):
        if looked_at and monotonic() > end:
            return looked_at
        conn.execute(
            "DELETE FROM entries WHERE id = ? AND article_id IS NULL AND due_at IS NULL",
            [entry_id],
        )
    return len(ids)


def check(path: Path) -> None:
    """Reads every page, beside the writer. Raises StoreError when the database is damaged."""
    conn = open_to_read(path)
    try:
        verdict = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()
    if verdict != "ok":
        raise StoreError(damaged(path, verdict), permanent=True)
