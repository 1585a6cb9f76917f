"""One article's settlement: recall what is known, have it judged, write what was found."""

import sqlite3
from datetime import datetime

from monitor.model import ArticleId, utc_text
from monitor.store.evidence import extend
from monitor.store.outbox import owe
from monitor.store.recall import LOOK_BACK, recall
from monitor.store.rows import (
    candidates_text,
    change_text,
    day_or_instant,
    due_text,
    dumped,
    maybe_text,
    packed,
)
from monitor.work import (
    Decide,
    Finding,
    Reading,
    Stale,
    Verdict,
    Visit,
)


def settle(
    conn: sqlite3.Connection,
    visit: Visit,
    reading: Reading | None,
    decide: Decide,
    now: datetime,
) -> Finding | Stale | None:
    """Recall, decide, write. `reading` None: the visit brought no page. None: lease lost."""
    if not _held(conn, visit):
        return None
    known = recall(conn, visit, reading, now)
    finding = decide(known)
    if isinstance(finding, Finding):
        article_id = _write(conn, visit, reading, finding, now)
        _release(conn, visit, finding, article_id, reading)
    return finding


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
    finding: Finding,
    now: datetime,
) -> ArticleId | None:
    article_id = finding.article_id
    if reading is not None:
        if article_id is None:
            article_id = _insert_article(conn, reading, finding, now)
        else:
            _refresh_article(conn, article_id, reading, finding, now)
        _add_addresses(conn, article_id, reading)
        if finding.revision is not None:
            _add_revision(conn, article_id, reading, finding)
            _add_sketch(conn, article_id, reading)
    if article_id is None:
        return None
    _schedule(conn, article_id, visit, finding, now)
    owe(conn, article_id, finding, now)
    return article_id


def _insert_article(
    conn: sqlite3.Connection, reading: Reading, finding: Finding, now: datetime
) -> ArticleId:
    article, seen = reading.article, utc_text(now)
    row_id = conn.execute(
        "INSERT INTO articles (source, url, guid, title, authors, tags, language, published_at,"
        " updated_at, dates, first_seen_at, last_seen_at, text, partial, etag, last_modified,"
        " matched, words, site) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            reading.source,
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
            reading.partial,
            reading.validators.etag,
            reading.validators.last_modified,
            bool(reading.hits),
            reading.fingerprint.words,
            reading.site,
        ],
    ).lastrowid
    assert row_id is not None
    conn.execute(
        "UPDATE articles SET story_id = ? WHERE id = ?", [finding.story_id or row_id, row_id]
    )
    return ArticleId(row_id)


def _refresh_article(
    conn: sqlite3.Connection,
    article_id: ArticleId,
    reading: Reading,
    finding: Finding,
    now: datetime,
) -> None:
    """The row says what the newest visit said; without a new revision only the stamps move."""
    if finding.keeps_row:
        conn.execute(
            "UPDATE articles SET last_seen_at = ? WHERE id = ?", [utc_text(now), article_id]
        )
        return
    article = reading.article
    conn.execute(
        "UPDATE articles SET last_seen_at = ?, published_at = coalesce(?, published_at),"
        " updated_at = coalesce(?, updated_at), etag = ?, last_modified = ?,"
        " dates = ?, partial = ?, retracted_at = NULL, url = coalesce(?, url), site = ?"
        " WHERE id = ?",
        [
            utc_text(now),
            day_or_instant(article.published),
            day_or_instant(article.updated),
            reading.validators.etag,
            reading.validators.last_modified,
            candidates_text(article.dates),
            reading.partial,
            article.url,
            reading.site,
            article_id,
        ],
    )
    if finding.revision is not None:
        conn.execute(
            "UPDATE articles SET title = ?, authors = ?, tags = ?, language = ?, text = ?,"
            " revision = ?, matched = matched OR ?, words = ? WHERE id = ?",
            [
                article.title,
                dumped(article.authors),
                dumped(article.tags),
                article.language,
                article.text,
                finding.revision.number,
                bool(reading.hits),
                reading.fingerprint.words,
                article_id,
            ],
        )


