"""Silences, one story at many outlets, and channels that fail."""

from datetime import timedelta

from journeys.world import World
from monitor.core.rules.parser import parse
from monitor.model import SilenceKind
from monitor.settings import Topic
from monitor.store.administration import SqliteAdministration


async def test_a_silence_holds_back_messages_and_nothing_else(world: World) -> None:
    await world.poll()
    administration = SqliteAdministration(world.folder / "news.db")
    until = world.now + timedelta(days=2)
    topic = administration.add_silence(SilenceKind.TOPIC, "border", until, "quiet week", world.now)
    world.site.publish(world.story("one"))
    await world.poll()
    assert world.hook.posts == []
    assert len(world.rows("SELECT * FROM alerts")) == 1
    assert administration.remove_silence(topic)
    rule = str(parse("perishable NEAR/2 goods"))
    administration.add_silence(SilenceKind.QUERY, rule, until, "", world.now)
    world.site.publish(world.story("two"))
    await world.poll()
    assert world.hook.posts == []
    world.now = until + timedelta(minutes=1)
    world.site.publish(world.story("three"))
    await world.poll()
    assert len(world.hook.posts) == 1


def wire_copy(outlet: int) -> tuple[str, ...]:
    """The same agency text at every outlet, each with a line of its own."""
    body = tuple(
        f"Paragraph {n} of the agency's report says that trucks waited at the border for {n} hours"
        " while officers searched every load, and that drivers slept in their cabs overnight."
        for n in range(2, 9)
    )
    return (*body, f"Outlet {outlet} added this line.")


async def test_one_story_at_many_outlets_is_told_once_and_when_it_spreads(world: World) -> None:
    world.topics = (Topic(name="border", query="border", spread=(3,)),)
    for outlet in range(4):
        outlet_site = await world.outlet(f"outlet{outlet}")
        outlet_site.publish(
            world.story(
                "wire",
                title=f"Outlet {outlet}: trucks wait at the border",
                paragraphs=wire_copy(outlet),
            )
        )
        await world.poll()
    told = [
        [(alert["topic"], alert["reason"]) for alert in post.json["data"]["alerts"]]
        for post in world.hook.posts
    ]
    assert told == [[("border", "new")], [("border", "spread")]]
    assert world.hook.posts[1].json["data"]["article"]["also_at"] == ["outlet0", "outlet1"]
    stories = world.rows("SELECT DISTINCT story_id FROM articles")
    assert len(stories) == 1
    assert len(world.rows("SELECT * FROM articles")) == 4


async def test_a_channel_that_is_gone_is_told_once_through_another(world: World) -> None:
    for slug in ("one", "two"):
        world.site.publish(world.story(slug))
    world.hook.answer(410)
    world.hook.answer(410)  # two messages may be under way at once
    await world.poll()
    subjects = [str(mail.message["Subject"]) for mail in world.inbox.mails]
    notices = [subject for subject in subjects if "[border]" not in subject]
    assert len(notices) == 1
    told = [" ".join(mail.text.split()) for mail in world.inbox.mails]
    assert sum("The channel 'hook' was disabled" in text for text in told) == 1
    states = {
        row["state"] for row in world.rows("SELECT state FROM deliveries WHERE channel='hook'")
    }
    assert "dead" in states
    assert "sent" not in states


async def test_messages_given_up_are_told_once_until_the_channel_works_again(world: World) -> None:
    world.retry = (timedelta(seconds=1),)
    for slug in ("one", "two"):
        world.site.publish(world.story(slug))
    for _ in range(4):
        world.hook.answer(500)
    await world.poll()
    world.now += timedelta(minutes=1)
    await world.poll()
    dead = world.rows("SELECT * FROM deliveries WHERE state = 'dead'")
    assert len(dead) == 2
    notices = world.rows("SELECT * FROM deliveries WHERE kind = 'operator'")
    assert [(row["channel"], row["state"]) for row in notices] == [("desk", "sent")]


async def test_the_operator_hears_once_of_a_source_that_is_no_feed_any_more(world: World) -> None:
    world.operator = ("desk",)
    await world.poll()
    kept = world.site.feeds.pop("news")
    for _ in range(4):
        world.now += timedelta(hours=3)
        await world.poll()
    assert len(world.inbox.mails) == 0  # a 404 may pass; not yet long enough for a word
    for _ in range(3):
        world.now += timedelta(hours=3)
        await world.poll()
    assert len(world.inbox.mails) == 1
    world.site.feeds["news"] = kept
    world.now += timedelta(hours=3)
    await world.poll()
    bodies = [" ".join(mail.text.split()) for mail in world.inbox.mails]
    assert "The source 'news' has failed for" in bodies[0]
    assert "The source 'news' is well again." in bodies[1]
    assert len(bodies) == 2
