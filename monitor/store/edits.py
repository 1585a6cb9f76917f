"""Which edits a list shows: the weightiest of a selection of articles."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from monitor.model import utc_text
from monitor.queries import ArticleFilter
from monitor.store.listing import FEW, article_ids, conditions

Key = tuple[int, int]  # article, revision

# Each walks an index of the edits alone, by when they were seen or by their weight.
_SEEN = "FROM revisions r INDEXED BY revisions_edited WHERE r.number > 1"
_WEIGHT = "FROM revisions r INDEXED BY revisions_weight WHERE r.number > 1 AND r.score >= 0"
_OF_FEW = "FROM json_each(?) k CROSS JOIN revisions r ON r.article_id = k.value WHERE r.number > 1"

_EDIT = (
    "SELECT a.id, r.number AS revision, r.seen_at, r.change, r.stealth, r.score, a.source, a.url,"
    " r.title FROM revisions r JOIN articles a ON a.id = r.article_id"
    " WHERE r.article_id = ? AND r.number = ?"
)


def edit_keys(conn: sqlite3.Connection, wanted: ArticleFilter, limit: int) -> list[Key]:
    """The weightiest first. Here `since` and `until` say when the edit was seen."""
    sql, values = _edits(conn, wanted)
    rows = conn.execute(
        f"SELECT r.article_id, r.number {sql} ORDER BY r.score DESC, r.seen_at DESC LIMIT ?",
        [*values, limit],
    )
    return [(row[0], row[1]) for row in rows]


def edit_rows(conn: sqlite3.Connection, keys: Sequence[Key]) -> list[dict[str, Any]]:
    """The edits of these keys, in this order, as lists show them."""
    return [dict(row) for key in keys for row in conn.execute(_EDIT, key)]


def count_edits(conn: sqlite3.Connection, wanted: ArticleFilter) -> int:
    """How many there are; of all of them at once, since few articles are edited."""
    sql, values = _edits(conn, wanted)
    return int(conn.execute(f"SELECT count(*) {sql}", values).fetchone()[0])


def _edits(conn: sqlite3.Connection, wanted: ArticleFilter) -> tuple[str, list[object]]:
    """FROM and WHERE of the edits in a selection, with their values."""
    articles = replace(wanted, since=None, until=None)
    rest = list(conditions(articles, "r.article_id"))
    ids = article_ids(conn, articles, FEW + 1) if rest else None
    times = [
        (f" AND r.seen_at {comparison} ?", utc_text(at))
        for comparison, at in ((">=", wanted.since), ("<", wanted.until))
        if at is not None
    ]
    when, values = "".join(sql for sql, _ in times), [value for _, value in times]
    if ids is not None and len(ids) <= FEW:
        return _OF_FEW + when, [json.dumps(ids), *values]
    where = "".join(f" AND {sql}" for sql, _ in rest)
    given = [value for _, each in rest for value in each]
    return (_SEEN if times else _WEIGHT) + when + where, [*values, *given]
