"""Full-text search over stored articles (FTS5), newest first or best first."""

import json
import sqlite3
from collections.abc import Sequence

from sqlite_utils import Database

from monitor.queries import MOST_HITS_COUNTED, ArticleFilter
from monitor.store.listing import MAX_ID_LIST, article_ids, conditions, id_bounds

RANKED = 5_000  # newest hits that are ranked by relevance

_HITS = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? AND rowid BETWEEN ? AND ?"


class Search:
    """One search within a selection of articles.

    The words of the query are quoted: FTS5's query syntax has no effect.
    """

    def __init__(self, conn: sqlite3.Connection, query: str, wanted: ArticleFilter) -> None:
        self._conn = conn
        self._words = Database(conn).quote_fts(query)
        self._bounds = id_bounds(conn, wanted)
        self._where, self._values = _restriction(conn, wanted)

    def newest(self, limit: int) -> list[int]:
        """Ids of matching articles, the newest first."""
        sql = f"{_HITS}{self._where} ORDER BY rowid DESC LIMIT ?"
        return self._ids(sql, limit)

    def best(self, limit: int) -> list[int]:
        """Ids of the best of the newest RANKED matches, ranked by BM25."""
        newest = self.newest(RANKED)
        if not newest or self._bounds is None:
            return []
        # Not `ORDER BY rank`: FTS5 would rank every hit before it applies the bounds.
        sql = f"{_HITS}{self._where} ORDER BY +bm25(articles_fts), rowid DESC LIMIT ?"
        self._bounds = newest[-1], self._bounds[1]
        return self._ids(sql, limit)

    def count(self) -> int:
        """Number of matches; at most MOST_HITS_COUNTED + 1."""
        sql = f"SELECT count(*) FROM ({_HITS}{self._where} LIMIT ?)"
        return (self._ids(sql, MOST_HITS_COUNTED + 1) or [0])[0]

    def excerpts(self, ids: Sequence[int]) -> dict[int, str]:
        """Article id → words around a match, with the match in brackets."""
        rows = self._conn.execute(
            "SELECT rowid, snippet(articles_fts, -1, '[', ']', ' … ', 16) FROM articles_fts"
            " WHERE articles_fts MATCH ? AND rowid IN (SELECT value FROM json_each(?))",
            [self._words, json.dumps(ids)],
        )
        return {row[0]: row[1] for row in rows}

    def _ids(self, sql: str, limit: int) -> list[int]:
        if self._bounds is None:
            return []
        values = [self._words, *self._bounds, *self._values, limit]
        return [row[0] for row in self._conn.execute(sql, values)]


def _restriction(conn: sqlite3.Connection, wanted: ArticleFilter) -> tuple[str, list[object]]:
    """Build the condition on a match, with its values: a list of ids, or the conditions."""
    further = list(conditions(wanted, "articles_fts.rowid"))
    if not further:
        return "", []
    ids = article_ids(conn, wanted, MAX_ID_LIST + 1)
    if len(ids) <= MAX_ID_LIST:
        return " AND rowid IN (SELECT value FROM json_each(?))", [json.dumps(ids)]
    where = "".join(f" AND {sql}" for sql, _ in further)
    return where, [value for _, given in further for value in given]
