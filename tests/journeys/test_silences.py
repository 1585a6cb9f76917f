"""Silenced alerts: stored with their silence, sent to nobody, and told to nobody."""

from datetime import timedelta
from pathlib import Path

from journeys.test_commands import lines
from journeys.test_daemon import configured
from journeys.test_trouble import wire_copy
from journeys.world import EVERYTHING, World
from monitor.model import SilenceKind
from monitor.settings import Topic
from monitor.store.administration import SqliteAdministration
from monitor.store.archive import SqliteArchive

BORDER = (Topic(name="border", query="border"),)


def posted(world: World) -> list[tuple[str, list[str]]]:
    """Source and reasons of every message that the webhook got."""
    return [
        (post.json["data"]["article"]["source"], [a["reason"] for a in post.json["data"]["alerts"]])
        for post in world.hook.posts
    ]


def silence(world: World, kind: SilenceKind, value: str, **length: float) -> int:
    until = world.now + timedelta(**(length or {"hours": 2}))
    return administration(world).add_silence(kind, value, until, "too loud", world.now)


def administration(world: World) -> SqliteAdministration:
    return SqliteAdministration(world.folder / "news.db")


async def publish_copy(world: World, outlet: int, slug: str = "wire") -> None:
    name = f"outlet{outlet}"
    site = world.outlets.get(name) or await world.outlet(name)
    title = f"Outlet {outlet}: trucks wait at the border"
    site.publish(world.story(slug, title=title, paragraphs=wire_copy(outlet)))


async def test_a_copy_is_told_when_only_a_silenced_source_had_the_story(world: World) -> None:
    world.topics = BORDER
    await world.poll()
    silence(world, SilenceKind.SOURCE, "outlet0")
    for outlet in range(3):
        await publish_copy(world, outlet)
        await world.poll()
    assert posted(world) == [("outlet1", ["new"])]
    alerts = world.rows("SELECT topic, reason, silence_id, silence FROM alerts ORDER BY id")
    assert [(a["topic"], a["reason"], a["silence_id"]) for a in alerts] == [
        ("border", "new", 1),
        ("border", "new", None),
    ]
    assert alerts[0]["silence"].startswith("source outlet0")
    assert "too loud" in alerts[0]["silence"]


async def test_the_same_address_in_another_feed_is_told_when_its_own_is_silenced(
    world: World,
) -> None:
    world.topics, world.feeds = BORDER, ("wire", "news")
    story = world.story("strike")
    world.site.feeds = {"wire": [], "news": []}
    await world.poll()
    silence(world, SilenceKind.SOURCE, "wire")
    world.site.publish(story, "wire")
    await world.poll()
    assert posted(world) == []
    world.site.publish(story, "news")
    await world.poll()
    assert len(posted(world)) == 1
    await world.poll()
    assert len(posted(world)) == 1
    assert len(world.rows("SELECT * FROM articles")) == 1


async def test_an_article_that_was_silenced_is_neither_retracted_nor_restored_aloud(
    world: World,
) -> None:
    world.topics = (Topic(name="border", query="border", on=EVERYTHING),)
    await world.poll()
    number = silence(world, SilenceKind.SOURCE, "news")
    world.site.publish(world.story("strike"))
    await world.poll()
    administration(world).remove_silence(number)
    world.site.retract("strike")
    for _ in range(4):
        await world.poll()
        world.now += timedelta(minutes=40)
    assert [row["gone"] > 2 for row in world.rows("SELECT gone FROM articles")] == [True]
    world.site.gone.clear()
    await world.poll()
    assert posted(world) == []


async def test_a_retraction_that_was_silenced_is_not_followed_by_a_loud_return(
    world: World,
) -> None:
    world.topics = (Topic(name="border", query="border", on=EVERYTHING),)
    world.site.publish(world.story("strike"))
    await world.poll()
    number = silence(world, SilenceKind.QUERY, "trucks", days=1)
    world.site.retract("strike")
    for _ in range(4):
        await world.poll()
        world.now += timedelta(minutes=40)
    administration(world).remove_silence(number)
    world.site.gone.clear()
    await world.poll()
    assert posted(world) == [("news", ["new"])]
    reasons = world.rows("SELECT reason, silence_id FROM alerts ORDER BY id")
    assert [tuple(row) for row in reasons] == [("new", None), ("retracted", 1)]


async def test_a_summary_that_was_silenced_is_told_once_its_page_comes_after_the_silence(
    world: World,
) -> None:
    world.topics = BORDER
    await world.poll()
    silence(world, SilenceKind.SOURCE, "news", minutes=2)
    world.site.publish(world.story("strike"))
    world.site.failing.add("strike")
    await world.poll()
    assert posted(world) == []
    world.site.failing.clear()
    world.now += timedelta(minutes=10)
    await world.poll()
    assert posted(world) == [("news", ["new"])]
    [alert] = world.rows("SELECT * FROM alerts")
    assert alert["silence_id"] is None


async def test_silenced_alerts_are_counted_listed_and_shown(world: World) -> None:
    path: Path = configured(world, "news")
    await lines("poll", config=path)
    number = silence(world, SilenceKind.QUERY, "perishable", days=2)
    world.site.publish(world.story("strike"))
    [summary] = await lines("poll", "--all", config=path)
    assert (summary["articles_new"], summary["alerts"], summary["sent"]) == (1, 0, 0)
    [listed] = await lines("silence", config=path)
    assert (listed["id"], listed["alerts"]) == (number, 1)
    [article] = await lines("articles", "--silenced", config=path)
    [alert] = article["silenced"]
    assert (alert["topic"], alert["reason"], alert["silence_id"]) == ("border", "new", number)
    assert "perishable" in alert["silence"]
    [shown] = await lines("show", str(article["id"]), config=path)
    assert [a["silence"] for a in shown["alerts"]] == [alert["silence"]]
    administration(world).remove_silence(number)
    with SqliteArchive(world.folder / "news.db") as archive:
        assert [row["silence"] for row in archive.alerts(article["id"])] == [alert["silence"]]
