"""Selects the edits of a list: those with the highest score of a selection of articles."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from monitor.model import utc_text
from monitor.queries import ArticleFilter
from monitor.store.listing import MAX_ID_LIST, article_ids, conditions

Key = tuple[int, int]  # article, revision

# The first two walk a partial index over edits, by time or by score.
_BY_TIME = "FROM revisions r INDEXED BY revisions_edited WHERE r.number > 1"
_BY_SCORE = "FROM revisions r INDEXED BY revisions_weight WHERE r.number > 1 AND r.score >= 0"
_OF_ARTICLES = (
    "FROM json_each(?) k CROSS JOIN revisions r ON r.article_id = k.value WHERE r.number > 1"
)

_EDIT = (
    "SELECT a.id, r.number AS revision, r.seen_at, r.change, r.stealth, r.score, a.source, a.url,"
    " r.title FROM revisions r JOIN articles a ON a.id = r.article_id"
    " WHERE r.article_id = ? AND r.number = ?"
)


def edit_keys(conn: sqlite3.Connection, wanted: ArticleFilter, limit: int) -> list[Key]:
    """Select edits, the highest score first; `since` and `until` refer to the time of the edit."""
    sql, values = _edits(conn, wanted)
    rows = conn.execute(
        f"SELECT r.article_id, r.number {sql} ORDER BY r.score DESC, r.seen_at DESC LIMIT ?",
        [*values, limit],
    )
    return [(row[0], row[1]) for row in rows]


def edit_rows(conn: sqlite3.Connection, keys: Sequence[Key]) -> list[dict[str, Any]]:
    """Load the rows of a list for these edits, in this order."""
    return [dict(row) for key in keys for row in conn.execute(_EDIT, key)]


def count_edits(conn: sqlite3.Connection, wanted: ArticleFilter) -> int:
    """Count edits, without a limit, since few articles are edited."""
    sql, values = _edits(conn, wanted)
    return int(conn.execute(f"SELECT count(*) {sql}", values).fetchone()[0])


def _edits(conn: sqlite3.Connection, wanted: ArticleFilter) -> tuple[str, list[object]]:
    """Build FROM and WHERE for the edits of a selection, with their values."""
    articles = replace(wanted, since=None, until=None)
    further = list(conditions(articles, "r.article_id"))
    ids = article_ids(conn, articles, MAX_ID_LIST + 1) if further else None
    times = [
        (f" AND r.seen_at {comparison} ?", utc_text(at))
        for comparison, at in ((">=", wanted.since), ("<", wanted.until))
        if at is not None
    ]
    when, values = "".join(sql for sql, _ in times), [value for _, value in times]
    if ids is not None and len(ids) <= MAX_ID_LIST:
        return _OF_ARTICLES + when, [json.dumps(ids), *values]
    where = "".join(f" AND {sql}" for sql, _ in further)
    further_values = [value for _, each in further for value in each]
    return (_BY_TIME if times else _BY_SCORE) + when + where, [*values, *further_values]
