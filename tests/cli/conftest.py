"""A configuration and a database with a little of everything in it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from terminal import Cli

from monitor.model import utc_text
from monitor.store.sqlite import prepare

CONFIG = """\
database: news.db
timezone: America/Phoenix
sources:
  - {name: valley radio, url: "https://valley.example/rss"}
  - {name: kjzz, url: "https://kjzz.example/rss"}
  - {name: gazette, url: "https://gazette.example/rss"}
topics:
  - {name: border, match: border}
  - {name: tariff, match: tariff}
channels:
  - {name: desk, type: webhook, url: "https://hook.example/"}
"""

TITLE = "Trucks wait for hours at the border as lanes close and officers search every single load"


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def cli(tmp_path: Path, now: datetime) -> Cli:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    with closing(prepare(tmp_path / "news.db")) as conn:
        for table, columns, rows in _rows(now):
            marks = ", ".join("?" for _ in columns.split(","))
            conn.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
        conn.commit()
    return Cli(path)


def _rows(now: datetime) -> Iterator[tuple[str, str, list[tuple[object, ...]]]]:
    def ago(**length: float) -> str:
        return utc_text(now - timedelta(**length))

    yield (
        "sources",
        "name, url, last_polled_at, failures, last_error, trouble, due_at, configured",
        [
            ("valley radio", "https://valley.example/rss", ago(minutes=3), 0, None, None, None, 1),
            ("kjzz", "https://kjzz.example/rss", ago(minutes=3), 2, "HTTP 500", None, None, 1),
            ("gazette", "https://gazette.example/rss", ago(minutes=3), 0, None,
             "has published nothing for 4 days; it used to every 2 hours", None, 1),
            ("herald", "https://herald.example/rss", ago(days=90), 0, None, None, None, 0),
        ],
    )  # fmt: skip
    yield (
        "articles",
        "id, source, url, title, text, published_at, first_seen_at, last_seen_at, revision",
        [
            (1, "herald", "https://herald.example/1", "=SUM(A1) of old", "An old tariff.",
             None, ago(days=300), ago(days=300), 1),
            (2, "kjzz", "https://kjzz.example/2", "Tariff, \"again\"", "A tariff on steel.",
             ago(days=3), ago(days=3), ago(days=1), 1),
            (3, "valley radio", "https://valley.example/3", TITLE, "The border is closed.",
             ago(hours=2), ago(minutes=20), ago(minutes=3), 2),
        ],
    )  # fmt: skip
    yield (
        "matches",
        "article_id, revision, topic, place, excerpt, start, end, excerpt_at",
        [
            (1, 1, "duties", "body", "An old tariff.", 7, 13, 0),
            (2, 1, "tariff", "title", 'Tariff, "again"', 0, 6, 0),
            (3, 2, "border", "body", "The border is closed.", 4, 10, 0),
        ],
    )
    yield (
        "revisions",
        "article_id, number, seen_at, title, text, digest, change, score",
        [
            (1, 1, ago(days=300), "=SUM(A1) of old", "An old tariff.", "c", "first", 0),
            (2, 1, ago(days=3), 'Tariff, "again"', "A tariff on steel.", "d", "first", 0),
            (3, 1, ago(minutes=20), TITLE, "The border is open.", "a", "first", 0),
            (3, 2, ago(minutes=10), TITLE, "The border is closed.", "b", "material", 0.25),
        ],
    )
    yield (
        "deliveries",
        "id, channel, state, attempts, due_at, last_error, created_at, message_id, article_id",
        [(1, "desk", "dead", 9, None, "HTTP 500", ago(days=2), "msg_1", 3)],
    )
