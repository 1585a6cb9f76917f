"""The chain of evidence: a revision's link covers what was seen, from where, and the link before.

Whoever changes a stored revision breaks every later link of that article; `verify` finds the first.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

_COVERED = (
    "article_id",
    "number",
    "seen_at",
    "published_at",
    "updated_at",
    "fetched_from",
    "etag",
    "last_modified",
    "body_sha256",
    "digest",
    "title",
    "text",
)


def link(previous: str | None, revision: Mapping[str, Any]) -> str:
    """SHA-256, hex, over the previous link and every covered column, each with its length."""
    state = hashlib.sha256((previous or "").encode())
    for column in _COVERED:
        value = revision[column]
        data = b"" if value is None else str(value).encode()
        state.update(f"{column}:{-1 if value is None else len(data)}:".encode() + data)
    return state.hexdigest()


def store_revision(conn: sqlite3.Connection, revision: Mapping[str, Any]) -> None:
    """Writes the newest revision of its article (column → value), with its link."""
    number = revision["number"]
    row = conn.execute(
        "SELECT link FROM revisions WHERE article_id = ? AND number = ?",
        [revision["article_id"], number - 1],
    ).fetchone()
    linked = {**revision, "link": link(row["link"] if row else None, revision)}
    marks = ", ".join("?" * len(linked))
    conn.execute(
        f"INSERT OR REPLACE INTO revisions ({', '.join(linked)}) VALUES ({marks})",
        list(linked.values()),
    )


def broken(conn: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """(article, revision) of every first link that does not hold, and of gaps in the numbers."""
    article, number, previous, reported = 0, 0, None, 0
    for row in conn.execute("SELECT * FROM revisions ORDER BY article_id, number"):
        if row["article_id"] != article:
            article, number, previous = row["article_id"], 0, None
        number += 1
        holds = row["number"] == number and row["link"] == link(previous, dict(row))
        if not holds and reported != article:
            reported = article
            yield article, row["number"]
        previous = row["link"]