def _add_addresses(conn: sqlite3.Connection, article_id: ArticleId, reading: Reading) -> None:
    conn.executemany(
        "INSERT OR IGNORE INTO article_urls (url, key, article_id) VALUES (?, ?, ?)",
        [(address.url, address.key, article_id) for address in reading.addresses],
    )


def _add_revision(
    conn: sqlite3.Connection, article_id: ArticleId, reading: Reading, finding: Finding
) -> None:
    revision = finding.revision
    assert revision is not None
    conn.execute(
        "INSERT OR REPLACE INTO revisions (article_id, number, seen_at, published_at, updated_at,"
        " title, text, digest, change, stealth, score, detail, fetched_from, body_sha256, etag,"
        " last_modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            article_id,
            revision.number,
            utc_text(revision.seen_at),
            maybe_text(revision.published_at),
            maybe_text(revision.updated_at),
            revision.title,
            revision.text,
            revision.digest,
            revision.change.value,
            revision.stealth,
            revision.score,
            change_text(finding.change),
            reading.fetched_from,
            reading.body_sha256,
            reading.validators.etag,
            reading.validators.last_modified,
        ],
    )
    extend(conn, article_id, revision.number)
    if reading.raw is not None:
        conn.execute(
            "INSERT OR REPLACE INTO bodies (article_id, number, body) VALUES (?, ?, ?)",
            [article_id, revision.number, reading.raw],
        )
    conn.execute(
        "DELETE FROM matches WHERE article_id = ? AND revision = ?", [article_id, revision.number]
    )
    conn.executemany(
        "INSERT INTO matches (article_id, revision, topic, place, excerpt, start, end, excerpt_at,"
        " weight) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                article_id,
                revision.number,
                hit.topic,
                hit.place.value,
                hit.excerpt,
                hit.start,
                hit.end,
                hit.excerpt_at,
                hit.weight,
            )
            for hit in reading.hits
        ],
    )


def _add_sketch(conn: sqlite3.Connection, article_id: ArticleId, reading: Reading) -> None:
    sketch = reading.fingerprint.sketch
    conn.execute("UPDATE articles SET sketch = ? WHERE id = ?", [packed(sketch), article_id])
    conn.executemany(
        "INSERT OR IGNORE INTO sketches (hash, article_id) VALUES (?, ?)",
        [(each, article_id) for each in sketch],
    )


def _schedule(
    conn: sqlite3.Connection,
    article_id: ArticleId,
    visit: Visit,
    finding: Finding,
    now: datetime,
) -> None:
    retracted = utc_text(now) if finding.verdict is Verdict.RETRACTED else None
    conn.execute(
        "UPDATE articles SET due_at = ?, lease = NULL, gone = ?,"
        " gone_since = CASE WHEN ? = 0 THEN NULL ELSE coalesce(gone_since, ?) END,"
        " retracted_at = coalesce(?, retracted_at) WHERE id = ?",
        [
            due_text(finding.article_due_at),
            finding.gone,
            finding.gone,
            utc_text(now),
            retracted,
            article_id,
        ],
    )


def _release(
    conn: sqlite3.Connection,
    visit: Visit,
    finding: Finding,
    article_id: ArticleId | None,
    reading: Reading | None,
) -> None:
    """Ends the visit: the entry is done, or tried again at its `due_at`."""
    if visit.entry_id is None:
        return
    conn.execute(
        "UPDATE entries SET lease = NULL, due_at = ?, attempts = attempts + 1,"
        " article_id = coalesce(?, article_id), last_error = ?,"
        " said = CASE WHEN ? IS NULL THEN NULL ELSE said END WHERE id = ?",
        [
            due_text(finding.entry_due_at),
            article_id,
            reading.partial if reading else None,
            due_text(finding.entry_due_at),
            visit.entry_id,
        ],
    )


def forget_sketches(conn: sqlite3.Connection, now: datetime) -> int:
    """Drops the sketches that are too old to be looked back at; how many articles' it were."""
    old = utc_text(now - LOOK_BACK)
    return conn.execute(
        "DELETE FROM sketches WHERE article_id IN"
        " (SELECT id FROM articles WHERE first_seen_at < ?)",
        [old],
    ).rowcount
