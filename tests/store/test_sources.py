"""Sources that are removed, return, or change name or URL, alone and by thousands."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.contracts import Decision, Verdict
from monitor.model import SilenceKind
from monitor.settings import Source
from monitor.store import silences, source_tasks
from monitor.store.sources import plan_steps, poll_at_once
from monitor.store.sqlite import connect
from store.watched import Watched, entry, source

KJZZ, RADIO = source("kjzz"), source("radio", url="http://kjzz.test/rss")
DAILY = source("daily")


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with Watched(tmp_path / "news.db").open(KJZZ, DAILY) as opened:
        yield opened


async def reload(watched: Watched, *sources: Source) -> None:
    await watched.store.sync(sources, {"desk": "d"})


async def run_source_tasks(watched: Watched) -> None:
    """Run all source tasks."""
    while watched.rows("SELECT 1 FROM source_tasks"):
        for visit in await watched.take():
            await watched.settle(visit)


async def reread(watched: Watched) -> list[tuple[str, str | None]]:
    """Read what is due a day later; return URLs with their source."""
    watched.advance(hours=25)
    visited = []
    while visits := await watched.take(per_site=100):
        for visit in visits:
            visited.append((visit.source, visit.url))
            await watched.settle(visit)
    return visited


A = "http://kjzz.test/a"


# ── leaving and coming back ──────────────────────────────────────────────────────────────


async def test_articles_of_a_source_that_is_back_are_read_again(watched: Watched) -> None:
    await watched.poll(entry("a"))
    await watched.read_all()
    await reload(watched, DAILY)
    assert await reread(watched) == []
    await reload(watched, KJZZ, DAILY)
    assert await reread(watched) == [("kjzz", A)]


async def test_articles_that_aged_while_their_source_was_removed_are_not_read_again(
    watched: Watched,
) -> None:
    await watched.poll(entry("a"))
    await watched.read_all()
    await reload(watched, DAILY)
    await reread(watched)
    watched.advance(days=31)
    await reload(watched, KJZZ, DAILY)
    assert await reread(watched) == []


async def test_an_article_listed_by_two_sources_is_read_while_one_is_configured(
    watched: Watched,
) -> None:
    await watched.poll(entry("a"), name="kjzz")
    await watched.read_all()
    await watched.poll(entry("a"), name="daily")
    await watched.read_all()
    assert watched.rows("SELECT count(*) FROM articles") == [(1,)]
    await reload(watched, DAILY)
    assert await reread(watched) == [("daily", A)]
    assert watched.rows("SELECT source FROM articles") == [("daily",)]
    await reload(watched, KJZZ)
    assert await reread(watched) == [("kjzz", A)]


async def test_an_edit_is_found_through_the_other_source_that_lists_the_article(
    watched: Watched,
) -> None:
    for name in ("kjzz", "daily"):
        await watched.poll(entry("a"), name=name)
        await watched.read_all()
    await reload(watched, DAILY)
    watched.advance(hours=25)
    [visit] = await watched.take()
    found = await watched.settle(visit, text="A tariff falls, the ministry said on Monday.")
    assert isinstance(found, Decision)
    assert found.verdict is Verdict.REVISED


async def test_an_article_of_a_removed_source_is_read_for_another_that_returns(
    watched: Watched,
) -> None:
    """Both sources list it and were removed; the one it was read for does not come back."""
    for name in ("kjzz", "daily"):
        await watched.poll(entry("a"), name=name)
        await watched.read_all()
    await reload(watched, source("weekly"))
    assert await reread(watched) == []
    await reload(watched, DAILY)
    assert await reread(watched) == [("daily", A)]


async def test_entries_unread_when_a_source_was_removed_are_read_when_it_is_back(
    watched: Watched,
) -> None:
    await watched.poll(*(entry(f"story-{n}") for n in range(250)))
    await reload(watched, DAILY)
    assert await watched.take() == []
    await reload(watched, KJZZ, DAILY)
    assert len(await watched.read_all()) == 250


async def test_entries_of_a_source_that_was_removed_again_are_not_read(watched: Watched) -> None:
    await watched.poll(entry("a"))
    await reload(watched, DAILY)
    await reload(watched, KJZZ, DAILY)
    await reload(watched, DAILY)  # before its source tasks ran
    assert await watched.take() == []
    await reload(watched, KJZZ, DAILY)
    assert await watched.read_all() == [A]


async def test_a_poll_that_loses_its_lease_in_a_reload_is_no_failure(
    watched: Watched,
) -> None:
    """The source was claimed, removed, and back before its poll was settled."""
    watch = await watched.due()
    await reload(watched, DAILY)
    await reload(watched, KJZZ, DAILY)
    await watched.store.give_back(watch.lease, watched.now, None)
    assert (await watched.due()).failures == 0


async def test_an_unread_entry_that_changes_on_return_stays_unread(
    watched: Watched,
) -> None:
    await watched.poll(entry("a", site="a.test"), entry("b", site="b.test"))
    await reload(watched, DAILY)
    await reload(watched, KJZZ, DAILY)
    await watched.poll(entry("a", text="again", site="a.test"), entry("b", site="b.test"))
    assert watched.rows("SELECT changed_at FROM entries WHERE key = 'a'") == [(None,)]
    assert len(await watched.read_all()) == 2


# ── renaming ─────────────────────────────────────────────────────────────────────────────


async def test_a_renamed_source_keeps_its_state(watched: Watched) -> None:
    await watched.poll(entry("a"), entry("b"))
    [visit] = await watched.take()
    await watched.settle(visit)
    await reload(watched, RADIO, DAILY)
    [visit] = await watched.take()
    assert visit.source == "radio"
    await watched.settle(visit)
    announced = await watched.poll(entry("a"), entry("b"), name="radio")
    assert (announced.new, announced.changed) == (0, 0)
    await run_source_tasks(watched)
    assert watched.rows("SELECT DISTINCT source FROM articles") == [("radio",)]
    assert [row[0] for row in watched.rows("SELECT name FROM sources")] == ["daily", "radio"]
    assert {name for name, _ in await reread(watched)} == {"radio"}


async def test_an_article_read_during_a_rename_is_stored_under_the_new_name(
    watched: Watched,
) -> None:
    await watched.poll(entry("a"))
    [visit] = await watched.take()
    await reload(watched, RADIO, DAILY)
    await watched.settle(visit)
    assert watched.rows("SELECT source FROM articles") == [("radio",)]


async def test_a_poll_that_ran_during_a_rename_is_repeated(watched: Watched) -> None:
    await watched.due()
    await reload(watched, RADIO, DAILY)
    await watched.store.make_due(None)
    assert "radio" in [watch.source for watch in await watched.store.take_polls(10)]


async def test_a_name_passed_on_to_another_feed_leaves_each_feed_its_own_articles(
    watched: Watched,
) -> None:
    """kjzz → radio, radio → station, and the name kjzz for another feed, before any task ran."""
    await watched.poll(*(entry(f"story-{n}") for n in range(300)))
    await watched.read_all()
    await reload(watched, RADIO, DAILY)
    await reload(watched, source("station", url=KJZZ.url), DAILY)
    await reload(watched, source("station", url=KJZZ.url), source("kjzz", url="http://new.test/"))
    await watched.poll(entry("x", site="new.test"), name="kjzz")
    await watched.read_all()
    await run_source_tasks(watched)
    found = watched.rows("SELECT source, count(*) FROM articles GROUP BY source ORDER BY source")
    assert found == [("kjzz", 1), ("station", 300)]


async def test_a_source_removed_earlier_continues_under_a_new_name(watched: Watched) -> None:
    await watched.poll(entry("a"))
    await watched.read_all()
    await reload(watched, DAILY)
    assert await reread(watched) == []
    await reload(watched, DAILY, RADIO)
    assert await reread(watched) == [("radio", A)]
    assert (await watched.poll(entry("a"), name="radio")).new == 0


async def test_a_name_that_stays_keeps_its_history_at_another_url(watched: Watched) -> None:
    """Two names that swap their URLs are two changed URLs, not two renames."""
    await watched.poll(entry("a"), name="kjzz")
    await watched.read_all()
    await reload(watched, source("kjzz", url=DAILY.url), source("daily", url=KJZZ.url))
    assert watched.rows("SELECT DISTINCT source FROM articles") == [("kjzz",)]
    assert (await watched.poll(entry("a"), name="daily")).new == 1


async def test_a_removed_source_gives_way_to_one_that_takes_its_name(watched: Watched) -> None:
    """A third source of that name later does not inherit their entries."""
    await watched.poll(entry("a"), name="kjzz")
    await watched.poll(entry("b", site="daily.test"), name="daily")
    await watched.read_all()
    await reload(watched, KJZZ)
    daily = source("daily", url=KJZZ.url)
    await reload(watched, daily)
    assert (await watched.poll(entry("a"), name="daily")).new == 0
    await reload(watched, source("station", url=KJZZ.url))
    await reload(watched, source("station", url=KJZZ.url), source("daily", url="http://x.test/"))
    announced = await watched.poll(
        entry("a", site="x.test"), entry("b", site="x.test"), name="daily"
    )
    assert announced.new == 2


async def test_a_silence_follows_its_source(watched: Watched) -> None:
    with closing(sqlite3.connect(watched.path)) as conn, conn:
        silences.add(
            conn, SilenceKind.SOURCE, "kjzz", watched.now + timedelta(days=1), "", watched.now
        )
    await watched.poll(entry("a"))
    await reload(watched, RADIO, DAILY)
    [visit] = await watched.take()
    assert [(s.value, visit.source) for s in visit.silences] == [("radio", "radio")]


async def test_a_disabled_source_stays_disabled_under_another_name(
    watched: Watched,
) -> None:
    with closing(sqlite3.connect(watched.path)) as conn, conn:
        conn.execute("UPDATE sources SET due_at = NULL WHERE name = 'kjzz'")
    await reload(watched, RADIO, DAILY)
    assert watched.rows("SELECT due_at FROM sources WHERE name = 'radio'") == [(None,)]


# ── slices ───────────────────────────────────────────────────────────────────────────────


def some(names: Sequence[str], addresses: Sequence[int]) -> tuple[Source, ...]:
    return tuple(
        source(name, url=f"http://{n}.test/rss") for name, n in zip(names, addresses, strict=True)
    )


configurations = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3), max_size=4).map(
        lambda found: some(list(found), list(found.values()))
    ),
    min_size=2,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(configured=configurations, killed_after=st.integers(0, 6))
async def test_a_reload_killed_between_two_steps_is_completed_by_the_next_start(
    tmp_path_factory: pytest.TempPathFactory,
    configured: list[tuple[Source, ...]],
    killed_after: int,
) -> None:
    async with Watched(tmp_path_factory.mktemp("killed") / "news.db").open(*configured[0]) as it:
        for sources in configured[1:]:
            steps = plan_steps(it.path, sources, it.now, poll_at_once, timedelta(days=30))[
                :killed_after
            ]
            with closing(sqlite3.connect(it.path)) as conn:
                conn.row_factory = sqlite3.Row
                for step in steps:
                    with conn:
                        step(conn)
            await reload(it, *sources)
            watched = it.rows("SELECT name, url FROM sources WHERE configured ORDER BY name")
            assert watched == sorted((s.name, s.url) for s in sources)
            keys = it.rows("SELECT key FROM sources")
            assert len(set(keys)) == len(keys)
            due = it.rows("SELECT count(*) FROM sources WHERE configured AND due_at IS NULL")
            assert due == [(0,)]


async def test_the_work_after_a_rename_is_done_in_slices(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_tasks, "SLICE_S", 0)
    await watched.poll(*(entry(f"story-{n}") for n in range(250)))
    await watched.read_all()
    await reload(watched, RADIO, DAILY)
    left = []
    with closing(connect(watched.path, writable=True)) as conn, conn:
        more = True
        while more:
            more = source_tasks.run_slice(conn, watched.now)
            left += conn.execute("SELECT count(*) FROM articles WHERE source = 'kjzz'").fetchone()
    assert left == [150, 50, 0]


async def test_the_work_after_a_rename_goes_on_while_nothing_is_due_to_be_read(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_tasks, "SLICE_S", 0)
    await watched.poll(*(entry(f"story-{n}") for n in range(250)))
    await watched.read_all()
    await reload(watched, RADIO, DAILY)
    assert await watched.take() == []
    assert watched.rows("SELECT DISTINCT source FROM articles") == [("radio",)]


async def reload_killed_halfway(watched: Watched, sources: Sequence[Source], done: int) -> None:
    """Run only some steps of a reload, then a start that runs the rest."""
    steps = plan_steps(watched.path, sources, watched.now, poll_at_once, timedelta(days=30))
    with closing(connect(watched.path, writable=True)) as conn:
        for step in steps[:done]:
            with conn:
                step(conn)
    await reload(watched, *sources)


# For each of three feeds: not configured, or configured under one of its three names.
mornings = st.lists(
    st.tuples(*[st.sampled_from([None, 0, 1, 2])] * 3, st.integers(0, 3), st.booleans()),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(mornings=mornings)
async def test_the_articles_of_a_renamed_feed_are_stored_once_and_under_its_name(
    tmp_path_factory: pytest.TempPathFactory, mornings: list[tuple[int | None, ...]]
) -> None:
    """Feeds are removed, return and change their names at random.

    Now and then a reload is killed, or the next one comes before the source tasks of the last ran.
    """
    async with Watched(tmp_path_factory.mktemp("names") / "news.db").open() as watched:
        await reload(watched)
        announced: set[tuple[int, str]] = set()
        for morning, (*chosen, done, reads) in enumerate(mornings):
            names = {n: f"feed{n} {name}" for n, name in enumerate(chosen) if name is not None}
            sources = [source(name, url=f"http://feed{n}.test/") for n, name in names.items()]
            await reload_killed_halfway(watched, sources, int(done or 0))
            for n, name in names.items():
                stories = {f"story-{day}" for day in range(morning + 1)}
                new = stories - {story for feed, story in announced if feed == n}
                listed = [entry(story, site=f"feed{n}.test") for story in sorted(stories)]
                assert (await watched.poll(*listed, name=name)).new == len(new)
                announced |= {(n, story) for story in new}
            if reads:
                await watched.read_all()
            watched.advance(hours=5)
        await watched.read_all()
        for n, name in names.items() if mornings else ():
            stored = watched.rows(
                "SELECT source, count(*) FROM articles WHERE url LIKE ? GROUP BY source",
                f"http://feed{n}.test/%",
            )
            assert stored == [(name, len([1 for feed, _ in announced if feed == n]))]
