"""Deletes articles and entries that are older than the configuration keeps them.

Candidates are looked up without the writer; each slice checks them again before it deletes.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from monitor.errors import StoreError
from monitor.model import utc_text
from monitor.settings import Retention
from monitor.store.rows import PRUNED
from monitor.store.sqlite import damaged, open_to_read, store_error

SLICE = 500  # rows of one slice
SLICE_S = 0.02  # time limit of the deletes in a slice, without its commit
MAX_ROWS = 100_000  # candidates of one round
UNLISTED = timedelta(days=30)  # age at which an entry that is no longer listed is deleted

_EXPIRED = """
    lease IS NULL
    AND (first_seen_at < :matched OR first_seen_at < :unmatched AND NOT matched
         AND NOT EXISTS (SELECT 1 FROM alerts WHERE article_id = articles.id))
    AND NOT EXISTS (SELECT 1 FROM alerts a JOIN delivery_alerts l ON l.alert_id = a.id
                    JOIN deliveries d ON d.id = l.delivery_id
                    WHERE a.article_id = articles.id AND d.state = 'pending')
    AND NOT EXISTS (SELECT 1 FROM entries WHERE article_id = articles.id AND due_at IS NOT NULL)
"""
_OLD_ARTICLES = (
    f"SELECT id FROM articles WHERE first_seen_at < max(:matched, :unmatched) AND {_EXPIRED}"
    " ORDER BY first_seen_at LIMIT :most"
)
# Each poll updates `last_seen_at` of all listed entries, so an entry with an older one than others
# of its source is no longer listed.
_OLD_ENTRIES = """
    SELECT e.id FROM entries e
    WHERE e.article_id IS NULL AND e.due_at IS NULL AND e.last_seen_at < :unlisted
    AND (e.digest = :forgotten OR e.last_seen_at < :unmatched)
    AND EXISTS (SELECT 1 FROM entries l
                WHERE l.source = e.source AND l.last_seen_at > e.last_seen_at)
    LIMIT :most
"""


def query_parameters(keep: Retention, now: datetime) -> dict[str, object]:
    """Bind parameters for the queries above.

    An empty string disables a limit: no timestamp sorts below it.
    """
    return {
        "unmatched": utc_text(now - keep.unmatched) if keep.unmatched else "",
        "matched": utc_text(now - keep.matched) if keep.matched else "",
        "unlisted": utc_text(now - UNLISTED),
        "forgotten": PRUNED,
        "most": MAX_ROWS,
    }


def find_expired(path: Path, parameters: dict[str, object]) -> tuple[list[int], list[int]]:
    """Find articles and entries to delete, the oldest first. Raises StoreError."""
    conn = open_to_read(path)
    try:
        articles = [row["id"] for row in conn.execute(_OLD_ARTICLES, parameters)]
        entries = [row["id"] for row in conn.execute(_OLD_ENTRIES, parameters)]
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()
    return articles, entries


def delete_articles(
    conn: sqlite3.Connection, ids: Sequence[int], parameters: dict[str, object]
) -> tuple[int, int]:
    """Delete articles until SLICE_S is over; return (checked, deleted)."""
    end, deleted = monotonic() + SLICE_S, 0
    for checked, article_id in enumerate(ids):
        if checked and monotonic() > end:
            return checked, deleted
        deleted += _delete_article(conn, article_id, parameters)
    return len(ids), deleted


def _delete_article(
    conn: sqlite3.Connection, article_id: int, parameters: dict[str, object]
) -> bool:
    """Delete an article with everything that belongs to it; return False if it may not go now.

    Its entries stay, so that a feed that still lists it does not make it new again.
    """
    sql = f"SELECT 1 FROM articles WHERE id = :id AND {_EXPIRED}"
    if conn.execute(sql, parameters | {"id": article_id}).fetchone() is None:
        return False  # it was claimed or matched since it was looked up
    conn.execute(
        "UPDATE entries SET article_id = NULL, digest = ?, said = NULL, due_at = NULL,"
        " lease = NULL WHERE article_id = ?",
        [PRUNED, article_id],
    )
    conn.execute(
        "DELETE FROM deliveries WHERE id IN (SELECT delivery_id FROM delivery_alerts"
        " WHERE alert_id IN (SELECT id FROM alerts WHERE article_id = ?))"
        " AND NOT EXISTS (SELECT 1 FROM delivery_alerts l JOIN alerts a ON a.id = l.alert_id"
        "  WHERE l.delivery_id = deliveries.id AND a.article_id != ?)",
        [article_id, article_id],
    )
    conn.execute("DELETE FROM articles WHERE id = ?", [article_id])  # cascades to its other rows
    return True


def delete_entries(conn: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Delete entries until SLICE_S is over; return how many were checked."""
    end = monotonic() + SLICE_S
    for checked, entry_id in enumerate(ids):
        if checked and monotonic() > end:
            return checked
        conn.execute(
            "DELETE FROM entries WHERE id = ? AND article_id IS NULL AND due_at IS NULL",
            [entry_id],
        )
    return len(ids)


def check_integrity(path: Path) -> None:
    """Check every page of the database, without the writer. Raises StoreError if it is damaged."""
    conn = open_to_read(path)
    try:
        verdict = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()
    if verdict != "ok":
        raise StoreError(damaged(path, verdict), permanent=True)
