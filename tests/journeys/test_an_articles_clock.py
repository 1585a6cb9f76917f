"""An article is read again as long as it is young, whatever one visit of its page brings."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journeys.world import EVERYTHING, World

LATER = timedelta(minutes=20)


async def published(world: World) -> None:
    world.topics = tuple(replace(topic, on=EVERYTHING) for topic in world.topics)
    world.site.publish(world.story("strike"))
    await world.poll()


async def later(world: World, by: timedelta = LATER) -> list[str]:
    """One more pass, some time later: the types of the messages it brought."""
    world.now += by
    before = len(world.hook.posts)
    await world.poll()
    return [post.json["type"] for post in world.hook.posts[before:]]


def due(world: World) -> str | None:
    value: str | None = world.rows("SELECT due_at FROM articles")[0]["due_at"]
    return value


EDIT = "The governor said that 4,500 trucks had been turned away at the border since Sunday."


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html><body></body></html>",
        "<html><title>Back soon</title><body><p>Back soon.</p></body></html>",
        "<html><title>404 Not Found</title><body><h1>Page not found</h1></body></html>",
    ],
)
async def test_a_page_that_is_no_article_for_once_does_not_end_the_visits(
    world: World, page: str
) -> None:
    await published(world)
    world.site.raw["strike"] = page
    assert await later(world) == []
    assert due(world) is not None
    del world.site.raw["strike"]
    story = world.site.stories["strike"]
    world.site.edit("strike", paragraphs=(*story.paragraphs, EDIT))
    assert await later(world) == ["article.updated"]
    assert len(world.rows("SELECT * FROM revisions")) == 2


async def test_an_entry_said_anew_while_its_page_is_gone_still_ends_in_a_retraction(
    world: World,
) -> None:
    await published(world)
    world.site.hidden.add("strike")
    told = await later(world)
    world.site.edit("strike", summary="Said anew by the feed alone.")
    for _ in range(4):
        told += await later(world, timedelta(minutes=40))
    assert told == ["article.retracted"]


async def test_a_retracted_page_that_comes_back_as_it_was_is_told(world: World) -> None:
    await published(world)
    world.site.hidden.add("strike")
    told: list[str] = []
    for _ in range(4):
        told += await later(world, timedelta(minutes=40))
    assert told == ["article.retracted"]
    world.site.hidden.clear()
    assert await later(world, timedelta(hours=25)) == ["article.updated"]
    assert world.hook.posts[-1].json["data"]["alerts"][0]["reason"] == "restored"
    assert world.rows("SELECT retracted_at FROM articles")[0]["retracted_at"] is None


async def test_a_retracted_page_is_looked_for_daily_while_the_article_is_young(
    world: World,
) -> None:
    await published(world)
    world.site.hidden.add("strike")
    for _ in range(4):
        await later(world, timedelta(minutes=40))
    for _ in range(3):
        world.site.visits.clear()
        await later(world, timedelta(hours=25))
        assert [visit.status for visit in world.site.visits if "story" in visit.path] == [404]
    await later(world, timedelta(days=40))
    assert due(world) is None


async def test_a_site_that_stumbles_between_does_not_hide_that_a_page_is_gone(
    world: World,
) -> None:
    await published(world)
    world.site.hidden.add("strike")
    told = await later(world, timedelta(minutes=40))
    world.site.failing.add("strike")
    told += await later(world, timedelta(minutes=40))
    world.site.failing.clear()
    for _ in range(3):
        told += await later(world, timedelta(minutes=40))
    assert told == ["article.retracted"]


async def test_a_further_feed_that_lists_a_page_that_is_gone_does_not_restart_its_count(
    world: World,
) -> None:
    await published(world)
    world.site.hidden.add("strike")
    told = await later(world, timedelta(minutes=40))
    told += await later(world, timedelta(minutes=40))
    world.site.feeds["local"] = ["strike"]
    world.feeds = ("news", "local")
    told += await later(world, timedelta(minutes=5))
    told += await later(world, timedelta(minutes=40))
    assert told == ["article.retracted"]


async def test_the_articles_of_a_source_that_left_are_not_visited(world: World) -> None:
    await published(world)
    world.feeds = ()
    world.site.visits.clear()
    assert await later(world) == []
    assert world.site.visits == []


async def test_an_edit_is_told_after_the_source_was_away_for_a_reload(world: World) -> None:
    await published(world)
    feeds, world.feeds = world.feeds, ()
    assert await later(world, timedelta(hours=3)) == []
    world.feeds = feeds
    story = world.site.stories["strike"]
    world.site.edit("strike", paragraphs=(*story.paragraphs, EDIT))
    assert await later(world, timedelta(hours=3)) == ["article.updated"]


async def test_an_edit_is_told_by_the_other_source_that_lists_the_article(world: World) -> None:
    world.feeds = ("news", "business")
    world.site.feeds["business"] = ["strike"]
    await published(world)
    world.feeds = ("business",)
    story = world.site.stories["strike"]
    world.site.edit("strike", paragraphs=(*story.paragraphs, EDIT))
    assert await later(world, timedelta(hours=3)) == ["article.updated"]
    assert world.hook.posts[-1].json["data"]["article"]["source"] == "business"
