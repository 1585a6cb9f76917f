"""The Archive: what people ask. Read-only connections, rows as plain dictionaries.

Works beside a running daemon: a question sees the last committed state and holds nobody up.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from monitor.contracts import Backlog
from monitor.model import Silence, SilenceKind
from monitor.store import listing, silences
from monitor.store.backlog import backlog
from monitor.store.deliveries import send_again
from monitor.store.edits import count_edits, edit_keys, edit_rows
from monitor.store.hash_chain import broken
from monitor.store.health import HEALTH
from monitor.store.listing import Filter
from monitor.store.search import Search
from monitor.store.sqlite import open_beside, open_to_read, store_error

Row = dict[str, Any]
T = TypeVar("T")

_SOURCE = (
    "name, url, moved_to, title, last_polled_at, last_changed_at, failures, last_error, trouble,"
    f" {HEALTH} AS health, due_at"
)
_TEXT = (
    "SELECT id, source, url, title, text, language, first_seen_at, story_id FROM articles"
    " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)
SLICE = 500  # texts in memory at a time


class Archive:
    """Questions to one database. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._conn = open_to_read(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._conn.close()

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        with self._named():
            return [dict(row) for row in self._conn.execute(sql, values)]

    def _number(self, sql: str, values: Sequence[object] = ()) -> int:
        with self._named():
            return int(self._conn.execute(sql, values).fetchone()[0])

    @contextmanager
    def _named(self) -> Iterator[None]:
        """A driver's error, in words that name the file."""
        try:
            yield
        except sqlite3.Error as error:
            raise store_error(self._path, error) from error

    # the state of things

    def backlog(self, now: datetime) -> Backlog:
        with self._named():
            return backlog(self._conn, now)

    def notes(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self._rows("SELECT key, value FROM meta")}

    def tables(self) -> list[str]:
        """Names, also of those that SQLite and the index of words keep for themselves."""
        rows = self._rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [row["name"] for row in rows]

    def counts(self) -> Row:
        """Every article has its revisions from 1 on: those are its first and its edits."""
        articles, edits, alerts = (
            self._number(f"SELECT count(*) FROM {rows}")
            for rows in ("articles", "revisions WHERE number > 1", "alerts")
        )
        counted = {"articles": articles, "revisions": articles + edits, "alerts": alerts}
        by_state = "SELECT count(*) FROM deliveries WHERE state = ?"
        return counted | {
            state: self._number(by_state, [state]) for state in ("pending", "sent", "dead")
        }

    def sources(self, limit: int | None = None) -> list[Row]:
        """Of the configuration, by name, with how many articles are stored of each."""
        return self._rows(
            f"SELECT {_SOURCE}, (SELECT count(*) FROM articles WHERE source = sources.name)"
            " AS articles FROM sources WHERE configured = 1 ORDER BY name LIMIT ?",
            [-1 if limit is None else limit],
        )

    def source_counts(self) -> Row:
        """How many sources are watched, and when the last of them was polled."""
        [row] = self._rows(
            "SELECT count(*) AS sources, max(last_polled_at) AS last_polled_at FROM sources"
            " WHERE configured = 1"
        )
        return row

    def troubled_sources(self) -> list[Row]:
        """Those whose last poll failed, or that are quiet."""
        return self._rows(
            f"SELECT {_SOURCE} FROM sources WHERE configured = 1"
            " AND (last_error IS NOT NULL OR trouble IS NOT NULL) ORDER BY name"
        )

    def disabled_channels(self) -> list[Row]:
        return self._rows(
            "SELECT name, disabled_at, last_error FROM channels WHERE disabled_at IS NOT NULL"
        )

    # articles

    def articles(self, wanted: Filter, limit: int) -> list[Row]:
        """The newest first. Of those with silenced alerts, the alerts come with each."""
        with self._named():
            ids = listing.article_ids(self._conn, wanted, limit)
            rows = listing.article_rows(self._conn, ids)
        if wanted.silenced:
            rows = [row | {"silenced": self._silenced_alerts(row["id"])} for row in rows]
        return rows

    def _silenced_alerts(self, article_id: int) -> list[Row]:
        return [row for row in self.alerts(article_id) if row["silence_id"] is not None]

    def count_articles(self, wanted: Filter) -> int:
        """At most listing.MOST_COUNTED + 1."""
        with self._named():
            return listing.count_articles(self._conn, wanted)

    def search(
        self, query: str, wanted: Filter, limit: int, *, by_relevance: bool = False
    ) -> list[Row]:
        """Full text, newest first, or best first of the newest. Words are words: no syntax."""
        with self._named():
            search = Search(self._conn, query, wanted)
            ids = search.best(limit) if by_relevance else search.newest(limit)
            excerpts, rows = search.excerpts(ids), listing.article_rows(self._conn, ids)
        return [row | {"excerpt": excerpts.get(row["id"])} for row in rows]

    def count_hits(self, query: str, wanted: Filter) -> int:
        """At most search.COUNTED + 1."""
        with self._named():
            return Search(self._conn, query, wanted).count()

    def article(self, article_id: int) -> Row | None:
        rows = self._rows("SELECT * FROM articles WHERE id = ?", [article_id])
        if not rows:
            return None
        row = rows[0]
        for key in ("authors", "tags", "dates"):
            row[key] = json.loads(row[key])
        for key in ("sketch", "lease", "etag", "last_modified", "returned_to"):
            del row[key]
        row["urls"] = [
            r["url"]
            for r in self._rows(
                "SELECT url FROM article_urls WHERE article_id = ? ORDER BY url", [article_id]
            )
        ]
        return row

    def revisions(self, article_id: int) -> list[Row]:
        rows = self._rows(
            "SELECT number, seen_at, published_at, updated_at, title, text, digest, change,"
            " stealth, score, detail, fetched_from, body_sha256, etag, last_modified, link"
            " FROM revisions"
            " WHERE article_id = ? ORDER BY number",
            [article_id],
        )
        for row in rows:
            row["detail"] = json.loads(row["detail"]) if row["detail"] else None
        return rows

    def edits(self, wanted: Filter, limit: int) -> list[Row]:
        """What changed in stored articles, the weightiest first."""
        with self._named():
            return edit_rows(self._conn, edit_keys(self._conn, wanted, limit))

    def count_edits(self, wanted: Filter) -> int:
        with self._named():
            return count_edits(self._conn, wanted)

    def raw_page(self, article_id: int, number: int) -> bytes | None:
        """The page of a revision as it was fetched, where it was kept."""
        rows = self._rows(
            "SELECT body FROM bodies WHERE article_id = ? AND number = ?", [article_id, number]
        )
        return zlib.decompress(rows[0]["body"]) if rows else None

    def broken_links(self) -> Iterator[tuple[int, int]]:
        """(article, revision) wherever the chain of evidence does not hold."""
        with self._named():
            yield from broken(self._conn)

    def matches(self, article_id: int, revision: int) -> list[Row]:
        return self._rows(
            "SELECT topic, place, excerpt, start, end, excerpt_at, weight FROM matches"
            " WHERE article_id = ? AND revision = ? ORDER BY rowid",
            [article_id, revision],
        )

    def alerts(self, article_id: int) -> list[Row]:
        return self._rows(
            "SELECT id, topic, revision, reason, created_at, silence_id, silence FROM alerts"
            " WHERE article_id = ? ORDER BY id",
            [article_id],
        )

    def texts(self, since: datetime | None) -> Iterator[Row]:
        """Every stored article's newest text, the newest first, read a slice at a time."""
        wanted = Filter(since=since)
        with self._named():
            while ids := listing.article_ids(self._conn, wanted, SLICE):
                rows = self._conn.execute(_TEXT, [json.dumps(ids)]).fetchall()
                yield from map(dict, reversed(rows))
                wanted = replace(wanted, before=ids[-1])

    def silences(self, now: datetime) -> tuple[Silence, ...]:
        """Those in force."""
        return silences.in_force(self._conn, now)

    def silenced_counts(self) -> dict[int, int]:
        """Number of a silence → how many alerts it silenced; forgotten silences too."""
        rows = self._rows(
            "SELECT silence_id, count(*) AS n FROM alerts WHERE silence_id IS NOT NULL"
            " GROUP BY silence_id"
        )
        return {row["silence_id"]: row["n"] for row in rows}

    # the outbox

    def deliveries(self, state: str | None, limit: int) -> list[Row]:
        where = "d.state = ?" if state else "d.id > ?"
        return self._rows(
            "SELECT d.id, d.channel, d.state, d.attempts, d.due_at, d.sent_at, d.created_at,"
            " d.last_error, d.alert_id, d.article_id, d.message_id, a.title FROM deliveries d"
            f" LEFT JOIN articles a ON a.id = d.article_id WHERE {where}"
            " ORDER BY d.id DESC LIMIT ?",
            [state or 0, limit],
        )

    def count_deliveries(self, state: str | None) -> int:
        if state:
            return self._number("SELECT count(*) FROM deliveries WHERE state = ?", [state])
        return self._number("SELECT count(*) FROM deliveries")


def beside(path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
    """One short transaction of the command line, beside a running daemon. Raises StoreError."""
    conn = open_beside(path)
    try:
        conn.execute("BEGIN IMMEDIATE")
        answer = work(conn)
        conn.execute("COMMIT")
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()
    return answer


def retry_deliveries(
    path: Path, ids: Sequence[int] | None, now: datetime
) -> tuple[list[int], list[int]]:
    """Makes deliveries due again: (queued, unknown). None: all the dead."""
    return beside(path, lambda conn: send_again(conn, ids, now))


def add_silence(
    path: Path, kind: SilenceKind, value: str, until: datetime, reason: str, now: datetime
) -> int:
    """Its number."""
    return beside(path, lambda conn: silences.add(conn, kind, value, until, reason, now))


def remove_silence(path: Path, number: int) -> bool:
    """False: there is none of that number."""
    return beside(path, lambda conn: silences.remove(conn, number))
