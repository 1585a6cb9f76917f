"""The Archive: what people ask. Read-only connections, rows as plain dictionaries.

Works beside a running daemon: a question sees the last committed state and holds nobody up.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlite_utils import Database

from monitor.model import Silence, SilenceKind, utc_text
from monitor.store import silences
from monitor.store.dispatch import send_again
from monitor.store.evidence import broken
from monitor.store.ledger import backlog
from monitor.store.sqlite import open_beside, open_to_read, store_error
from monitor.work import Backlog

Row = dict[str, Any]
T = TypeVar("T")

_ARTICLE = (
    "SELECT a.id, a.source, a.url, a.title, a.published_at, a.updated_at, a.first_seen_at,"
    " a.revision, a.partial, a.retracted_at, a.story_id, a.language,"
    " (SELECT json_group_array(topic) FROM (SELECT DISTINCT topic FROM matches m"
    "  WHERE m.article_id = a.id AND m.revision = a.revision ORDER BY topic)) AS topics"
    " FROM articles a"
)
_SILENCED = "SELECT article_id FROM alerts WHERE silence_id IS NOT NULL"


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

    def counts(self) -> Row:
        return {
            table: self._rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]
            for table in ("articles", "revisions", "alerts")
        } | {
            state: self._rows("SELECT count(*) AS n FROM deliveries WHERE state = ?", [state])[0][
                "n"
            ]
            for state in ("pending", "sent", "dead")
        }

    def sources(self) -> list[Row]:
        return self._rows(
            "SELECT name, url, moved_to, title, last_polled_at, last_changed_at, failures,"
            " last_error, trouble, due_at, polled, configured, (SELECT count(*) FROM articles"
            "  WHERE source = sources.name) AS articles FROM sources ORDER BY name"
        )

    def disabled_channels(self) -> list[Row]:
        return self._rows(
            "SELECT name, disabled_at, last_error FROM channels WHERE disabled_at IS NOT NULL"
        )

    # articles

    def articles(
        self, *, topic: str | None, since: datetime | None, limit: int, silenced: bool = False
    ) -> list[Row]:
        """The newest first. `silenced`: those with silenced alerts, which come with each."""
        where, values = _conditions(
            ("EXISTS (SELECT 1 FROM matches m WHERE m.article_id = a.id AND m.topic = ?)", topic),
            ("a.first_seen_at >= ?", utc_text(since) if since else None),
            (f"a.id IN ({_SILENCED}) AND ?", silenced or None),
        )
        rows = self._rows(
            f"{_ARTICLE}{where} ORDER BY a.first_seen_at DESC, a.id DESC LIMIT ?", [*values, limit]
        )
        if silenced:
            rows = [row | {"silenced": self._silenced_alerts(row["id"])} for row in rows]
        return [_topics_listed(row) for row in rows]

    def _silenced_alerts(self, article_id: int) -> list[Row]:
        return [row for row in self.alerts(article_id) if row["silence_id"] is not None]

    def search(self, query: str, limit: int) -> list[Row]:
        """Full text, best first. The query's own syntax is inert: words are words."""
        words = Database(self._conn).quote_fts(query)
        rows = self._rows(
            "SELECT found.*, snippet(articles_fts, -1, '[', ']', ' … ', 16) AS excerpt"
            f" FROM articles_fts JOIN ({_ARTICLE}) AS found ON found.id = articles_fts.rowid"
            " WHERE articles_fts MATCH ? ORDER BY rank LIMIT ?",
            [words, limit],
        )
        return [_topics_listed(row) for row in rows]

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

    def edits(self, *, topic: str | None, since: datetime | None, limit: int) -> list[Row]:
        """What changed in stored articles, the weightiest first."""
        where, values = _conditions(
            ("EXISTS (SELECT 1 FROM matches m WHERE m.article_id = a.id AND m.topic = ?)", topic),
            ("r.seen_at >= ?", utc_text(since) if since else None),
            ("r.number > ?", 1),
        )
        return self._rows(
            "SELECT a.id, r.number AS revision, r.seen_at, r.change, r.stealth, r.score, a.source,"
            " a.url, r.title FROM revisions r JOIN articles a ON a.id = r.article_id"
            f"{where} ORDER BY r.score DESC, r.seen_at DESC LIMIT ?",
            [*values, limit],
        )

    def raw_page(self, article_id: int, number: int) -> bytes | None:
        """The page of a revision as it was fetched, where it was kept."""
        rows = self._rows(
            "SELECT body FROM bodies WHERE article_id = ? AND number = ?", [article_id, number]
        )
        return zlib.decompress(rows[0]["body"]) if rows else None

    def broken_links(self) -> list[tuple[int, int]]:
        """(article, revision) wherever the chain of evidence does not hold."""
        with self._named():
            return list(broken(self._conn))

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
        """Every stored article's newest text, the oldest first, a row at a time."""
        where, values = _conditions(("first_seen_at >= ?", utc_text(since) if since else None))
        with self._named():
            yield from map(
                dict,
                self._conn.execute(
                    "SELECT id, source, url, title, text, language, first_seen_at, story_id"
                    f" FROM articles{where} ORDER BY first_seen_at, id",
                    values,
                ),
            )

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
        where, values = _conditions(("d.state = ?", state))
        return self._rows(
            "SELECT d.id, d.channel, d.state, d.attempts, d.due_at, d.sent_at, d.created_at,"
            " d.last_error, d.alert_id, d.article_id, d.message_id, a.title FROM deliveries d"
            f" LEFT JOIN articles a ON a.id = d.article_id{where} ORDER BY d.id DESC LIMIT ?",
            [*values, limit],
        )


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


def _conditions(*wanted: tuple[str, object | None]) -> tuple[str, list[object]]:
    """The WHERE clause of those conditions that have a value."""
    used = [(sql, value) for sql, value in wanted if value is not None]
    where = " WHERE " + " AND ".join(sql for sql, _ in used) if used else ""
    return where, [value for _, value in used]


def _topics_listed(row: Row) -> Row:
    row["topics"] = json.loads(row["topics"])
    return row
