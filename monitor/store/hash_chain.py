"""The chain of evidence: a revision's link covers what was seen, from where, and the link before.

Whoever changes a stored revision breaks every later link of that article; `verify` finds the first.
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
SLICE = 500  # ids of articles whose revisions are in memory at a time


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
    linked = {**revision, "link": link(_link_before(conn, revision), revision)}
    marks = ", ".join("?" * len(linked))
    conn.execute(
        f"INSERT OR REPLACE INTO revisions ({', '.join(linked)}) VALUES ({marks})",
        list(linked.values()),
    )


def _link_before(conn: sqlite3.Connection, revision: Mapping[str, Any]) -> str | None:
    if revision["number"] == 1:
        return None
    row = conn.execute(
        "SELECT link FROM revisions WHERE article_id = ? AND number = ?",
        [revision["article_id"], revision["number"] - 1],
    ).fetchone()
    return row["link"] if row else None


def broken(conn: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """(article, revision) of every article's first link that does not hold, or is not there.

    Reads a slice of articles at a time: memory is bounded, and no snapshot is held for long.
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
    """Of one article's revisions in order; a row without a number says that there is none."""
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
