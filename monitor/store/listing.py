"""Selects the articles of a list, newest first, by keyset: each query walks one index from its end.

Ids grow as articles are stored, so the highest ids are the newest articles.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from monitor.model import utc_text
from monitor.queries import MOST_ARTICLES_COUNTED, ArticleFilter

MAX_ID_LIST = 2_000  # up to so many ids are passed as a list, else the conditions themselves


_ARTICLE = (
    "SELECT a.id, a.source, a.url, a.title, a.published_at, a.updated_at, a.first_seen_at,"
    " a.revision, a.partial, a.retracted_at, a.story_id, a.language,"
    " (SELECT json_group_array(topic) FROM (SELECT DISTINCT topic FROM matches m"
    "  WHERE m.article_id = a.id AND m.revision = a.revision ORDER BY topic)) AS topics"
    " FROM articles a"
)


ANY = ArticleFilter()


def article_ids(conn: sqlite3.Connection, wanted: ArticleFilter, limit: int) -> list[int]:
    """Select article ids, the newest first."""
    bounds = id_bounds(conn, wanted)
    if bounds is None:
        return []
    sql, values = _ids(wanted, bounds)
    return [row[0] for row in conn.execute(f"{sql} DESC LIMIT ?", [*values, limit])]


def article_rows(conn: sqlite3.Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Load the rows of a list for these ids, in this order."""
    sql = f"{_ARTICLE} WHERE a.id IN (SELECT value FROM json_each(?))"
    rows = {row["id"]: dict(row) for row in conn.execute(sql, [json.dumps(ids)])}
    return [rows[number] | {"topics": json.loads(rows[number]["topics"])} for number in ids]


def count_articles(conn: sqlite3.Connection, wanted: ArticleFilter) -> int:
    """Count articles; at most MOST_ARTICLES_COUNTED + 1, unless there is no condition."""
    if wanted == ANY:
        return int(conn.execute("SELECT count(*) FROM articles").fetchone()[0])
    bounds = id_bounds(conn, wanted)
    if bounds is None:
        return 0
    if wanted == ArticleFilter(since=wanted.since, until=wanted.until):
        sql = _SEEN_BETWEEN
        values: list[object] = [_text(wanted.since, ""), _text(wanted.until, "~")]
    else:
        sql, values = _ids(wanted, bounds)
        sql += " DESC"
    counted = conn.execute(
        f"SELECT count(*) FROM ({sql} LIMIT ?)", [*values, MOST_ARTICLES_COUNTED + 1]
    )
    return int(counted.fetchone()[0])


# With conditions on time only, this counts in the index on `first_seen_at`.
_SEEN_BETWEEN = "SELECT 1 FROM articles WHERE first_seen_at >= ? AND first_seen_at < ?"


def _text(at: datetime | None, without: str) -> str:
    return without if at is None else utc_text(at)


def id_bounds(conn: sqlite3.Connection, wanted: ArticleFilter) -> tuple[int, int] | None:
    """Return the lowest and the highest id that can match; None: none can."""
    lowest: int | None = 1
    highest = conn.execute("SELECT max(id) FROM articles").fetchone()[0]
    if wanted.since is not None:
        lowest = conn.execute(
            "SELECT min(id) FROM articles WHERE first_seen_at ="
            " (SELECT min(first_seen_at) FROM articles WHERE first_seen_at >= ?)",
            [utc_text(wanted.since)],
        ).fetchone()[0]
    if wanted.until is not None:
        highest = conn.execute(
            "SELECT max(id) FROM articles WHERE first_seen_at ="
            " (SELECT max(first_seen_at) FROM articles WHERE first_seen_at < ?)",
            [utc_text(wanted.until)],
        ).fetchone()[0]
    if lowest is None or highest is None:
        return None
    return lowest, min(highest, wanted.before - 1) if wanted.before else highest


def _ids(wanted: ArticleFilter, bounds: tuple[int, int]) -> tuple[str, list[object]]:
    """Build the query for ids, to which the caller adds direction and limit."""
    table, equals, values = _choose_index(wanted)
    column = f"{table}.{'id' if table == 'articles' else 'article_id'}"
    further = list(conditions(wanted, column, except_table=table))
    where = "".join(f" AND {sql}" for sql, _ in further)
    return (
        f"SELECT DISTINCT {column} FROM {table} WHERE {equals}{column} BETWEEN ? AND ?{where}"
        f" ORDER BY {column}",
        [*values, *bounds, *(value for _, given in further for value in given)],
    )


def _choose_index(wanted: ArticleFilter) -> tuple[str, str, list[object]]:
    """Return the table whose index is walked, the condition on the index, and its values."""
    if wanted.source is not None:
        return "articles", "articles.source = ? AND ", [wanted.source]
    if wanted.silenced:
        return "alerts", "alerts.silence_id IS NOT NULL AND ", []
    if wanted.topic is not None:
        return "matches", "matches.topic = ? AND ", [wanted.topic]
    return "articles", "", []


def conditions(
    wanted: ArticleFilter, column: str, *, except_table: str = ""
) -> Iterator[tuple[str, list[object]]]:
    """Yield the conditions on an article whose id is in `column`, apart from the bounds of ids.

    `except_table`: the table whose index is walked, for which its own condition holds already.
    """
    article = f"FROM articles x WHERE x.id = {column}"
    if wanted.topic is not None and except_table != "matches":
        yield (
            f"EXISTS (SELECT 1 FROM matches m WHERE m.article_id = {column} AND m.topic = ?)",
            [wanted.topic],
        )
    if wanted.source is not None and except_table != "articles":
        yield f"(SELECT x.source {article}) = ?", [wanted.source]
    if wanted.silenced and (except_table != "alerts" or wanted.topic is not None):
        topic = [] if wanted.topic is None else [wanted.topic]
        yield (
            f"EXISTS (SELECT 1 FROM alerts l WHERE l.article_id = {column}"
            f" AND l.silence_id IS NOT NULL{' AND l.topic = ?' if topic else ''})",
            [*topic],
        )
    for comparison, at in ((">=", wanted.since), ("<", wanted.until)):
        if at is not None:  # after a step of the clock, times are not in the order of ids
            yield f"(SELECT x.first_seen_at {article}) {comparison} ?", [utc_text(at)]
