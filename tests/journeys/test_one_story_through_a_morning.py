"""A story from its first word to its end: each turn is told once, in one thread."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from journeys.world import EVERYTHING, PHOENIX, World

MORNING = datetime(2026, 1, 5, tzinfo=ZoneInfo(PHOENIX))
FIRST = (
    "Drivers waited for up to nine hours on Monday after two cargo lanes at the Nogales border"
    " crossing closed.",
    "Officials said that the lanes would open again before the end of the week, and that perishable"
    " goods would be let through first.",
    "About 300 trucks stood in line at noon, according to a count by the customs brokers' office.",
)
TARIFF = "A new tariff on tomatoes adds to the delays, a produce importer in Rio Rico told us."
NOTE = (
    "Correction: An earlier version of this story misstated which of the two lanes was the first"
    " to close."
)


def at(hour: int, minute: int = 0) -> datetime:
    return MORNING + timedelta(hours=hour, minutes=minute)


async def test_every_turn_of_a_story_is_told_once_and_in_one_thread(world: World) -> None:
    world.topics = tuple(replace(topic, on=EVERYTHING) for topic in world.topics)

    async def turn(hour: int, minute: int = 0) -> list[tuple[str, list[tuple[str, str]]]]:
        """What arrives at the webhook when the clock shows this."""
        world.now = at(hour, minute)
        before = len(world.hook.posts)
        await world.poll()
        return [
            (
                post.json["type"],
                [(alert["topic"], alert["reason"]) for alert in post.json["data"]["alerts"]],
            )
            for post in world.hook.posts[before:]
        ]

    story = world.story(
        "lanes", title="Trucks wait for hours as lanes close", paragraphs=FIRST, published=at(7, 45)
    )
    world.site.publish(story)
    assert await turn(7, 46) == [("article.matched", [("border", "new")])]

    told = (*FIRST, TARIFF)
    world.site.edit("lanes", paragraphs=told, updated=at(7, 51))
    [(kind, alerts)] = await turn(7, 52)
    assert ("tariff", "now_matches") in alerts
    quoted = [match["excerpt"] for match in world.hook.posts[-1].json["data"]["matches"]]
    assert any("tariff on tomatoes" in excerpt for excerpt in quoted)

    silent = tuple(text.replace("300 trucks", "450 trucks") for text in told)
    world.site.edit("lanes", paragraphs=silent)
    [(kind, alerts)] = await turn(8, 10)
    assert kind == "article.updated"
    assert {reason for _, reason in alerts} == {"updated"}
    revision = world.rows("SELECT * FROM revisions ORDER BY number DESC LIMIT 1")[0]
    assert (revision["change"], revision["stealth"]) == ("material", 1)

    world.site.edit("lanes", paragraphs=(*silent, NOTE), updated=at(9))
    [(kind, alerts)] = await turn(9, 1)
    assert {reason for _, reason in alerts} == {"correction"}

    world.site.edit("lanes", updated=at(10))
    assert await turn(10, 1) == []

    world.site.retract("lanes")
    assert await turn(11) == []
    assert await turn(11, 40) == []
    [(kind, alerts)] = await turn(12, 30)
    assert kind == "article.retracted"
    assert {reason for _, reason in alerts} == {"retracted"}
    assert await turn(14) == []

    assert len(world.rows("SELECT * FROM articles")) == 1
    first, *later = world.inbox.mails
    assert len(later) == 4
    assert {mail.message["In-Reply-To"] for mail in later} == {first.message["Message-ID"]}
