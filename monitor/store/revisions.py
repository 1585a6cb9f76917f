"""A new revision of an article, with its raw page and its matches."""

import sqlite3

from monitor.contracts import Decision, Reading
from monitor.model import ArticleId, utc_text
from monitor.store.hash_chain import store_revision
from monitor.store.rows import change_to_json


def add_revision(
    conn: sqlite3.Connection, article_id: ArticleId, reading: Reading, decision: Decision
) -> None:
    """Insert the decision's revision into the chain; a number that is there is replaced."""
    revision = decision.revision
    assert revision is not None
    store_revision(
        conn,
        {
            "article_id": article_id,
            "number": revision.number,
            "seen_at": utc_text(revision.seen_at),
            "published_at": utc_text(revision.published_at),
            "updated_at": utc_text(revision.updated_at),
            "title": revision.title,
            "text": revision.text,
            "digest": revision.digest,
            "change": revision.change.value,
            "stealth": int(revision.stealth),
            "score": revision.score,
            "detail": change_to_json(decision.change),
            "fetched_from": reading.fetched_from,
            "body_sha256": reading.body_sha256,
            "etag": reading.validators.etag,
            "last_modified": reading.validators.last_modified,
        },
    )
    if reading.raw is not None:
        conn.execute(
            "INSERT OR REPLACE INTO bodies (article_id, number, body) VALUES (?, ?, ?)",
            [article_id, revision.number, reading.raw],
        )
    _add_matches(conn, article_id, revision.number, reading)


def _add_matches(
    conn: sqlite3.Connection, article_id: ArticleId, number: int, reading: Reading
) -> None:
    if number > 1:
        conn.execute(
            "DELETE FROM matches WHERE article_id = ? AND revision = ?",
            [article_id, number],
        )
    conn.executemany(
        "INSERT INTO matches (article_id, revision, topic, place, excerpt, start, end, excerpt_at,"
        " weight, level) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                article_id,
                number,
                hit.topic,
                hit.place.value,
                hit.excerpt,
                hit.start,
                hit.end,
                hit.excerpt_at,
                hit.weight,
                hit.level.value,
            )
            for hit in reading.hits
        ],
    )
