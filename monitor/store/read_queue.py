"""Claims articles that are due to be read, spread over the sites."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from monitor.contracts import KnownRevision, Visit
from monitor.model import ArticleId, EntryId, Validators, utc_instant, utc_text
from monitor.store.rows import LEASE, due_text, entry_from_json, validators_from_row
from monitor.store.silences import in_force
from monitor.store.source_tasks import SLICE_S, reassign_orphans, source_of_entry

# A take considers _FACTOR times as many rows as it may claim, to spread them over many sites; up
# to _MAX_WINDOW rows are considered if a few sites fill these.
_FACTOR, _MAX_WINDOW = 4, 2_000

_NEWEST = (
    "SELECT a.id AS article_id, r.number, r.title, r.text, r.digest, r.published_at, r.updated_at,"
    " a.language FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Queue:
    """Due rows of one kind, in the order in which they are claimed."""

    table: str
    index: str  # read in this order: sorting all due rows would take too long
    order: str
    where: str = "TRUE"


_UNREAD = _Queue(
    table="entries",
    index="entries_unread",
    order="announced_at DESC",
    where="changed_at IS NULL",
)
_CHANGED = _Queue(
    table="entries", index="entries_changed", order="changed_at", where="changed_at IS NOT NULL"
)
_REREADS = _Queue(table="articles", index="articles_due", order="due_at")


def take(
    conn: sqlite3.Connection,
    lease: str,
    now: datetime,
    limit: int,
    busy: Iterable[str],
    per_site: int,
) -> list[Visit]:
    """Claim unread entries, the newest first, then changed entries, then articles to be read again.

    Busy sites are left out, and a site with claimed work of one kind gets none of the next.
    """
    visits: list[Visit] = []
    waiting = set(busy)
    for queue in (_UNREAD, _CHANGED, _REREADS):
        selection = (now, limit - len(visits), waiting, per_site)
        ids, considered_all = _select_due(conn, queue, *selection)
        if queue is _REREADS:
            ids = _without_orphans(conn, ids, *selection)
        rows = {row["id"]: row for row in _lease(conn, queue.table, ids, lease, now)}
        visits += [_visit(conn, queue, rows[row_id]) for row_id in ids]
        waiting |= {visit.site for visit in visits if visit.site}
        if len(visits) >= limit or not considered_all:
            break
    silences = in_force(conn, now) if visits else ()
    return [replace(visit, silences=silences) for visit in visits] if silences else visits


def _select_due(
    conn: sqlite3.Connection,
    queue: _Queue,
    now: datetime,
    limit: int,
    busy: Iterable[str],
    per_site: int,
) -> tuple[list[int], bool]:
    """Select due rows, at most `per_site` of one site, none of busy sites.

    Also returns whether all due rows were considered.
    """
    sites, rows = json.dumps(sorted(busy)), []
    column = queue.order.partition(" ")[0]
    for window in (
        min(_FACTOR * limit, _MAX_WINDOW),
        min(8 * _FACTOR * limit, _MAX_WINDOW),
        _MAX_WINDOW,
    ):
        rows = conn.execute(
            f"SELECT id, looked_at FROM (SELECT *, count(*) OVER () AS looked_at,"
            f"  row_number() OVER (PARTITION BY coalesce(site, 'entry ' || id)"
            f"   ORDER BY {queue.order}, id) AS turn"
            f" FROM (SELECT id, site, {column} FROM {queue.table} INDEXED BY {queue.index}"
            f"  WHERE due_at <= ? AND {queue.where}"
            f"  AND (site IS NULL OR site NOT IN (SELECT value FROM json_each(?)))"
            f"  ORDER BY {queue.order}, id LIMIT {window}))"
            f" WHERE turn <= ? ORDER BY {queue.order}, id LIMIT ?",
            [due_text(now), sites, per_site, limit],
        ).fetchall()
        if len(rows) >= limit:
            break
    return [row["id"] for row in rows], not rows or rows[0]["looked_at"] < window


def _without_orphans(
    conn: sqlite3.Connection,
    ids: list[int],
    now: datetime,
    limit: int,
    busy: Iterable[str],
    per_site: int,
) -> list[int]:
    """Replace due articles that no configured source lists any more by others that are due."""
    end = monotonic() + SLICE_S
    while len(kept := reassign_orphans(conn, ids)) < len(ids) and monotonic() < end:
        ids, _ = _select_due(conn, _REREADS, now, limit, busy, per_site)
    return kept


def _lease(
    conn: sqlite3.Connection, table: str, ids: list[int], lease: str, now: datetime
) -> list[sqlite3.Row]:
    return conn.execute(
        f"UPDATE {table} SET lease = ? || ':{table}:' || id, due_at = ? WHERE id IN"
        " (SELECT value FROM json_each(?)) RETURNING *",
        [lease, due_text(now + LEASE), json.dumps(ids)],
    ).fetchall()


def _visit(conn: sqlite3.Connection, queue: _Queue, row: sqlite3.Row) -> Visit:
    return _visit_of_article(conn, row) if queue is _REREADS else _visit_of_entry(conn, row)


def _visit_of_entry(conn: sqlite3.Connection, row: sqlite3.Row) -> Visit:
    visit = Visit(
        lease=row["lease"],
        source=source_of_entry(conn, row["id"]) or row["source"],
        entry_id=EntryId(row["id"]),
        entry=entry_from_json(row["said"]) if row["said"] else None,
        first_sight=bool(row["first_sight"]),
        url=row["link"],
        site=row["site"],
        attempts=row["attempts"],
    )
    article = _article(conn, row["article_id"])
    return _with_known_article(conn, visit, article) if article else visit


def _visit_of_article(conn: sqlite3.Connection, row: sqlite3.Row) -> Visit:
    visit = Visit(lease=row["lease"], source=row["source"], url=row["url"], site=row["site"])
    return _with_known_article(conn, visit, row)


def _with_known_article(conn: sqlite3.Connection, visit: Visit, article: sqlite3.Row) -> Visit:
    """Add the state of the known article. A retracted page is fetched unconditionally."""
    retracted = article["retracted_at"] is not None
    return replace(
        visit,
        article_id=ArticleId(article["id"]),
        first_seen_at=utc_instant(article["first_seen_at"]),
        matched=bool(article["matched"]),
        partial=article["partial"] is not None,
        gone=article["gone"],
        gone_since=utc_instant(article["gone_since"]),
        retracted=retracted,
        validators=Validators() if retracted else validators_from_row(article),
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
    """Load the newest revision of an article; None: there is no such article."""
    if article_id is None:
        return None
    row = conn.execute(f"{_NEWEST} WHERE a.id = ?", [article_id]).fetchone()
    return _revision_from_row(row) if row else None


def _revision_from_row(row: sqlite3.Row) -> KnownRevision:
    return KnownRevision(
        article_id=ArticleId(row["article_id"]),
        number=row["number"],
        title=row["title"],
        text=row["text"],
        digest=row["digest"],
        published_at=utc_instant(row["published_at"]),
        updated_at=utc_instant(row["updated_at"]),
        language=row["language"],
    )


def make_matched_due(conn: sqlite3.Connection, since: datetime, now: datetime) -> None:
    """Make matched articles first seen since then due now, if they are to be read again at all."""
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE due_at IS NOT NULL AND matched"
        " AND lease IS NULL AND first_seen_at >= ?",
        [due_text(now), utc_text(since)],
    )
