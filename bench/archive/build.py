"""A database of version 3 as a newsroom's would be after a year: the same for the same sizes.

    python bench/archive/build.py PATH --articles 1000000 --sources 10000

Articles of 0.6 to 3 kB from sources of very different output, one in twelve of them matched, one in
eight edited; stories that several sources have; a year of messages of two channels, some collected
into digests. Sketches are those of the last five days, as the maintenance leaves them.
"""

import argparse
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from monitor.core.revisions.fingerprint import fingerprint
from monitor.model import utc_text
from monitor.store.hash_chain import link
from monitor.store.rows import due_text, pack_sketch
from monitor.store.schema import migrations

OLD_VERSION, NEXT_MIGRATION = 3, "m0004_entries_and_sources"
END = datetime(2026, 11, 24, 18, tzinfo=UTC)
YEAR = timedelta(days=365)
CHANNELS = ("desk", "hook")
COMMON = tuple(f"topic{n}" for n in range(10))
RARE = "rare"  # a topic of one article in 20,000
BATCH = 5_000
Row = tuple[Any, ...]


class World:
    """The words, sources and times that the rows are made from."""

    def __init__(self, articles: int, sources: int) -> None:
        self.random = random.Random(7)
        self.articles, self.sources = articles, sources
        words = [self._word() for _ in range(60_000)]
        weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
        self.sentences = [
            " ".join(self.random.choices(words, cum_weights=weights, k=self.random.randint(8, 24)))
            for _ in range(60_000)
        ]
        self.sentences[:600] = [f"{text} tariff council" for text in self.sentences[:600]]
        self._output = list(accumulate((rank + 20) ** -0.8 for rank in range(sources)))

    def _word(self) -> str:
        pick = self.random.choice
        return "".join(
            pick("bcdfghklmnprstvz") + pick("aeiou") for _ in range(pick((1, 2, 2, 3, 3, 4)))
        )

    def source(self) -> str:
        [rank] = self.random.choices(range(self.sources), cum_weights=self._output)
        return name_of(rank)

    def text(self) -> str:
        count = self.random.randint(5, 28)
        return ".\n\n".join(self.random.choices(self.sentences, k=count))

    def seen_at(self, number: int) -> datetime:
        return END - YEAR + YEAR * (number / (self.articles + 1))


def name_of(rank: int) -> str:
    return f"paper{rank:05}"


class Tables:
    """Rows that wait to be written, by table."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._rows: dict[str, list[Row]] = {}

    def add(self, table: str, *row: object) -> None:
        self._rows.setdefault(table, []).append(row)

    def write(self) -> None:
        for table, rows in self._rows.items():
            into = table if "(" in table else f"{table} VALUES"
            marks = ", ".join("?" * len(rows[0]))
            self._conn.executemany(f"INSERT INTO {into} ({marks})", rows)
        self._rows.clear()


ARTICLE = (
    "articles (id, source, url, guid, title, authors, tags, language, published_at, updated_at,"
    " dates, first_seen_at, last_seen_at, revision, text, story_id, matched, site, etag,"
    " due_at, sketch, words) VALUES"
)
REVISION = (
    "revisions (article_id, number, seen_at, published_at, updated_at, title, text, digest,"
    " change, stealth, score, detail, fetched_from, body_sha256, link) VALUES"
)
MATCH = (
    "matches (article_id, revision, topic, place, excerpt, start, end, excerpt_at, weight) VALUES"
)
DELIVERY = (
    "deliveries (id, alert_id, channel, state, attempts, due_at, sent_at, last_error, created_at,"
    " held, hold_until, message_id, article_id) VALUES"
)
ENTRY = (
    "entries (source, key, link, site, digest, said, announced_at, last_seen_at, due_at,"
    " article_id) VALUES"
)


def build(path: Path, articles: int, sources: int) -> None:
    """Writes the database at `path`, which must not exist yet."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
            conn.execute(f"PRAGMA {pragma}")
        migrations.apply(Database(conn), stop_before=NEXT_MIGRATION)
        conn.execute(f"PRAGMA user_version={OLD_VERSION}")
        later = [row[0] for row in conn.execute(_LATER).fetchall()]
        for name in conn.execute(_NAMES).fetchall():
            conn.execute(f"DROP {name[0]} {name[1]}")
        _fill(conn, World(articles, sources))
        conn.execute("INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')")
        for sql in later:
            conn.execute(sql)
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA journal_mode=WAL")


_MADE_LATER = "FROM sqlite_master WHERE sql IS NOT NULL AND (type = 'trigger' OR type = 'index' \
AND tbl_name NOT LIKE 'articles_fts%' AND tbl_name NOT LIKE '%migrations')"
_LATER, _NAMES = f"SELECT sql {_MADE_LATER}", f"SELECT type, name {_MADE_LATER}"


def _fill(conn: sqlite3.Connection, world: World) -> None:
    tables = Tables(conn)
    tables.add("meta", "install", "0123456789ab")
    for channel in CHANNELS:
        tables.add("channels (name, target) VALUES", channel, f"target of {channel}")
    for row in _sources(world):
        tables.add(
            "sources (name, url, due_at, etag, last_polled_at, last_changed_at, polled,"
            " failures, last_error, trouble, answered_at) VALUES",
            *row,
        )
    numbers = iter(range(1, world.articles + 1))
    maker = Maker(world, tables)
    while batch := list(islice(numbers, BATCH)):
        conn.execute("BEGIN")
        for number in batch:
            maker.article(number)
        tables.write()
        conn.execute("COMMIT")


