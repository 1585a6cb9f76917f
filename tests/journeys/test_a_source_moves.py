"""Permanent redirects, dead ends, and a source whose address the user changes."""

from datetime import timedelta

from aiohttp import web

from journeys.world import World


def moved(world: World, feed: str) -> None:
    """The feed `news` answers with a permanent redirect to this one."""

    async def redirect(request: web.Request) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": world.site.feed_url(feed)})

    world.site.answers["news"] = redirect


async def gone(request: web.Request) -> web.StreamResponse:
    return web.Response(status=410)


async def test_where_a_source_moved_to_is_a_dead_end_the_configured_address_is_asked(
    world: World,
) -> None:
    world.site.publish(world.story("one"), "moved")
    moved(world, "moved")
    for _ in range(3):
        await world.poll()
        world.now += timedelta(minutes=20)
    [source] = world.rows("SELECT * FROM sources")
    assert source["moved_to"] == world.site.feed_url("moved")
    assert source["url"] == world.site.feed_url("news")
    del world.site.answers["news"]
    world.site.answers["moved"] = gone
    world.site.publish(world.story("two"), "news")
    for _ in range(2):
        await world.poll()
        world.now += timedelta(hours=2)
    titles = {row["title"] for row in world.rows("SELECT title FROM articles")}
    assert any("two" in title for title in titles)


async def test_410_stops_a_source_until_somebody_asks(world: World) -> None:
    world.site.answers["news"] = gone
    await world.poll()
    world.site.visits.clear()
    world.now += timedelta(days=2)
    await world.poll()
    assert world.site.visits == []
    async with world.running() as service:
        await service.make_due(["news"])
        await service.drain()
    assert [visit.status for visit in world.site.visits] == [410]


async def test_only_the_named_sources_are_polled(world: World) -> None:
    world.feeds = ("news", "other")
    world.site.feeds["other"] = []
    async with world.running() as service:
        await service.make_due(["other"])
        await service.drain()
    assert [visit.path for visit in world.site.visits] == ["/feeds/other.xml"]
