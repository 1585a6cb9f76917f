"""What a source lists when it is seen for the first time: old stories are stored and not told."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

import pytest
from aiohttp import web

from journeys.world import World
from monitor.settings import DigestTime

NOTE = "They carry no date and may be old."
PAGE = (
    "<html><body><article><h1>{title}</h1>{stamp}<p>Drivers waited for hours at the border, and"
    " line {title} was the longest of all.</p><p>Officials said that it would take days.</p>"
    "</article></body></html>"
)


def list_without_dates(
    world: World, slugs: Iterable[str], published: datetime | None = None
) -> None:
    """Stories that the feed gives no date, and their pages the given one, or none."""
    stamp = f'<time datetime="{published.isoformat()}">then</time>' if published else ""
    for slug in slugs:
        story = world.story(slug, title=f"Trucks wait at the border for {slug}")
        world.site.publish(story)
        world.site.raw[slug] = PAGE.format(title=story.title, stamp=stamp)

    async def undated(request: web.Request) -> web.StreamResponse:
        items = "".join(
            f"<item><guid isPermaLink='false'>{slug}</guid><title>{story.title}</title>"
            f"<link>{world.site.page_url(slug)}</link></item>"
            for slug, story in world.site.stories.items()
        )
        return web.Response(text=f"<rss version='2.0'><channel>{items}</channel></rss>")

    world.site.answers["news"] = undated


async def test_an_empty_feed_does_not_end_it(world: World) -> None:
    await world.poll()
    for n in range(3):
        world.site.publish(world.story(f"old-{n}", published=world.now - timedelta(days=900)))
    world.now += timedelta(minutes=20)
    await world.poll()
    assert len(world.rows("SELECT * FROM articles")) == 3
    assert world.hook.posts == []
    world.site.publish(world.story("older", published=world.now - timedelta(days=901)))
    world.now += timedelta(minutes=20)
    await world.poll()
    assert len(world.hook.posts) == 1  # listed later: it is news, whatever its date


@pytest.mark.parametrize("first", ["a failure", "another address"])
async def test_it_lasts_until_a_poll_listed_something(world: World, first: str) -> None:
    if first == "a failure":
        world.site.answers["news"] = fails
    else:
        world.site.publish(world.story("recent"))
    await world.poll()
    told = len(world.hook.posts)
    world.site.answers.clear()
    if first == "another address":
        world.feeds = ()
        site = await world.outlet("news")
    else:
        site = world.site
    site.publish(world.story("old", published=world.now - timedelta(days=900)))
    world.now += timedelta(hours=2)
    await world.poll()
    assert "old" in "".join(row["title"] for row in world.rows("SELECT title FROM articles"))
    assert len(world.hook.posts) == told


async def fails(request: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def test_stories_without_any_date_come_in_one_message_that_says_so(world: World) -> None:
    list_without_dates(world, ("one", "two", "three"))
    async with world.running() as service:
        await world.settle(service)
        assert world.hook.posts == []
        world.now += timedelta(minutes=6)
        await world.settle(service)
        [post], [mail] = world.hook.posts, world.inbox.mails
        assert (post.json["type"], len(post.json["data"]["items"])) == ("digest", 3)
        assert NOTE in post.json["data"]["note"]
        for part in mail.message.walk():
            if part.get_content_maintype() == "text":
                assert NOTE in " ".join(part.get_content().split())
        list_without_dates(world, ("four",))
        await world.settle(service)
    assert [post.json["type"] for post in world.hook.posts[1:]] == ["article.matched"]
    assert "note" not in world.hook.posts[1].json["data"]


@pytest.mark.parametrize(("days", "told"), [(0, 1), (900, 0)])
async def test_the_date_of_the_page_decides_where_the_feed_has_none(
    world: World, days: int, told: int
) -> None:
    list_without_dates(world, ("one",), published=world.now - timedelta(days=days, hours=1))
    await world.poll()
    assert len(world.rows("SELECT * FROM articles")) == 1
    assert len(world.hook.posts) == told
    assert all("note" not in post.json["data"] for post in world.hook.posts)


async def test_a_digest_channel_has_them_in_a_message_of_their_own_at_its_hour(
    world: World,
) -> None:
    world.pace = {"digest": DigestTime(at=time(8))}
    list_without_dates(world, ("one", "two"))
    await world.poll()
    assert world.inbox.mails == []
    held = world.rows("SELECT held, text FROM deliveries WHERE channel = 'desk'")
    assert [(row["held"], NOTE in row["text"]) for row in held] == [("digest undated news", True)]
