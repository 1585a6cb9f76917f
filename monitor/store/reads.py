"""Articles to be read: take the visits that are due."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from monitor.model import ArticleId, EntryId, Validators
from monitor.store.rows import LEASE, due_text, entry_of, maybe_instant, validators_of
from monitor.store.silences import in_force
from monitor.work import KnownRevision, Visit

_NEAR, _WINDOW = 4, 2_000  # rows looked at to spread one take over many sites: a few times as
# many as are wanted, or up to so many where a few sites fill those

_NEWEST = (
    "SELECT a.id AS article_id, r.number, r.title, r.text, r.digest, r.published_at, r.updated_at,"
    " a.language FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision"
)


def take(
    conn: sqlite3.Connection,
    lease: str,
    now: datetime,
    limit: int,
    busy: Iterable[str],
    per_site: int,
) -> list[Visit]:
    """Fresh entries first, then what is due to be read again; a busy site's wait."""
    ids = _due(conn, "entries", "announced_at DESC", now, limit, busy, per_site)
    visits = [_first_visit(conn, row) for row in _lease(conn, "entries", ids, lease, now)]
    visits.sort(key=lambda visit: ids.index(int(visit.entry_id or 0)))
    if len(visits) < limit:
        taken = {visit.site for visit in visits if visit.site}
        ids = _due(conn, "articles", "due_at", now, limit - len(visits), {*busy, *taken}, per_site)
        visits += [_next_visit(conn, row) for row in _lease(conn, "articles", ids, lease, now)]
    silences = in_force(conn, now) if visits else ()
    return [replace(visit, silences=silences) for visit in visits] if silences else visits


def _due(
    conn: sqlite3.Connection,
    table: str,
    order: str,
    now: datetime,
    limit: int,
    busy: Iterable[str],
    per_site: int,
) -> list[int]:
    """At most `per_site` rows of one site, by the one column that `order` names."""
    column, sites = order.partition(" ")[0], json.dumps(sorted(busy))
    ids: list[int] = []
    for window in (min(_NEAR * limit, _WINDOW), _WINDOW):
        rows = conn.execute(
            f"SELECT id FROM (SELECT *, row_number() OVER"
            f"  (PARTITION BY coalesce(site, 'entry ' || id) ORDER BY {order}, id) AS turn"
            f" FROM (SELECT id, site, {column} FROM {table} WHERE due_at <= ?"
            f"  AND (site IS NULL OR site NOT IN (SELECT value FROM json_each(?)))"
            f"  ORDER BY {order}, id LIMIT {window}))"
            f" WHERE turn <= ? ORDER BY {order}, id LIMIT ?",
            [due_text(now), sites, per_site, limit],
        )
        ids = [row["id"] for row in rows]
        if len(ids) >= limit:
            break
    return ids


def _lease(
    conn: sqlite3.Connection, table: str, ids: list[int], lease: str, now: datetime
) -> list[sqlite3.Row]:
    return conn.execute(
        f"UPDATE {table} SET lease = ? || ':' || id, due_at = ? WHERE id IN"
        " (SELECT value FROM json_each(?)) RETURNING *",
        [lease, due_text(now + LEASE), json.dumps(ids)],
    ).fetchall()


def _first_visit(conn: sqlite3.Connection, row: sqlite3.Row) -> Visit:
    visit = Visit(
        lease=row["lease"],
        source=row["source"],
        entry_id=EntryId(row["id"]),
        entry=entry_of(row["said"]) if row["said"] else None,
        first_sight=bool(row["first_sight"]),
        url=row["link"],
        site=row["site"],
        attempts=row["attempts"],
    )
    article = _article(conn, row["article_id"])
    return _knowing(conn, visit, article) if article else visit


def _next_visit(conn: sqlite3.Connection, row: sqlite3.Row) -> Visit:
    visit = Visit(lease=row["lease"], source=row["source"], url=row["url"], site=row["site"])
    return _knowing(conn, visit, row)


def _knowing(conn: sqlite3.Connection, visit: Visit, article: sqlite3.Row) -> Visit:
    """With what is known of its article. A page that was retracted is asked for whole."""
    retracted = article["retracted_at"] is not None
    return replace(
        visit,
        article_id=ArticleId(article["id"]),
        first_seen_at=maybe_instant(article["first_seen_at"]),
        matched=bool(article["matched"]),
        partial=article["partial"] is not None,
        gone=article["gone"],
        gone_since=maybe_instant(article["gone_since"]),
        retracted=retracted,
        validators=Validators() if retracted else validators_of(article),
        newest=newest_revision(conn, article["id"]),
    )


def _article(conn: sqlite3.Connection, article_id: int | None) -> sqlite3.Row | None:
    if article_id is None:
        return None
    row: sqlite3.Row | None = conn.execute(
        "SELECT * FROM articles WHERE id = ?", [article_id]
    ).fetchone()
    return row


def newest_revision(conn: sqlite3.Connection, article_id: int | None) -> KnownRevision | None:
    if article_id is None:
        return None
    row = conn.execute(f"{_NEWEST} WHERE a.id = ?", [article_id]).fetchone()
    return revision_of(row) if row else None


def revision_of(row: sqlite3.Row) -> KnownRevision:
    return KnownRevision(
        article_id=ArticleId(row["article_id"]),
        number=row["number"],
        title=row["title"],
        text=row["text"],
        digest=row["digest"],
        published_at=maybe_instant(row["published_at"]),
        updated_at=maybe_instant(row["updated_at"]),
        language=row["language"],
    )
