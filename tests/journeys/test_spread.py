"""A story that spreads: each number of `spread` is told once, and only when it is true."""

from dataclasses import replace
from datetime import timedelta

from journeys.test_silences import posted, publish_copy, silence
from journeys.world import World
from monitor.model import SilenceKind
from monitor.settings import Topic

SPREAD = (Topic(name="border", query="border", spread=(2, 3)),)


async def test_a_second_page_of_a_counted_source_does_not_spread_the_story(world: World) -> None:
    world.topics = SPREAD
    for outlet, slug in ((0, "wire"), (0, "wire-again"), (1, "wire"), (1, "wire-again")):
        await publish_copy(world, outlet, slug)
        if slug == "wire-again":
            site = world.outlets[f"outlet{outlet}"]
            site.edit(slug, title=f"Second page of outlet {outlet} on the border")
        await world.poll()
    assert [reasons for _, reasons in posted(world) if reasons == ["spread"]] == [["spread"]]
    await publish_copy(world, 2)
    await world.poll()
    assert [s for s, reasons in posted(world) if reasons == ["spread"]] == ["outlet1", "outlet2"]


async def test_an_old_member_counts_and_the_next_one_tells_its_number(world: World) -> None:
    """A source seen for the first time with a day-old copy has the story, and alerts nobody."""
    world.topics = tuple(replace(topic, spread=(2,)) for topic in SPREAD)
    await publish_copy(world, 0)
    await world.poll()
    await publish_copy(world, 1)
    world.outlets["outlet1"].edit("wire", published=world.now - timedelta(days=2))
    await world.poll()
    assert posted(world) == [("outlet0", ["new"])]
    await publish_copy(world, 2)
    await world.poll()
    await publish_copy(world, 3)
    await world.poll()
    assert posted(world) == [("outlet0", ["new"]), ("outlet2", ["spread"])]


async def test_a_silenced_member_counts_and_its_number_is_told_by_the_next(world: World) -> None:
    world.topics = tuple(replace(topic, spread=(2,)) for topic in SPREAD)
    await publish_copy(world, 0)
    await world.poll()
    silence(world, SilenceKind.SOURCE, "outlet1")
    for outlet in (1, 2, 3):
        await publish_copy(world, outlet)
        await world.poll()
    assert posted(world) == [("outlet0", ["new"]), ("outlet2", ["spread"])]


async def test_a_new_told_at_two_sources_has_told_that_number(world: World) -> None:
    """What comes as news names the other outlets; the same number is not told again."""
    world.topics = tuple(replace(topic, spread=(2,)) for topic in SPREAD)
    await world.poll()
    silence(world, SilenceKind.SOURCE, "outlet0")
    for outlet in range(3):
        await publish_copy(world, outlet)
        await world.poll()
    assert posted(world) == [("outlet1", ["new"])]
