"""Settles the reading of one article: load what is known, have it decided, write the decision.

It does not decide anything: `core.revisions` does, through the function handed in.
"""

import sqlite3
from datetime import datetime

from monitor.contracts import (
    Decide,
    Decision,
    Reading,
    Stale,
    Verdict,
    Visit,
)
from monitor.model import ArticleId, Validators, utc_text
from monitor.store import near_duplicates
from monitor.store.entries import finish_visit
from monitor.store.lookup import load_known
from monitor.store.outbox import queue_messages
from monitor.store.revisions import add_revision
from monitor.store.rows import (
    candidates_to_json,
    dated_text,
    due_text,
    pack_sketch,
    to_json,
)
from monitor.store.source_tasks import source_of_entry


def settle(
    conn: sqlite3.Connection,
    visit: Visit,
    reading: Reading | None,
    decide: Decide,
    now: datetime,
) -> Decision | Stale | None:
    """Load, decide and write, within the caller's transaction.

    `reading` None: the visit found no page. Returns the decision; None if the lease was lost.
    """
    if not _holds_lease(conn, visit):
        return None
    known = load_known(conn, visit, reading, now)
    decision = decide(known)
    if isinstance(decision, Decision):
        article_id = _write(conn, visit, reading, decision, now)
        finish_visit(conn, visit, decision, article_id, reading, now)
    return decision


def _holds_lease(conn: sqlite3.Connection, visit: Visit) -> bool:
    table, row_id = _table_and_id(visit)
    sql = f"SELECT 1 FROM {table} WHERE id = ? AND lease = ?"
    return conn.execute(sql, [row_id, visit.lease]).fetchone() is not None


def _table_and_id(visit: Visit) -> tuple[str, int | None]:
    if visit.entry_id is not None:
        return "entries", visit.entry_id
    return "articles", visit.article_id


def _write(
    conn: sqlite3.Connection,
    visit: Visit,
    reading: Reading | None,
    decision: Decision,
    now: datetime,
) -> ArticleId | None:
    article_id = decision.article_id
    if reading is not None and article_id is None:
        article_id = _insert_article(conn, visit, reading, decision, now)
    elif reading is not None and article_id is not None:
        _refresh_article(conn, article_id, reading, decision, now)
    if article_id is None:
        return None
    if reading is not None:
        if visit.entry_id is not None or not decision.row_unchanged:
            _add_addresses(conn, article_id, reading)
        if decision.revision is not None:
            add_revision(conn, article_id, reading, decision)
            near_duplicates.add(conn, article_id, reading.fingerprint.sketch)
    if decision.article_id is not None:
        _schedule(conn, visit, article_id, decision, now)
    queue_messages(conn, article_id, decision, now)
    return article_id


def _insert_article(
    conn: sqlite3.Connection, visit: Visit, reading: Reading, decision: Decision, now: datetime
) -> ArticleId:
    """Insert the whole row in one statement: an UPDATE would index its text again (FTS5)."""
    article, seen, number = reading.article, utc_text(now), _next_id(conn)
    conn.execute(
        "INSERT INTO articles (id, source, url, guid, title, authors, tags, language,"
        " published_at, updated_at, dates, first_seen_at, last_seen_at, text, story_id, partial,"
        " etag, last_modified, matched, words, site, sketch, due_at, gone, gone_since,"
        " retracted_at) VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number,
            source_of_entry(conn, visit.entry_id) or reading.source,
            article.url,
            reading.guid,
            article.title,
            to_json(article.authors),
            to_json(article.tags),
            article.language,
            dated_text(article.published),
            dated_text(article.updated),
            candidates_to_json(article.dates),
            seen,
            seen,
            article.text,
            decision.story_id or number,
            reading.partial,
            reading.validators.etag,
            reading.validators.last_modified,
            bool(reading.hits),
            reading.fingerprint.words,
            reading.site,
            pack_sketch(reading.fingerprint.sketch) if decision.revision else None,
            due_text(decision.article_due_at),
            decision.gone or 0,
            seen if decision.gone else None,
            seen if decision.verdict is Verdict.RETRACTED else None,
        ],
    )
    return ArticleId(number)


