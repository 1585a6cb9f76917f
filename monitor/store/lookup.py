"""Loads what is known for judging one reading: candidate articles, look-alikes, messages."""

import json
import sqlite3
from collections.abc import Set
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.contracts import (
    Known,
    KnownArticle,
    Reading,
    Visit,
)
from monitor.model import ArticleId, Reason, utc_instant, utc_text
from monitor.store import near_duplicates
from monitor.store.outbox import hold_ends, recent_counts, update_times
from monitor.store.read_queue import newest_revision
from monitor.store.rows import unpack_sketch
from monitor.store.source_tasks import current_name

MAX_CANDIDATES = 8  # articles of one address
RETURNS_WITHIN = timedelta(days=7)  # age up to which returns to an earlier text are counted


def load_known(
    conn: sqlite3.Connection, visit: Visit, reading: Reading | None, now: datetime
) -> Known:
    """Load the articles that a visit's reading may belong to, and what messages are under way.

    `reading` None: the visit found no page, so only its own article is loaded.
    """
    by_guid = known_article(conn, visit.article_id, now)
    if reading is None:
        alerted = by_guid.alerted if by_guid else frozenset()
        return _with_outgoing(conn, Known(by_guid=by_guid), alerted, now)
    by_address = _articles_at(conn, [address.key for address in reading.addresses], now)
    known = Known(by_guid=by_guid, by_address=by_address)
    if not by_address and (by_guid is None or reading.addresses):
        known = _with_same_text(conn, known, visit, reading, now)
    topics = {hit.topic for hit in reading.hits}
    topics |= {topic for known in (by_guid, *by_address) if known for topic in known.alerted}
    return _with_outgoing(conn, known, topics, now)


def _with_same_text(
    conn: sqlite3.Connection, known: Known, visit: Visit, reading: Reading, now: datetime
) -> Known:
    """Add articles of the same or a similar text, for a reading at an unknown address."""
    found = near_duplicates.find(conn, reading.fingerprint.sketch, now)
    near = [each.article_id for each in found]  # of any site: the decision compares the sites
    ids = dict.fromkeys([*near_duplicates.find_equal(conn, reading.fingerprint.digest), *near])
    articles = [known_article(conn, each, now) for each in ids]
    return replace(
        known,
        by_guid=_with_keys(conn, known.by_guid),
        by_text=tuple(each for each in (_with_keys(conn, a) for a in articles) if each),
        listed=_listed_since(conn, visit, list(ids)),
        look_alikes=found,
    )


def _with_keys(conn: sqlite3.Connection, article: KnownArticle | None) -> KnownArticle | None:
    if article is None:
        return None
    rows = conn.execute("SELECT key FROM article_urls WHERE article_id = ?", [article.id])
    return replace(article, keys=frozenset(row["key"] for row in rows))


def _listed_since(
    conn: sqlite3.Connection, visit: Visit, ids: list[ArticleId]
) -> frozenset[ArticleId]:
    """Select the articles whose own entry was still listed when the visit's entry first appeared.

    INDEXED BY, because SQLite would otherwise scan all entries of the source.
    """
    rows = conn.execute(
        "SELECT DISTINCT o.article_id FROM entries o INDEXED BY entries_article"
        " JOIN entries n ON n.id = ? AND n.source = o.source AND n.announced_at <= o.last_seen_at"
        " WHERE o.article_id IN (SELECT value FROM json_each(?))",
        [visit.entry_id, json.dumps(ids)],
    )
    return frozenset(ArticleId(row["article_id"]) for row in rows)


def _with_outgoing(
    conn: sqlite3.Connection, known: Known, topics: Set[str], now: datetime
) -> Known:
    """Add the messages under way, if an alert may follow."""
    if not topics:
        return known
    articles = [
        article.id for article in (known.by_guid, *known.by_address, *known.by_text) if article
    ]
    return replace(
        known,
        recent=recent_counts(conn, topics, now),
        held=hold_ends(conn, now),
        updates=update_times(conn, articles, now),
    )


def _articles_at(
    conn: sqlite3.Connection, keys: list[str], now: datetime
) -> tuple[KnownArticle, ...]:
    rows = conn.execute(
        "SELECT DISTINCT article_id FROM article_urls"
        f" WHERE key IN ({', '.join('?' * len(keys))}) ORDER BY article_id DESC LIMIT ?",
        [*keys, MAX_CANDIDATES],
    ).fetchall()
    found = [known_article(conn, ArticleId(row["article_id"]), now) for row in rows]
    return tuple(article for article in found if article)


def known_article(
    conn: sqlite3.Connection, article_id: ArticleId | None, now: datetime
) -> KnownArticle | None:
    """Load an article with its newest revision; None: there is none of this id."""
    newest = newest_revision(conn, article_id)
    if newest is None or article_id is None:
        return None
    row = conn.execute("SELECT * FROM articles WHERE id = ?", [article_id]).fetchone()
    digests, returns = _digests(conn, article_id, now)
    alerted, silenced, retraction_alerted = _alerts(conn, article_id)
    return KnownArticle(
        id=article_id,
        source=current_name(conn, row["source"], article_id),
        guid=row["guid"],
        title=row["title"],
        story_id=row["story_id"] or article_id,
        partial=row["partial"] is not None,
        retracted=row["retracted_at"] is not None,
        newest=newest,
        url=row["url"],
        published_at=utc_instant(row["published_at"]),
        words=row["words"],
        sketch=unpack_sketch(row["sketch"]),
        digests=digests,
        returns=returns,
        returned_to=row["returned_to"],
        alerted=alerted,
        silenced=silenced - alerted,
        retraction_alerted=retraction_alerted,
    )


def _digests(
    conn: sqlite3.Connection, article_id: int, now: datetime
) -> tuple[frozenset[str], int]:
    """Return the digests of all revisions, and how many recent revisions repeat an earlier one."""
    found: set[str] = set()
    returns, since = 0, utc_text(now - RETURNS_WITHIN)
    for row in conn.execute(
        "SELECT digest, seen_at FROM revisions WHERE article_id = ? ORDER BY number", [article_id]
    ):
        returns += row["digest"] in found and row["seen_at"] > since
        found.add(row["digest"])
    return frozenset(found), returns


def _alerts(
    conn: sqlite3.Connection, article_id: int
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the topics with an unsilenced alert, a silenced one, an unsilenced `retracted`."""
    rows = conn.execute(
        "SELECT DISTINCT topic, reason, silence_id FROM alerts WHERE article_id = ?", [article_id]
    ).fetchall()
    unsilenced = [row for row in rows if row["silence_id"] is None]
    return (
        frozenset(row["topic"] for row in unsilenced),
        frozenset(row["topic"] for row in rows if row["silence_id"] is not None),
        frozenset(row["topic"] for row in unsilenced if row["reason"] == Reason.RETRACTED),
    )
