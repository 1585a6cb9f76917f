"""Queries about one article: its row, revisions, matches, alerts and the pages it was read from."""

import json
import sqlite3
import zlib

from monitor.queries import Row

_INTERNAL = ("sketch", "lease", "etag", "last_modified", "returned_to")


def article(conn: sqlite3.Connection, article_id: int) -> Row | None:
    """The article's row with its `urls`, without columns that only the workers use."""
    found = conn.execute("SELECT * FROM articles WHERE id = ?", [article_id]).fetchone()
    if found is None:
        return None
    row = {name: found[name] for name in found.keys() if name not in _INTERNAL}  # noqa: SIM118
    for name in ("authors", "tags", "dates"):
        row[name] = json.loads(row[name])
    urls = "SELECT url FROM article_urls WHERE article_id = ? ORDER BY url"
    return row | {"urls": [url for (url,) in conn.execute(urls, [article_id])]}


def revisions(conn: sqlite3.Connection, article_id: int) -> list[Row]:
    """All revisions of an article, the first one first."""
    found = conn.execute(
        "SELECT number, seen_at, published_at, updated_at, title, text, digest, change,"
        " stealth, score, detail, fetched_from, body_sha256, etag, last_modified, link"
        " FROM revisions WHERE article_id = ? ORDER BY number",
        [article_id],
    )
    return [
        {**dict(row), "detail": json.loads(row["detail"]) if row["detail"] else None}
        for row in found
    ]


def matches(conn: sqlite3.Connection, article_id: int, revision: int) -> list[Row]:
    """Places in a revision where a topic's rule matched, in the order they were stored."""
    found = conn.execute(
        "SELECT topic, place, excerpt, start, end, excerpt_at, weight, level FROM matches"
        " WHERE article_id = ? AND revision = ? ORDER BY rowid",
        [article_id, revision],
    )
    return [dict(row) for row in found]


def alerts(conn: sqlite3.Connection, article_id: int) -> list[Row]:
    """Alerts of an article, the oldest first."""
    found = conn.execute(
        "SELECT id, topic, revision, reason, created_at, silence_id, silence FROM alerts"
        " WHERE article_id = ? ORDER BY id",
        [article_id],
    )
    return [dict(row) for row in found]


def raw_page(conn: sqlite3.Connection, article_id: int, revision: int) -> bytes | None:
    """The fetched body of a revision's page. None: it was not kept."""
    found = conn.execute(
        "SELECT body FROM bodies WHERE article_id = ? AND number = ?", [article_id, revision]
    ).fetchone()
    return zlib.decompress(found["body"]) if found else None
