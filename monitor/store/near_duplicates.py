"""Near-duplicate search: articles that share hashes of their sketch.

It finds candidates; whether they are the same story is decided elsewhere.
"""

import json
import sqlite3
from datetime import datetime, timedelta

from monitor.contracts import KnownStory
from monitor.model import ArticleId, utc_text
from monitor.store.rows import unpack_sketch
from monitor.store.source_tasks import current_name

LOOK_BACK = timedelta(hours=120)  # age up to which copies are searched for
MAX_CANDIDATES = 8
INDEXED_HASHES = 16  # of a sketch
SLICE = 2_000  # rows deleted per transaction
MAX_ID = 2**63 - 1


def add(conn: sqlite3.Connection, article_id: ArticleId, sketch: tuple[int, ...]) -> None:
    """Index the article by the smallest hashes of its sketch; a search compares whole sketches.

    Of 416 labelled pairs of copies all are found this way; indexing all hashes takes three times
    the rows.
    """
    conn.executemany(
        "INSERT OR IGNORE INTO sketches (hash, article_id) VALUES (?, ?)",
        [(each, article_id) for each in sketch[:INDEXED_HASHES]],
    )


def find(
    conn: sqlite3.Connection, sketch: tuple[int, ...], now: datetime
) -> tuple[KnownStory, ...]:
    """Find the recent articles that share most hashes with the sketch, the most first."""
    if not sketch:
        return ()
    rows = conn.execute(
        "SELECT a.id, a.story_id, a.source, a.url, a.sketch, a.words, count(*) AS shared"
        " FROM sketches s JOIN articles a ON a.id = s.article_id"
        " WHERE s.hash IN (SELECT value FROM json_each(?)) AND a.first_seen_at >= ?"
        " GROUP BY a.id ORDER BY shared DESC, a.id LIMIT ?",
        [json.dumps(sketch), utc_text(now - LOOK_BACK), MAX_CANDIDATES],
    )
    return tuple(
        KnownStory(
            article_id=ArticleId(row["id"]),
            story_id=row["story_id"] or row["id"],
            source=row["source"],
            url=row["url"],
            sketch=unpack_sketch(row["sketch"]),
            words=row["words"],
            alerted=_alerted_sources(conn, row["story_id"] or row["id"]),
            sources=_story_sources(conn, row["story_id"] or row["id"]),
        )
        for row in rows.fetchall()
    )


def find_equal(conn: sqlite3.Connection, digest: str) -> list[ArticleId]:
    """Find the newest articles, of any age, that had exactly this title and text in some revision.

    `+digest` keeps SQLite from substituting the digest into the indexed expression, which would
    make the index unusable.
    """
    rows = conn.execute(
        "SELECT DISTINCT article_id FROM revisions INDEXED BY revisions_digest"
        " WHERE substr(digest, 1, 16) = ? AND +digest = ? ORDER BY article_id DESC LIMIT ?",
        [digest[:16], digest, MAX_CANDIDATES],
    )
    return [ArticleId(row["article_id"]) for row in rows]


def _alerted_sources(conn: sqlite3.Connection, story_id: int) -> dict[str, int]:
    """Topic → number of sources that had the story at its last unsilenced alert."""
    rows = conn.execute(
        "SELECT topic, max(coalesce(sources, 1)) AS sources FROM alerts WHERE article_id IN"
        " (SELECT id FROM articles WHERE story_id = ?) AND silence_id IS NULL GROUP BY topic",
        [story_id],
    )
    return {row["topic"]: row["sources"] for row in rows}


def _story_sources(conn: sqlite3.Connection, story_id: int) -> frozenset[str]:
    rows = conn.execute("SELECT id, source FROM articles WHERE story_id = ?", [story_id]).fetchall()
    return frozenset(current_name(conn, row["source"], row["id"]) for row in rows)


def prune(conn: sqlite3.Connection, now: datetime) -> int:
    """Delete a slice of the sketches of articles older than LOOK_BACK; return the number of rows.

    Ids grow as articles are stored, so all below the first recent one are old.
    """
    return conn.execute(
        "DELETE FROM sketches WHERE (hash, article_id) IN"
        " (SELECT hash, article_id FROM sketches WHERE article_id <"
        "  coalesce((SELECT min(id) FROM articles WHERE first_seen_at ="
        "   (SELECT min(first_seen_at) FROM articles WHERE first_seen_at >= ?)), ?) LIMIT ?)",
        [utc_text(now - LOOK_BACK), MAX_ID, SLICE],
    ).rowcount
