"""Texts that take turns: three returns a week are stored, the others are counted."""

from datetime import timedelta

import pytest

from journeys.test_commands import lines
from journeys.test_daemon import configured
from journeys.world import World
from monitor.settings import Topic
from monitor.store.archive import SqliteArchive


async def flip(world: World, slug: str, *texts: str, times: int, title: bool = False) -> None:
    """So many passes, each of which finds the next of these texts."""
    for n in range(times):
        text = texts[n % len(texts)]
        if title:
            world.site.edit(slug, title=f"Trucks wait at the border: {text}")
        else:
            paragraphs = (*world.story(slug).paragraphs, f"The border crossing is {text} today.")
            world.site.edit(slug, paragraphs=paragraphs, summary=" ".join(paragraphs))
        await world.poll()
        world.now += timedelta(minutes=20)


def state(world: World) -> tuple[int, int]:
    """Stored revisions of the one article, and its counted returns."""
    [row] = world.rows("SELECT revision, returns FROM articles")
    assert len(world.rows("SELECT * FROM revisions")) == row["revision"]
    with SqliteArchive(world.folder / "news.db") as archive:
        assert list(archive.broken_links()) == []
    return row["revision"], row["returns"]


@pytest.mark.parametrize("fetch_articles", [True, False])
async def test_two_texts_that_flip_store_three_returns_and_count_the_others(
    world: World, fetch_articles: bool
) -> None:
    world.topics, world.fetch_articles = (Topic(name="border", query="border"),), fetch_articles
    world.site.publish(world.story("strike"))
    closed = "The governor said that 4,500 trucks had been turned away since Sunday."
    await flip(world, "strike", "open", closed, times=20)
    assert state(world) == (5, 15)  # open, closed, open, closed, open; then 15 flips
    [row] = world.rows("SELECT last_seen_at FROM articles")
    assert row["last_seen_at"] == f"{world.now - timedelta(minutes=20):%Y-%m-%dT%H:%M:%SZ}"
    told = [p.json["data"]["alerts"][0]["reason"] for p in world.hook.posts]
    assert told == ["new", "updated"]


async def test_a_text_that_stays_after_its_return_is_counted_once(world: World) -> None:
    world.site.publish(world.story("strike"))
    await flip(world, "strike", "open", "closed", times=6)
    assert state(world) == (5, 1)
    await flip(world, "strike", "closed", times=5)
    assert state(world) == (5, 1)
    await flip(world, "strike", "guarded", times=1)
    assert state(world) == (6, 1)


async def test_three_texts_in_rotation_and_two_headlines_are_damped_alike(world: World) -> None:
    world.site.publish(world.story("strike"))
    await flip(world, "strike", "open", "closed", "guarded", times=12)
    assert state(world) == (6, 6)
    await flip(world, "strike", "first", "second", times=10, title=True)
    revisions, returns = state(world)
    assert (revisions, returns) == (8, 14)


async def test_a_week_later_a_return_is_stored_again(world: World) -> None:
    world.site.publish(world.story("strike"))
    await flip(world, "strike", "open", "closed", times=6)
    world.now += timedelta(days=7)
    await flip(world, "strike", "closed", times=1)
    assert state(world) == (6, 1)


async def test_show_tells_how_many_returns_were_counted(world: World) -> None:
    path = configured(world, "news")
    world.site.publish(world.story("strike"))
    for n in range(6):
        world.site.edit("strike", paragraphs=(f"Trucks wait at the border: day {n % 2}.",) * 3)
        await lines("poll", "--all", config=path)
    [shown] = await lines("show", "1", config=path)
    assert (len(shown["revisions"]), shown["returns"]) == (5, 1)