def _next_id(conn: sqlite3.Connection) -> int:
    """Return the id that AUTOINCREMENT would assign; only this transaction writes."""
    row = conn.execute(
        "SELECT max(coalesce((SELECT max(id) FROM articles), 0),"
        " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'articles'), 0))"
    ).fetchone()
    return int(row[0]) + 1


def _refresh_article(
    conn: sqlite3.Connection,
    article_id: ArticleId,
    reading: Reading,
    decision: Decision,
    now: datetime,
) -> None:
    """Update the article's row from a new reading; its text only with a new revision."""
    if decision.row_unchanged:
        conn.execute(
            "UPDATE articles SET last_seen_at = ? WHERE id = ?", [utc_text(now), article_id]
        )
        return
    article = reading.article
    # No validators for a text that is not stored: a 304 would keep it from being stored later.
    validators = Validators() if decision.returned_to else reading.validators
    conn.execute(
        "UPDATE articles SET last_seen_at = ?, published_at = coalesce(?, published_at),"
        " updated_at = coalesce(?, updated_at), etag = ?, last_modified = ?,"
        " dates = ?, partial = ?, retracted_at = NULL, url = coalesce(?, url), site = ?,"
        " returns = returns + ?, returned_to = ? WHERE id = ?",
        [
            utc_text(now),
            dated_text(article.published),
            dated_text(article.updated),
            validators.etag,
            validators.last_modified,
            candidates_to_json(article.dates),
            reading.partial,
            article.url,
            reading.site,
            decision.counts_return,
            decision.returned_to,
            article_id,
        ],
    )
    if decision.revision is not None:
        _replace_text(conn, article_id, reading, decision.revision.number)


def _replace_text(
    conn: sqlite3.Connection, article_id: ArticleId, reading: Reading, number: int
) -> None:
    """Update what a new revision changes in the article's row."""
    article = reading.article
    conn.execute(
        "UPDATE articles SET title = ?, authors = ?, tags = ?, language = ?, text = ?,"
        " revision = ?, matched = matched OR ?, words = ?, sketch = ? WHERE id = ?",
        [
            article.title,
            to_json(article.authors),
            to_json(article.tags),
            article.language,
            article.text,
            number,
            bool(reading.hits),
            reading.fingerprint.words,
            pack_sketch(reading.fingerprint.sketch),
            article_id,
        ],
    )


def _add_addresses(conn: sqlite3.Connection, article_id: ArticleId, reading: Reading) -> None:
    conn.executemany(
        "INSERT OR IGNORE INTO article_urls (url, key, article_id) VALUES (?, ?, ?)",
        [(address.url, address.key, article_id) for address in reading.addresses],
    )


def _schedule(
    conn: sqlite3.Connection,
    visit: Visit,
    article_id: ArticleId,
    decision: Decision,
    now: datetime,
) -> None:
    """Set when the article is read next. A concurrent read of it keeps its lease."""
    retracted = utc_text(now) if decision.verdict is Verdict.RETRACTED else None
    conn.execute(
        "UPDATE articles SET due_at = ?, lease = nullif(lease, ?), gone = coalesce(?, gone),"
        " gone_since = CASE WHEN coalesce(?, gone) = 0 THEN NULL"
        " ELSE min(coalesce(gone_since, ?), ?) END,"
        " retracted_at = coalesce(?, retracted_at) WHERE id = ?",
        [
            due_text(decision.article_due_at),
            visit.lease,
            decision.gone,
            decision.gone,
            utc_text(now),
            utc_text(now),  # the stored one may be from a clock that was ahead
            retracted,
            article_id,
        ],
    )
