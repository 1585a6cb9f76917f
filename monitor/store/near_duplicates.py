"""Stories that read alike, found by what they share. Does not judge whether they are one."""

import json
import sqlite3
from datetime import datetime, timedelta

from monitor.contracts import KnownStory
from monitor.model import ArticleId, utc_text
from monitor.store.rows import unpacked
from monitor.store.source_tasks import name_now

LOOK_BACK = timedelta(hours=120)  # how far apart two copies of one story are still one story
CANDIDATES = 8
FOUND_BY = 16  # hashes of a sketch
SLICE = 2_000  # rows that one transaction forgets
EVERY_ID = 2**63 - 1


def add(conn: sqlite3.Connection, article_id: ArticleId, sketch: tuple[int, ...]) -> None:
    """By its smallest hashes alone, which another's whole sketch is held against.

    Of 416 labelled pairs of copies each finds the other so; all hashes are three times the rows.
    """
    conn.executemany(
        "INSERT OR IGNORE INTO sketches (hash, article_id) VALUES (?, ?)",
        [(each, article_id) for each in sketch[:FOUND_BY]],
    )


def find(
    conn: sqlite3.Connection, sketch: tuple[int, ...], now: datetime
) -> tuple[KnownStory, ...]:
    """Those that share most with this sketch, the most first."""
    if not sketch:
        return ()
    rows = conn.execute(
        "SELECT a.id, a.story_id, a.source, a.url, a.sketch, a.words, count(*) AS shared"
        " FROM sketches s JOIN articles a ON a.id = s.article_id"
        " WHERE s.hash IN (SELECT value FROM json_each(?)) AND a.first_seen_at >= ?"
        " GROUP BY a.id ORDER BY shared DESC, a.id LIMIT ?",
        [json.dumps(sketch), utc_text(now - LOOK_BACK), CANDIDATES],
    )
    return tuple(
        KnownStory(
            article_id=ArticleId(row["id"]),
            story_id=row["story_id"] or row["id"],
            source=row["source"],
            url=row["url"],
            sketch=unpacked(row["sketch"]),
            words=row["words"],
            alerted=_alerted_sources(conn, row["story_id"] or row["id"]),
            sources=_story_sources(conn, row["story_id"] or row["id"]),
        )
        for row in rows.fetchall()
    )


def equal(conn: sqlite3.Connection, digest: str) -> list[ArticleId]:
    """The newest articles, of any age, that once had exactly this title and text.

    `+`: else SQLite puts the digest into the indexed expression too, and does not use the index.
    """
    rows = conn.execute(
        "SELECT DISTINCT article_id FROM revisions INDEXED BY revisions_digest"
        " WHERE substr(digest, 1, 16) = ? AND +digest = ? ORDER BY article_id DESC LIMIT ?",
        [digest[:16], digest, CANDIDATES],
    )
    return [ArticleId(row["article_id"]) for row in rows]


def _alerted_sources(conn: sqlite3.Connection, story_id: int) -> dict[str, int]:
    """Topic → how many sources had the story at its last alert that was not silenced."""
    rows = conn.execute(
        "SELECT topic, max(coalesce(sources, 1)) AS sources FROM alerts WHERE article_id IN"
        " (SELECT id FROM articles WHERE story_id = ?) AND silence_id IS NULL GROUP BY topic",
        [story_id],
    )
    return {row["topic"]: row["sources"] for row in rows}


def _story_sources(conn: sqlite3.Connection, story_id: int) -> frozenset[str]:
    rows = conn.execute("SELECT id, source FROM articles WHERE story_id = ?", [story_id]).fetchall()
    return frozenset(name_now(conn, row["source"], row["id"]) for row in rows)


def forget(conn: sqlite3.Connection, now: datetime) -> int:
    """Drops a slice of the sketches that are too old to be looked back at; how many rows it were.

    Ids grow as articles are stored: what lies below the first young one is old.
    """
    return conn.execute(
        "DELETE FROM sketches WHERE (hash, article_id) IN"
        " (SELECT hash, article_id FROM sketches WHERE article_id <"
        "  coalesce((SELECT min(id) FROM articles WHERE first_seen_at ="
        "   (SELECT min(first_seen_at) FROM articles WHERE first_seen_at >= ?)), ?) LIMIT ?)",
        [utc_text(now - LOOK_BACK), EVERY_ID, SLICE],
    ).rowcount
