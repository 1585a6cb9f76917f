"""Which articles a list shows, newest first, by keyset: each list walks one index from its end.

Ids grow as articles are stored, so the newest are those of the highest ids.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from monitor.model import utc_text
from monitor.queries import MOST_ARTICLES_COUNTED, ArticleFilter

FEW = 2_000  # ids that are looked up one by one, rather than filtered from a longer list


_ARTICLE = (
    "SELECT a.id, a.source, a.url, a.title, a.published_at, a.updated_at, a.first_seen_at,"
    " a.revision, a.partial, a.retracted_at, a.story_id, a.language,"
    " (SELECT json_group_array(topic) FROM (SELECT DISTINCT topic FROM matches m"
    "  WHERE m.article_id = a.id AND m.revision = a.revision ORDER BY topic)) AS topics"
    " FROM articles a"
)


ANY = ArticleFilter()


def article_ids(conn: sqlite3.Connection, wanted: ArticleFilter, limit: int) -> list[int]:
    """The newest first."""
    bounds = id_bounds(conn, wanted)
    if bounds is None:
        return []
    sql, values = _ids(wanted, bounds)
    return [row[0] for row in conn.execute(f"{sql} DESC LIMIT ?", [*values, limit])]


def article_rows(conn: sqlite3.Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The articles of these ids, in this order, as lists show them."""
    sql = f"{_ARTICLE} WHERE a.id IN (SELECT value FROM json_each(?))"
    rows = {row["id"]: dict(row) for row in conn.execute(sql, [json.dumps(ids)])}
    return [rows[number] | {"topics": json.loads(rows[number]["topics"])} for number in ids]


def count_articles(conn: sqlite3.Connection, wanted: ArticleFilter) -> int:
    """How many there are; at most MOST_ARTICLES_COUNTED + 1, unless all are wanted."""
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


# By time alone the index of first sight counts without a look at any article.
_SEEN_BETWEEN = "SELECT 1 FROM articles WHERE first_seen_at >= ? AND first_seen_at < ?"


def _text(at: datetime | None, without: str) -> str:
    return without if at is None else utc_text(at)


def id_bounds(conn: sqlite3.Connection, wanted: ArticleFilter) -> tuple[int, int] | None:
    """The lowest and the highest id that may be wanted; None where none may."""
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
    """The query that gives ids, open for its direction and limit."""
    table, equals, values = _walked(wanted)
    column = f"{table}.{'id' if table == 'articles' else 'article_id'}"
    rest = list(conditions(wanted, column, but=table))
    where = "".join(f" AND {sql}" for sql, _ in rest)
    return (
        f"SELECT DISTINCT {column} FROM {table} WHERE {equals}{column} BETWEEN ? AND ?{where}"
        f" ORDER BY {column}",
        [*values, *bounds, *(value for _, given in rest for value in given)],
    )


def _walked(wanted: ArticleFilter) -> tuple[str, str, list[object]]:
    """The table whose index is walked, the condition which that begins with, and its values."""
    if wanted.source is not None:
        return "articles", "articles.source = ? AND ", [wanted.source]
    if wanted.silenced:
        return "alerts", "alerts.silence_id IS NOT NULL AND ", []
    if wanted.topic is not None:
        return "matches", "matches.topic = ? AND ", [wanted.topic]
    return "articles", "", []


def conditions(
    wanted: ArticleFilter, column: str, *, but: str = ""
) -> Iterator[tuple[str, list[object]]]:
    """What must hold of an article whose id is in `column`, beside the bounds of ids.

    `but`: the table that is walked, whose own condition holds already.
    """
    article = f"FROM articles x WHERE x.id = {column}"
    if wanted.topic is not None and but != "matches":
        yield (
            f"EXISTS (SELECT 1 FROM matches m WHERE m.article_id = {column} AND m.topic = ?)",
            [wanted.topic],
        )
    if wanted.source is not None and but != "articles":
        yield f"(SELECT x.source {article}) = ?", [wanted.source]
    if wanted.silenced and (but != "alerts" or wanted.topic is not None):
        topic = [] if wanted.topic is None else [wanted.topic]
        yield (
            f"EXISTS (SELECT 1 FROM alerts l WHERE l.article_id = {column}"
            f" AND l.silence_id IS NOT NULL{' AND l.topic = ?' if topic else ''})",
            [*topic],
        )
    for comparison, at in ((">=", wanted.since), ("<", wanted.until)):
        if at is not None:  # a clock that was set leaves stamps out of the order of ids
            yield f"(SELECT x.first_seen_at {article}) {comparison} ?", [utc_text(at)]
