"""One article's settlement: recall what is known, have it judged, write what was found."""

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
from monitor.store.entries import release
from monitor.store.lookup import recall
from monitor.store.outbox import queue_messages
from monitor.store.revisions import add_revision
from monitor.store.rows import (
    candidates_text,
    day_or_instant,
    due_text,
    dumped,
    packed,
)
from monitor.store.source_tasks import source_of_entry


def settle(
    conn: sqlite3.Connection,
    visit: Visit,
    reading: Reading | None,
    decide: Decide,
    now: datetime,
) -> Decision | Stale | None:
    """Recall, decide, write. `reading` None: the visit brought no page. None: lease lost."""
    if not _held(conn, visit):
        return None
    known = recall(conn, visit, reading, now)
    decision = decide(known)
    if isinstance(decision, Decision):
        article_id = _write(conn, visit, reading, decision, now)
        release(conn, visit, decision, article_id, reading, now)
    return decision


def _held(conn: sqlite3.Connection, visit: Visit) -> bool:
    table, row_id = _row(visit)
    sql = f"SELECT 1 FROM {table} WHERE id = ? AND lease = ?"
    return conn.execute(sql, [row_id, visit.lease]).fetchone() is not None


def _row(visit: Visit) -> tuple[str, int | None]:
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
    """All of its row at once: what is written a second time is indexed a second time."""
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
            dumped(article.authors),
            dumped(article.tags),
            article.language,
            day_or_instant(article.published),
            day_or_instant(article.updated),
            candidates_text(article.dates),
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
            packed(reading.fingerprint.sketch) if decision.revision else None,
            due_text(decision.article_due_at),
            decision.gone or 0,
            seen if decision.gone else None,
            seen if decision.verdict is Verdict.RETRACTED else None,
        ],
    )
    return ArticleId(number)


def _next_id(conn: sqlite3.Connection) -> int:
    """As AUTOINCREMENT would give it; nobody else writes in this transaction."""
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
    """The row says what the newest visit said; without a new revision only the stamps move."""
    if decision.row_unchanged:
        conn.execute(
            "UPDATE articles SET last_seen_at = ? WHERE id = ?", [utc_text(now), article_id]
        )
        return
    article = reading.article
    # A text that is not stored is asked for whole: 304 would hide it when it may be stored again.
    validators = Validators() if decision.returned_to else reading.validators
    conn.execute(
        "UPDATE articles SET last_seen_at = ?, published_at = coalesce(?, published_at),"
        " updated_at = coalesce(?, updated_at), etag = ?, last_modified = ?,"
        " dates = ?, partial = ?, retracted_at = NULL, url = coalesce(?, url), site = ?,"
        " returns = returns + ?, returned_to = ? WHERE id = ?",
        [
            utc_text(now),
            day_or_instant(article.published),
            day_or_instant(article.updated),
            validators.etag,
            validators.last_modified,
            candidates_text(article.dates),
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
    """Write what a new revision changed in the article's row."""
    article = reading.article
    conn.execute(
        "UPDATE articles SET title = ?, authors = ?, tags = ?, language = ?, text = ?,"
        " revision = ?, matched = matched OR ?, words = ?, sketch = ? WHERE id = ?",
        [
            article.title,
            dumped(article.authors),
            dumped(article.tags),
            article.language,
            article.text,
            number,
            bool(reading.hits),
            reading.fingerprint.words,
            packed(reading.fingerprint.sketch),
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
    """The next reading. Another visit to the article that is under way keeps its lease."""
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
            utc_text(now),  # a clock that was ahead noted a later one
            retracted,
            article_id,
        ],
    )
