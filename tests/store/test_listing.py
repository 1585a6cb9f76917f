"""Lists contain what a naive filter over all rows does, newest first, whichever index is used."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

import pytest

from monitor.model import utc_text
from monitor.queries import ArticleFilter
from monitor.store import edits, listing, search
from monitor.store.search import Search
from monitor.store.sqlite import open_to_read, prepare

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
COUNT = 120
TOPICS, SOURCES = ("tariff", "border"), ("kjzz", "azcentral", "kpho")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An article as the naive filter sees it."""

    id: int
    source: str
    seen_at: datetime
    topics: frozenset[str]
    silenced: frozenset[str]
    edits: tuple[tuple[int, datetime, float], ...]  # revision, seen, score
    word: bool

    def fits(self, wanted: ArticleFilter) -> bool:
        silenced = {wanted.topic} & self.silenced if wanted.topic else self.silenced
        return (
            wanted.topic in (None, *self.topics)
            and wanted.source in (None, self.source)
            and (not wanted.silenced or bool(silenced))
            and (wanted.since is None or self.seen_at >= wanted.since)
            and (wanted.until is None or self.seen_at < wanted.until)
            and (wanted.before is None or self.id < wanted.before)
        )


def stored_articles() -> list[Stored]:
    pick = Random(11)
    return [
        Stored(
            id=number,
            source=pick.choice(SOURCES),
            seen_at=START + timedelta(minutes=number // 3),  # several at one instant
            topics=frozenset(topic for topic in TOPICS if pick.random() < 0.4),
            silenced=frozenset(topic for topic in TOPICS if pick.random() < 0.15),
            edits=tuple(
                (revision, START + timedelta(minutes=number + 9 * revision), pick.random())
                for revision in range(2, pick.choice((2, 2, 3, 4)))
            ),
            word=pick.random() < 0.5,
        )
        for number in range(1, COUNT + 1)
    ]


STORED = stored_articles()


@pytest.fixture(scope="module")
def conn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("listing") / "news.db"
    with closing(prepare(path)) as writer:
        for article in STORED:
            store(writer, article)
        writer.commit()
    with closing(open_to_read(Path(path))) as reader:
        yield reader


def store(conn: sqlite3.Connection, article: Stored) -> None:
    seen = utc_text(article.seen_at)
    text = "steel and steel" if article.word and article.id % 7 == 0 else "steel" * article.word
    conn.execute(
        "INSERT INTO articles (id, source, title, text, first_seen_at, last_seen_at)"
        " VALUES (?, ?, 'Headline', ?, ?, ?)",
        [article.id, article.source, text, seen, seen],
    )
    for topic in article.topics:
        conn.executemany(
            "INSERT INTO matches (article_id, revision, topic, place, excerpt, start, end,"
            " excerpt_at) VALUES (?, 1, ?, 'body', '', ?, 0, 0)",
            [(article.id, topic, start) for start in (0, 9)],
        )
    for topic in article.silenced:
        conn.execute(
            "INSERT INTO alerts (key, topic, article_id, revision, reason, created_at, silence_id,"
            " silence) VALUES (?, ?, ?, 1, 'new', ?, 5, 'why')",
            [f"{article.id}/{topic}", topic, article.id, seen],
        )
    conn.executemany(
        "INSERT INTO revisions (article_id, number, seen_at, title, text, digest, change, score)"
        " VALUES (?, ?, ?, '', '', '', '', ?)",
        [(article.id, 1, seen, 0)]
        + [(article.id, number, utc_text(at), score) for number, at, score in article.edits],
    )


def filters() -> Iterator[ArticleFilter]:
    middle = START + timedelta(minutes=20)
    times = (None, middle, START + timedelta(days=1), START - timedelta(days=1))
    for topic, source, since, until, silenced, before in product(
        (None, *TOPICS, "absent"), (None, "kjzz", "absent"), times, times, (False, True), (None, 50)
    ):
        yield ArticleFilter(
            topic=topic, source=source, since=since, until=until, silenced=silenced, before=before
        )


@pytest.fixture(params=[2_000, 3], ids=["looked up one by one", "filtered as they come"])
def small_id_list(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (search, edits):
        monkeypatch.setattr(module, "MAX_ID_LIST", request.param)


def test_the_articles_that_match_a_filter_are_listed_newest_first(conn: sqlite3.Connection) -> None:
    for wanted in filters():
        fitting = [article.id for article in reversed(STORED) if article.fits(wanted)]
        assert listing.article_ids(conn, wanted, 10) == fitting[:10], wanted
        assert listing.count_articles(conn, wanted) == len(fitting), wanted


@pytest.mark.usefixtures("small_id_list")
def test_a_search_finds_the_articles_that_match_the_filter_and_contain_the_word(
    conn: sqlite3.Connection,
) -> None:
    for wanted in filters():
        fitting = [a.id for a in reversed(STORED) if a.word and a.fits(wanted)]
        found = Search(conn, "steel", wanted)
        assert found.newest(10) == fitting[:10], wanted
        assert found.count() == len(fitting), wanted
        assert sorted(found.best(COUNT)) == sorted(fitting), wanted


def test_the_newest_hits_are_ranked_by_relevance(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = Search(conn, "steel", ArticleFilter()).newest(COUNT)
    monkeypatch.setattr(search, "RANKED", 30)
    best = Search(conn, "steel", ArticleFilter()).best(5)
    assert set(best) < set(hits[:30])
    often = [number for number in hits[:30] if number % 7 == 0]  # they contain the word twice
    assert best[: len(often)] == often[:5]


@pytest.mark.usefixtures("small_id_list")
def test_the_edits_of_articles_that_match_a_filter_are_listed_by_score(
    conn: sqlite3.Connection,
) -> None:
    for wanted in filters():
        if wanted.before is not None:
            continue
        articles = replace(wanted, since=None, until=None)
        fitting = [
            (-score, article.id, revision)
            for article in STORED
            if article.fits(articles)
            for revision, at, score in article.edits
            if (wanted.since is None or at >= wanted.since)
            and (wanted.until is None or at < wanted.until)
        ]
        expected = [(number, revision) for _, number, revision in sorted(fitting)]
        assert edits.edit_keys(conn, wanted, 10) == expected[:10], wanted
        assert edits.count_edits(conn, wanted) == len(expected), wanted
