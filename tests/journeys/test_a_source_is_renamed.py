"""A source gets another name in the configuration: its memory goes with it."""

from datetime import timedelta

from aiohttp import web

from journeys.world import World


async def renamed(world: World, old: str, new: str) -> None:
    world.outlets[new] = world.outlets.pop(old)
    world.now += timedelta(minutes=20)
    await world.poll()


async def without_links(request: web.Request) -> web.StreamResponse:
    items = "".join(
        f"<item><guid isPermaLink='false'>story-{n}</guid><title>Trucks wait at the border</title>"
        f"<description>Line {n} of trucks at the border is as long as ever.</description></item>"
        for n in range(3)
    )
    return web.Response(
        text=f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>"
    )


async def test_nothing_is_told_again_of_items_that_have_no_link(world: World) -> None:
    site = await world.outlet("kjzz")
    site.answers["news"] = without_links
    await world.poll()
    told = len(world.hook.posts)
    assert told > 0
    await renamed(world, "kjzz", "radio")
    assert len(world.hook.posts) == told
    assert world.rows("SELECT count(*) AS n FROM articles")[0]["n"] == 3


async def test_what_comes_later_is_told_under_the_new_name(world: World) -> None:
    site = await world.outlet("kjzz")
    site.publish(world.story("strike"))
    await world.poll()
    await renamed(world, "kjzz", "radio")
    site.publish(world.story("second"))
    story = site.stories["strike"]
    more = "The governor said that 4,500 trucks had been turned away at the border since Sunday."
    site.edit("strike", paragraphs=(*story.paragraphs, more))
    world.now += timedelta(minutes=20)
    await world.poll()
    named = {
        (post.json["type"], post.json["data"]["article"]["source"]) for post in world.hook.posts[1:]
    }
    assert named == {("article.matched", "radio"), ("article.updated", "radio")}


async def test_a_reload_renames_a_source_of_a_service_at_work(world: World) -> None:
    site = await world.outlet("kjzz")
    site.publish(world.story("strike"))
    async with world.running() as service:
        await world.settle(service)
        world.outlets["radio"] = world.outlets.pop("kjzz")
        await service.apply(world.settings())
        site.publish(world.story("second"))
        await world.settle(service)
    sources = [post.json["data"]["article"]["source"] for post in world.hook.posts]
    assert sources == ["kjzz", "radio"]
    assert {row["source"] for row in world.rows("SELECT source FROM articles")} == {"radio"}
    assert all(row["failures"] == 0 for row in world.rows("SELECT failures FROM sources"))
