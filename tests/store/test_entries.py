"""Entries that change: each keeps its place in the queue, and dates alone mean little."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from monitor.contracts import Decision, Verdict
from monitor.core.polling.schedule import PAGE_RETRY
from monitor.model import Entry
from monitor.store.schema import migrations
from store.watched import Watched, entry


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with Watched(tmp_path / "news.db").open() as opened:
        yield opened


def listing(stamp: int, count: int = 30) -> list[Entry]:
    return [entry(f"story-{n}", stamp=stamp) for n in range(count)]


async def test_a_new_entry_is_read_first_however_often_the_others_are_restamped(
    watched: Watched,
) -> None:
    await watched.poll(*listing(1))
    await watched.read_all()
    await watched.poll(*listing(2))
    await watched.take()  # a read of the site is running
    watched.advance(seconds=2)
    await watched.poll(*listing(3), entry("new"))
    [visit] = await watched.take()
    assert visit.url == "http://kjzz.test/new"


async def test_all_unread_entries_are_read_although_all_are_restamped_at_every_poll(
    watched: Watched,
) -> None:
    read = []
    for poll in range(30):
        await watched.poll(*listing(poll, 30))
        [visit] = await watched.take()
        await watched.settle(visit)
        read.append(visit.url)
        watched.advance(seconds=2)
    assert len(set(read)) == 30


async def test_a_running_visit_is_settled_although_its_entry_changed_meanwhile(
    watched: Watched,
) -> None:
    await watched.poll(entry("a"))
    [visit] = await watched.take()
    watched.advance(seconds=2)
    await watched.poll(entry("a", text="again"))
    assert await watched.verdict(visit) is Verdict.NEW
    [again] = await watched.take()
    assert again.entry.title == "Tariff a rises again"
    assert await watched.verdict(again, text="A tariff falls.") is Verdict.REVISED
    assert await watched.take() == []


async def test_a_link_that_changed_during_a_failing_visit_does_not_wait_for_the_retry(
    watched: Watched,
) -> None:
    await watched.poll(entry("a"))
    [visit] = await watched.take()
    await watched.poll(entry("a", text="again", site="elsewhere.test"))
    finding = Decision(verdict=Verdict.SAME, entry_due_at=watched.now.replace(hour=20))
    await watched.store.settle_read(visit, None, lambda known: finding)
    [again] = await watched.take()
    assert (again.url, again.attempts) == ("http://elsewhere.test/a", 0)


async def test_an_unread_entry_that_changes_keeps_its_wait_and_its_attempts(
    watched: Watched,
) -> None:
    await watched.poll(entry("a"))
    [visit] = await watched.take()
    later = watched.now.replace(hour=20)
    await watched.store.give_back(visit.lease, later, "ZeroDivisionError")
    before = watched.rows("SELECT announced_at, attempts, due_at FROM entries")
    watched.advance(minutes=15)
    await watched.poll(entry("a", text="again"))
    assert watched.rows("SELECT announced_at, attempts, due_at FROM entries") == before
    watched.now = later
    [visit] = await watched.take()
    assert visit.entry.title == "Tariff a rises again"


async def test_changed_entries_are_read_in_order_after_all_unread_ones(
    watched: Watched,
) -> None:
    old = [entry(key, site=f"{key}.test") for key in "abc"]
    await watched.poll(*old)
    await watched.read_all()
    for key in "cab":
        watched.advance(seconds=2)
        await watched.poll(entry(key, text="again", site=f"{key}.test"))
    await watched.poll(entry("new", site="c.test"))
    taken = [visit.url for visit in await watched.take()]
    assert taken == ["http://c.test/new", "http://a.test/a", "http://b.test/b"]


async def test_a_changed_article_is_fetched_with_its_validators_unless_its_link_changed(
    watched: Watched,
) -> None:
    await watched.poll(entry("a"), entry("b"))
    await watched.read_all()
    moved = entry("b", text="again", site="elsewhere.test")
    await watched.poll(entry("a", text="again"), moved)
    asked = {v.url: v.validators.etag for v in await watched.take()}
    assert asked == {"http://kjzz.test/a": '"A tariff rises."', "http://elsewhere.test/b": None}


async def test_dates_that_change_at_every_poll_cause_no_visits_until_one_stays(
    watched: Watched,
) -> None:
    await watched.poll(*listing(1))
    await watched.read_all()
    visits = []
    for stamp in (2, 3, 4):
        await watched.poll(*listing(stamp))
        visits.append(len(await watched.read_all()))
    assert visits == [30, 0, 0]
    edited = [entry("story-0", stamp=5, text="again"), *listing(5)[1:]]
    await watched.poll(*edited)
    assert await watched.read_all() == ["http://kjzz.test/story-0"]
    await watched.poll(*(listing(6)[1:]), kept=["story-0"])
    assert len(await watched.read_all()) == 29


async def test_a_restamped_entry_that_is_read_meanwhile_is_not_read_twice(
    watched: Watched,
) -> None:
    for stamp in (1, 2, 3):
        await watched.poll(*listing(stamp))
    [visit] = await watched.take()
    await watched.poll(*listing(4))
    await watched.settle(visit)
    assert visit.url not in await watched.read_all()


async def test_two_entries_are_too_few_to_conclude_that_a_source_restamps_all(
    watched: Watched,
) -> None:
    for stamp in (1, 2, 3, 4):
        await watched.poll(*listing(stamp, 2))
        assert len(await watched.read_all()) == 2


async def test_an_edited_entry_does_not_wait_for_the_retry_of_its_page(watched: Watched) -> None:
    await watched.poll(entry("a"))
    [visit] = await watched.take()
    await watched.settle(visit, text="")  # a page without an article: the feed's text counts
    assert await watched.take() == []
    await watched.poll(entry("a", stamp=2))
    assert await watched.take() == []
    await watched.poll(entry("a", stamp=2, text="again"))
    [visit] = await watched.take()
    assert (visit.entry.title, visit.attempts) == ("Tariff a rises again", 1)


async def test_the_wait_grows_with_each_visit_that_finds_no_page(
    watched: Watched,
) -> None:
    """Otherwise a missing page would be fetched every five minutes for ever."""
    await watched.poll(entry("a"))
    waits = []
    for attempts in range(len(PAGE_RETRY) + 1):
        [visit] = await watched.take()
        assert visit.attempts == attempts
        await watched.settle(visit, text="")  # a page without an article
        [(due,)] = watched.rows("SELECT due_at FROM entries")
        if due is not None:
            waits.append(datetime.fromisoformat(due) - watched.now)
            watched.now = datetime.fromisoformat(due)
    assert waits == list(PAGE_RETRY)
    assert await watched.take() == []


async def test_a_visit_for_one_source_does_not_discard_the_result_for_another(
    watched: Watched,
) -> None:
    """The article is read again while its other entry changes, is read and settled."""
    await watched.poll(entry("a"))
    await watched.read_all()
    watched.advance(hours=2)
    [again] = await watched.take()
    await watched.poll(entry("a", text="again"))
    [changed] = await watched.take()
    assert (again.entry_id, changed.entry_id) == (None, 1)
    await watched.settle(changed)
    found = await watched.settle(again, text="A tariff falls.")
    assert isinstance(found, Decision)
    assert found.verdict is Verdict.REVISED
    assert watched.rows("SELECT lease FROM articles") == [(None,)]


polls = st.lists(
    st.dictionaries(st.sampled_from("abcde"), st.tuples(st.integers(1, 3), st.integers(1, 3))),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(polls=polls, visits=st.lists(st.booleans(), min_size=8, max_size=8))
async def test_the_latest_content_of_every_entry_is_read_in_the_end(
    tmp_path_factory: pytest.TempPathFactory,
    polls: list[dict[str, tuple[int, int]]],
    visits: list[bool],
) -> None:
    """Dates and content change at random; visits settle before or after the next poll."""
    async with Watched(tmp_path_factory.mktemp("polls") / "news.db").open() as watched:
        words: dict[str, str] = {}
        for listed, settles in zip(polls, visits, strict=False):
            taken = await watched.take(1)
            entries = [
                entry(key, stamp=stamp, text=f"by {text}") for key, (stamp, text) in listed.items()
            ]
            words |= {e.key: e.title or "" for e in entries}
            await watched.poll(*entries)
            for visit in taken if settles else ():
                await watched.settle(visit)
            if not settles:
                watched.advance(minutes=31)  # its worker died
        await watched.read_all()
        titles = watched.rows("SELECT guid, title FROM articles")
        assert dict(titles) == words


async def test_entries_read_by_an_older_version_are_not_new_again(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    with closing(sqlite3.connect(path)) as conn, conn:
        migrations.apply(Database(conn), stop_before="m0004_entries_and_sources")
        conn.execute("INSERT INTO meta VALUES ('install', 'x')")
        conn.execute("INSERT INTO sources (name, url) VALUES ('kjzz', 'http://kjzz.test/rss')")
        conn.execute(
            "INSERT INTO entries (source, key, link, digest, announced_at, last_seen_at)"
            " VALUES ('kjzz', 'a', 'http://kjzz.test/a', 'a  1', ?, ?)",
            ["2026-01-01T00:00:00Z"] * 2,
        )
        conn.execute("PRAGMA user_version = 3")
    async with Watched(path).open() as watched:
        announced = await watched.poll(entry("a"), entry("b"))
        assert (announced.new, announced.changed) == (1, 0)
        assert await watched.read_all() == ["http://kjzz.test/b"]
