"""Implements ports.Archive on SQLite: read-only queries beside a running daemon.

A query sees the last committed state and blocks no writer. Each list walks an index (see
`listing`).
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

from monitor.contracts import Backlog
from monitor.model import Silence
from monitor.queries import ArticleFilter, KnownNames, KnownTopic, Row, ViewDescription
from monitor.store import (
    article_detail,
    edits,
    hash_chain,
    known_names,
    listing,
    lock,
    silences,
    topics,
)
from monitor.store.backlog import backlog
from monitor.store.health import HEALTH
from monitor.store.search import Search
from monitor.store.sqlite import open_to_read, store_error
from monitor.store.views import VIEWS

_SOURCE = (
    "name, url, moved_to, title, last_polled_at, last_changed_at, failures, last_error, trouble,"
    f" {HEALTH} AS health, due_at"
)
_TEXT = (
    "SELECT id, source, url, title, text, language, first_seen_at, story_id FROM articles"
    " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)
SLICE = 500  # texts in memory at a time


class SqliteArchive:
    """Queries to one database over a connection of its own. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._conn = open_to_read(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._conn.close()

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        with self._translated_errors() as conn:
            return [dict(row) for row in conn.execute(sql, values)]

    def _number(self, sql: str, values: Sequence[object] = ()) -> int:
        with self._translated_errors() as conn:
            return int(conn.execute(sql, values).fetchone()[0])

    @contextmanager
    def _translated_errors(self) -> Iterator[sqlite3.Connection]:
        """The connection, whose errors become StoreErrors that name the file."""
        try:
            yield self._conn
        except sqlite3.Error as error:
            raise store_error(self._path, error) from error

    # lists of articles

    def articles(self, wanted: ArticleFilter, limit: int) -> list[Row]:
        """List articles, the newest first; with `wanted.silenced`, their silenced alerts too."""
        with self._translated_errors() as conn:
            rows = listing.article_rows(conn, listing.article_ids(conn, wanted, limit))
        if wanted.silenced:
            rows = [row | {"silenced": self._silenced_alerts(row["id"])} for row in rows]
        return rows

    def _silenced_alerts(self, article_id: int) -> list[Row]:
        return [row for row in self.alerts(article_id) if row["silence_id"] is not None]

    def count_articles(self, wanted: ArticleFilter) -> int:
        """Count articles; at most MOST_ARTICLES_COUNTED + 1, unless there is no condition."""
        with self._translated_errors() as conn:
            return listing.count_articles(conn, wanted)

    def search(
        self, query: str, wanted: ArticleFilter, limit: int, *, by_relevance: bool = False
    ) -> list[Row]:
        """Search the full text, newest first, or best first among the newest. Words are quoted."""
        with self._translated_errors() as conn:
            search = Search(conn, query, wanted)
            ids = search.best(limit) if by_relevance else search.newest(limit)
            excerpts, rows = search.excerpts(ids), listing.article_rows(conn, ids)
        return [row | {"excerpt": excerpts.get(row["id"])} for row in rows]

    def count_hits(self, query: str, wanted: ArticleFilter) -> int:
        """Count the matches of a search; at most MOST_HITS_COUNTED + 1."""
        with self._translated_errors() as conn:
            return Search(conn, query, wanted).count()

    def edits(self, wanted: ArticleFilter, limit: int) -> list[Row]:
        """List revisions after the first, the highest score first."""
        with self._translated_errors() as conn:
            return edits.edit_rows(conn, edits.edit_keys(conn, wanted, limit))

    def count_edits(self, wanted: ArticleFilter) -> int:
        """Count edits, without a limit, since few articles are edited."""
        with self._translated_errors() as conn:
            return edits.count_edits(conn, wanted)

    def texts(self, since: datetime | None) -> Iterator[Row]:
        """Yield the newest text of every article first seen since then, loaded in slices."""
        wanted = ArticleFilter(since=since)
        with self._translated_errors() as conn:
            while ids := listing.article_ids(conn, wanted, SLICE):
                rows = conn.execute(_TEXT, [json.dumps(ids)]).fetchall()
                yield from map(dict, reversed(rows))
                wanted = replace(wanted, before=ids[-1])

    # one article

    def article(self, article_id: int) -> Row | None:
        """The article with its `urls`. None: there is none of that number."""
        with self._translated_errors() as conn:
            return article_detail.article(conn, article_id)

    def revisions(self, article_id: int) -> list[Row]:
        """All revisions of an article, the first one first."""
        with self._translated_errors() as conn:
            return article_detail.revisions(conn, article_id)

    def matches(self, article_id: int, revision: int) -> list[Row]:
        """Places in a revision where a topic's rule matched."""
        with self._translated_errors() as conn:
            return article_detail.matches(conn, article_id, revision)

    def alerts(self, article_id: int) -> list[Row]:
        """Alerts of an article, the oldest first."""
        with self._translated_errors() as conn:
            return article_detail.alerts(conn, article_id)

    def raw_page(self, article_id: int, revision: int) -> bytes | None:
        """The fetched body of a revision's page. None: it was not kept."""
        with self._translated_errors() as conn:
            return article_detail.raw_page(conn, article_id, revision)

    def broken_links(self) -> Iterator[tuple[int, int]]:
        """(article, revision) wherever the hash chain does not verify."""
        with self._translated_errors() as conn:
            yield from hash_chain.find_broken(conn)

    # the state of the daemon, of sources, the outbox and silences

    def is_locked(self) -> bool:
        """Whether a daemon or a pass works on this database now."""
        return lock.is_held(self._path)

    def notes(self) -> dict[str, str]:
        """Values that the daemon recorded under their keys."""
        return {row["key"]: row["value"] for row in self._rows("SELECT key, value FROM meta")}

    def counts(self) -> Row:
        """Numbers of articles, revisions and alerts, and of deliveries by state.

        Revisions are the sum of articles (their first revisions) and edits, which are counted by an
        index.
        """
        articles, edited, alerts = (
            self._number(f"SELECT count(*) FROM {rows}")
            for rows in ("articles", "revisions WHERE number > 1", "alerts")
        )
        counted = {"articles": articles, "revisions": articles + edited, "alerts": alerts}
        return counted | {
            state: self.count_deliveries(state) for state in ("pending", "sent", "dead")
        }

    def backlog(self, now: datetime) -> Backlog:
        """Count the work that is due for each worker."""
        with self._translated_errors() as conn:
            return backlog(conn, now)

    def sources(self, limit: int | None = None) -> list[Row]:
        """List configured sources by name, with their health and number of articles."""
        return self._rows(
            f"SELECT {_SOURCE}, (SELECT count(*) FROM articles WHERE source = sources.name)"
            " AS articles FROM sources WHERE configured = 1 ORDER BY name LIMIT ?",
            [-1 if limit is None else limit],
        )

    def source_counts(self) -> Row:
        """Number of configured sources, and when the last of them was polled."""
        [row] = self._rows(
            "SELECT count(*) AS sources, max(last_polled_at) AS last_polled_at FROM sources"
            " WHERE configured = 1"
        )
        return row

    def troubled_sources(self) -> list[Row]:
        """Configured sources whose last poll failed, or that are quiet."""
        return self._rows(
            f"SELECT {_SOURCE} FROM sources WHERE configured = 1"
            " AND (last_error IS NOT NULL OR trouble IS NOT NULL) ORDER BY name"
        )

    def disabled_channels(self) -> list[Row]:
        """Channels that are disabled, with the error that disabled them."""
        return self._rows(
            "SELECT name, disabled_at, last_error FROM channels WHERE disabled_at IS NOT NULL"
        )

    def deliveries(self, state: str | None, limit: int) -> list[Row]:
        """List deliveries, the newest first; of one state, or (None) of all."""
        where = "d.state = ?" if state else "d.id > ?"
        return self._rows(
            "SELECT d.id, d.channel, d.state, d.attempts, d.due_at, d.sent_at, d.created_at,"
            " d.last_error, d.alert_id, d.article_id, d.message_id, a.title FROM deliveries d"
            f" LEFT JOIN articles a ON a.id = d.article_id WHERE {where}"
            " ORDER BY d.id DESC LIMIT ?",
            [state or 0, limit],
        )

    def count_deliveries(self, state: str | None) -> int:
        """Count deliveries of one state, or (None) of all."""
        if state:
            return self._number("SELECT count(*) FROM deliveries WHERE state = ?", [state])
        return self._number("SELECT count(*) FROM deliveries")

    def silences(self, now: datetime) -> tuple[Silence, ...]:
        """Silences in force."""
        with self._translated_errors() as conn:
            return silences.in_force(conn, now)

    def silenced_counts(self) -> dict[int, int]:
        """Number of a silence → how many alerts it silenced; expired silences too."""
        rows = self._rows(
            "SELECT silence_id, count(*) AS n FROM alerts WHERE silence_id IS NOT NULL"
            " GROUP BY silence_id"
        )
        return {row["silence_id"]: row["n"] for row in rows}

    # names and tables

    def known_names(self) -> KnownNames:
        """Names of topics, sources and channels, also of removed ones."""
        with self._translated_errors() as conn:
            return known_names.known_names(conn)

    def known_topics(self) -> list[KnownTopic]:
        """Every topic that was ever configured."""
        with self._translated_errors() as conn:
            return topics.known_topics(conn)

    def tables(self) -> list[str]:
        """Names of all tables, internal ones of SQLite and of the full-text index included."""
        rows = self._rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [row["name"] for row in rows]

    def views(self) -> list[ViewDescription]:
        """The documented views with the meaning of their columns."""
        return [ViewDescription(view.name, view.about, view.columns) for view in VIEWS]
