"""The slice of memory that one reading is judged by."""

import sqlite3
from collections.abc import Set
from dataclasses import replace
from datetime import datetime

from monitor.model import ArticleId
from monitor.store import look_alikes
from monitor.store.outbox import held, recent
from monitor.store.reads import newest_revision
from monitor.store.rows import unpacked
from monitor.work import (
    Known,
    KnownArticle,
    KnownStory,
    Reading,
    Visit,
)

CANDIDATES = 8  # articles of one address, at most


def recall(conn: sqlite3.Connection, visit: Visit, reading: Reading | None, now: datetime) -> Known:
    by_guid = known_article(conn, visit.article_id)
    if reading is None:
        told = by_guid.told if by_guid else frozenset()
        return _with_outgoing(conn, Known(by_guid=by_guid), told, now)
    by_address = _at_addresses(conn, [address.key for address in reading.addresses])
    found: tuple[KnownStory, ...] = ()
    if by_guid is None and not by_address:
        found = look_alikes.find(conn, reading.fingerprint.sketch, now)
    topics = {hit.topic for hit in reading.hits}
    topics |= {topic for known in (by_guid, *by_address) if known for topic in known.told}
    known = Known(by_guid=by_guid, by_address=by_address, look_alikes=found)
    return _with_outgoing(conn, known, topics, now)


def _with_outgoing(
    conn: sqlite3.Connection, known: Known, topics: Set[str], now: datetime
) -> Known:
    """With what is on its way already, where an alert may follow."""
    if not topics:
        return known
    return replace(known, recent=recent(conn, topics, now), held=held(conn, now))


def _at_addresses(conn: sqlite3.Connection, keys: list[str]) -> tuple[KnownArticle, ...]:
    rows = conn.execute(
        "SELECT DISTINCT article_id FROM article_urls"
        f" WHERE key IN ({', '.join('?' * len(keys))}) ORDER BY article_id DESC LIMIT ?",
        [*keys, CANDIDATES],
    ).fetchall()
    found = [known_article(conn, ArticleId(row["article_id"])) for row in rows]
    return tuple(article for article in found if article)


def known_article(conn: sqlite3.Connection, article_id: ArticleId | None) -> KnownArticle | None:
    newest = newest_revision(conn, article_id)
    if newest is None or article_id is None:
        return None
    row = conn.execute("SELECT * FROM articles WHERE id = ?", [article_id]).fetchone()
    digests = conn.execute("SELECT digest FROM revisions WHERE article_id = ?", [article_id])
    return KnownArticle(
        id=article_id,
        source=row["source"],
        guid=row["guid"],
        title=row["title"],
        story_id=row["story_id"] or article_id,
        partial=row["partial"] is not None,
        retracted=row["retracted_at"] is not None,
        newest=newest,
        sketch=unpacked(row["sketch"]),
        digests=frozenset(r["digest"] for r in digests),
        told=_told(conn, article_id),
    )


def _told(conn: sqlite3.Connection, article_id: int) -> frozenset[str]:
    rows = conn.execute("SELECT DISTINCT topic FROM alerts WHERE article_id = ?", [article_id])
    return frozenset(row["topic"] for row in rows)