def _sources(world: World) -> Iterator[Row]:
    for rank in range(world.sources):
        name, failing = name_of(rank), rank % 50 == 0
        due = END + timedelta(seconds=15 * 60 * (rank + 1) / world.sources)
        polled = utc_text(END - timedelta(seconds=rank % 900))
        yield (
            name,
            f"https://{name}.example.org/rss",
            due_text(due),
            f'"{rank}"',
            polled,
            polled,
            1,
            3 if failing else 0,
            "503 Service Unavailable" if failing else None,
            "has failed since yesterday" if failing else None,
            polled,
        )


class Maker:
    """Articles one after the other, each with all that belongs to it."""

    def __init__(self, world: World, tables: Tables) -> None:
        self.world, self.tables = world, tables
        self.random = world.random
        self.alerts = self.deliveries = 0
        self.digest: dict[str, int] = {}

    def article(self, number: int) -> None:
        seen_at = self.world.seen_at(number)
        source, seen = self.world.source(), utc_text(seen_at)
        url = f"https://{source}.example.org/2026/story-{number}"
        title, text = self.random.choice(self.world.sentences)[:90].title(), self.world.text()
        edits = self._edits()
        story = number - self.random.randint(1, 400) if number % 9 == 0 and number > 400 else number
        topics = self._topics(number)
        fresh = END - seen_at < timedelta(days=5)
        sketch = fingerprint(title, text).sketch if fresh else None
        due = END + timedelta(hours=self.random.random() * 24)
        again = bool(topics) and END - seen_at < timedelta(days=30)
        self.tables.add(
            ARTICLE,
            number,
            source,
            url,
            f"urn:{number}",
            title,
            '["A. Writer"]',
            "[]",
            "en",
            seen,
            seen,
            "[]",
            seen,
            seen,
            1 + edits,
            text,
            story,
            bool(topics),
            f"{source}.example.org",
            f'"{number}"',
            due_text(due) if again else None,
            pack_sketch(sketch) if sketch else None,
            text.count(" ") + 1,
        )
        self.tables.add("article_urls (article_id, url, key) VALUES", number, url, url[8:])
        self.tables.add(
            ENTRY,
            source,
            f"urn:{number}",
            url,
            f"{source}.example.org",
            f"{number:x}",
            None,
            seen,
            seen,
            None,
            number,
        )
        for each in sketch[:16] if sketch else ():
            self.tables.add("sketches", each, number)
        self._revisions(number, seen_at, title, text, edits)
        for topic in topics:
            self._matched(number, 1 + edits, topic, text, seen_at)

    def _edits(self) -> int:
        return self.random.randint(1, 3) if self.random.random() < 0.12 else 0

    def _topics(self, number: int) -> list[str]:
        topics = [RARE] if number % 20_000 == 77 else []
        return [*topics, self.random.choice(COMMON)] if number % 12 == 0 else topics

    def _revisions(self, number: int, at: datetime, title: str, text: str, edits: int) -> None:
        before = None
        for turn in range(1, edits + 2):
            row = {
                "article_id": number, "number": turn,
                "seen_at": utc_text(at + timedelta(hours=turn - 1)),
                "published_at": utc_text(at), "updated_at": utc_text(at),
                "title": title, "text": text if turn == edits + 1 else f"{text} {turn}",
                "digest": f"{number:x}-{turn}", "fetched_from": None, "etag": None,
                "last_modified": None, "body_sha256": None,
            }  # fmt: skip
            before = link(before, row)
            self.tables.add(
                REVISION,
                number,
                turn,
                row["seen_at"],
                row["published_at"],
                row["updated_at"],
                title,
                row["text"],
                row["digest"],
                "material" if turn > 1 else "first",
                0,
                round(self.random.random(), 3) if turn > 1 else 0,
                '{"title":null,"added":["one"],"removed":["two"]}' if turn > 1 else None,
                None,
                None,
                before,
            )

    def _matched(self, number: int, revision: int, topic: str, text: str, at: datetime) -> None:
        for start in range(2):
            self.tables.add(
                MATCH,
                number,
                revision,
                topic,
                "body",
                text[:160],
                start * 40,
                start * 40 + 6,
                0,
                1.0,
            )
        self.alerts += 1
        alert, seen = self.alerts, utc_text(at)
        self.tables.add(
            "alerts (id, key, topic, article_id, revision, reason, created_at) VALUES",
            alert,
            f"{number}/{revision}/{topic}/new",
            topic,
            number,
            revision,
            "new",
            seen,
        )
        for channel in CHANNELS:
            self._delivered(alert, channel, number, at)

    def _delivered(self, alert: int, channel: str, number: int, at: datetime) -> None:
        """A third are collected into digests of ten."""
        if alert % 3 == 0 and alert % 30 and channel in self.digest:
            self.tables.add("delivery_alerts", self.digest[channel], alert)
            return
        self.deliveries += 1
        held = alert % 3 == 0
        if held:
            self.digest[channel] = self.deliveries
        left = self.world.articles - number
        state = "pending" if left < 300 else "dead" if alert % 500 == 1 else "sent"
        until = due_text(at + timedelta(minutes=5))
        self.tables.add(
            DELIVERY,
            self.deliveries,
            alert,
            channel,
            state,
            1,
            due_text(END + timedelta(minutes=5)) if state == "pending" else None,
            utc_text(at) if state == "sent" else None,
            "550" if state == "dead" else None,
            utc_text(at),
            "surplus" if held else None,
            until if held else None,
            f"msg_0123456789ab_{alert}_{self.deliveries}",
            None if held else number,
        )
        self.tables.add("delivery_alerts", self.deliveries, alert)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("path", type=Path)
    asked.add_argument("--articles", type=int, default=1_000_000)
    asked.add_argument("--sources", type=int, default=10_000)
    given = asked.parse_args()
    build(given.path, given.articles, given.sources)


if __name__ == "__main__":
    main()
