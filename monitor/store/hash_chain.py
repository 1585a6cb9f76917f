"""Hash chain over the revisions of an article, as evidence against later changes.

The link of a revision is a hash over its content, its origin and the previous link: changing a
stored revision invalidates all later links of the article. `verify` finds the first invalid one.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
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
SLICE = 500  # range of article ids whose revisions are in memory at a time


def link(previous: str | None, revision: Mapping[str, Any]) -> str:
    """Compute SHA-256 (hex) over the previous link and every covered column with its length."""
    state = hashlib.sha256((previous or "").encode())
    for column in _COVERED:
        value = revision[column]
        data = b"" if value is None else str(value).encode()
        state.update(f"{column}:{-1 if value is None else len(data)}:".encode() + data)
    return state.hexdigest()


def store_revision(conn: sqlite3.Connection, revision: Mapping[str, Any]) -> None:
    """Insert or replace the newest revision of an article (column → value), with its link."""
    linked = {**revision, "link": link(_previous_link(conn, revision), revision)}
    marks = ", ".join("?" * len(linked))
    conn.execute(
        f"INSERT OR REPLACE INTO revisions ({', '.join(linked)}) VALUES ({marks})",
        list(linked.values()),
    )


def _previous_link(conn: sqlite3.Connection, revision: Mapping[str, Any]) -> str | None:
    if revision["number"] == 1:
        return None
    row = conn.execute(
        "SELECT link FROM revisions WHERE article_id = ? AND number = ?",
        [revision["article_id"], revision["number"] - 1],
    ).fetchone()
    return row["link"] if row else None


def find_broken(conn: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """Yield (article, revision) of the first invalid or missing link of every article.

    Reads a slice of articles at a time, so memory is bounded and no snapshot stays open for long.
    """
    last, highest = 0, conn.execute("SELECT max(id) FROM articles").fetchone()[0] or 0
    while last < highest:
        rows = conn.execute(
            "SELECT a.id, a.revision, r.* FROM articles a"
            " LEFT JOIN revisions r ON r.article_id = a.id"
            " WHERE a.id > ? AND a.id <= ? ORDER BY a.id, r.number",
            [last, last + SLICE],
        ).fetchall()
        for article, revisions in groupby(rows, itemgetter("id")):
            if (number := _first_broken(revisions)) is not None:
                yield article, number
        last += SLICE


def _first_broken(revisions: Iterable[sqlite3.Row]) -> int | None:
    """First invalid revision among one article's rows in order; None: all are valid."""
    previous, newest, seen = None, 0, 0
    for row in revisions:
        newest = row["revision"]
        if row["number"] is None:
            break
        seen += 1
        if row["number"] != seen or row["link"] != link(previous, dict(row)):
            return int(row["number"])
        previous = row["link"]
    return None if seen >= newest else newest
