"""`at_least`: a topic stores every match, and alerts only from a level on."""

from journeys.test_silences import posted
from journeys.world import World
from monitor.model import Level
from monitor.settings import Topic

ABOUT_STEEL = (Topic(name="steel", query="steel", at_least=Level.LIKELY),)
LATE = (
    "The council met on Monday evening to talk about the budget of the coming year, which is"
    " larger than that of any year before, and about the three bridges that have to be mended.",
    "Members asked when the work would begin, who would pay for it and how long the roads would"
    " be closed; the engineer of the county promised an answer before the end of the month.",
    "One of the bridges needs new steel.",
)


async def test_a_mention_is_stored_and_alerts_once_the_article_is_about_the_topic(
    world: World,
) -> None:
    world.topics = ABOUT_STEEL
    await world.poll()
    site = world.outlets.get("council") or await world.outlet("council")
    await world.poll()
    site.publish(world.story("council", title="Council meets", paragraphs=LATE))
    await world.poll()
    assert [tuple(row) for row in world.rows("SELECT DISTINCT topic, level FROM matches")] == [
        ("steel", "mention")
    ]
    assert posted(world) == []
    site.edit("council", title="Council buys steel for three bridges")
    await world.poll()
    await world.poll()
    assert posted(world) == [("council", ["now_matches"])]
    levels = world.rows("SELECT DISTINCT level FROM matches WHERE revision = 2")
    assert [row["level"] for row in levels] == ["likely"]
