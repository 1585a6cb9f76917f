"""A live blog: forty edits of one article are a few messages a day, and none of them is lost."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from journeys.world import EVERYTHING, World
from monitor.model import Reason
from monitor.service import Service
from monitor.settings import DigestTime, Topic

MORNING = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 6, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_article(world: World) -> None:
    world.now = MORNING
    world.topics = (Topic(name="border", query="border"),)
    world.site.publish(world.story("lanes", published=MORNING - timedelta(minutes=10)))


async def edit(world: World, service: Service, number: int, **changes: Any) -> None:
    """The site adds a sentence ten minutes later, and all that is due is done."""
    world.now += timedelta(minutes=10)
    told = world.site.stories["lanes"].paragraphs
    more = f"At count {number}, customs officers had {number * 37} trucks waiting in the lanes."
    world.site.edit("lanes", paragraphs=(*told, more), updated=world.now, **changes)
    await world.settle(service)


def kinds(world: World) -> list[str]:
    return [post.json["type"] for post in world.hook.posts]


async def test_forty_edits_are_seven_messages_and_every_alert_is_told(world: World) -> None:
    async with world.running() as service:
        await world.settle(service)
        for number in range(1, 41):
            await edit(world, service, number)
        assert kinds(world) == ["article.matched", *["article.updated"] * 6]
        world.now = MIDNIGHT
        await world.settle(service)
    assert kinds(world)[7:] == ["article.updated"]
    last = world.hook.posts[-1].json["data"]
    assert len(last["alerts"]) == 34
    assert last["article"]["revision"] == 41
    assert (last["change"]["edits"], last["change"]["since"]) == (34, "2026-01-05T09:10:00Z")
    assert len(last["change"]["added"]) == 34
    assert "At count 7, customs officers had 259 trucks" in last["change"]["added"][0]
    told = world.rows("SELECT count(DISTINCT alert_id) AS n FROM delivery_alerts")
    assert told[0]["n"] == 41
    mail = world.inbox.mails[-1]
    assert str(mail.message["Subject"]).startswith("[border] Updated: ")
    assert "34 edits since 09:10" in " ".join(mail.text.split())
    assert "34 edits since 09:10" in mail.html
    assert len(world.inbox.mails) == 8


async def test_another_reason_goes_at_once_and_takes_what_was_held_along(world: World) -> None:
    world.topics = (Topic(name="border", query="border", on=EVERYTHING, at_most=2),)
    async with world.running() as service:
        await world.settle(service)
        for number in range(1, 6):
            await edit(world, service, number)
        assert len(world.hook.posts) == 1 + 2
        note = "Correction: An earlier version of this story misstated the number of the lanes."
        world.now += timedelta(minutes=10)
        told = world.site.stories["lanes"].paragraphs
        world.site.edit("lanes", paragraphs=(*told, note), updated=world.now)
        await world.settle(service)
        assert len(world.hook.posts) == 1 + 2 + 1
        data = world.hook.posts[-1].json["data"]
        reasons = [alert["reason"] for alert in data["alerts"]]
        assert reasons == ["updated"] * 3 + ["correction"]
        assert data["change"]["edits"] == 4
        assert len(data["change"]["added"]) == 4
        world.now = MIDNIGHT
        await world.settle(service)
    assert len(world.hook.posts) == 4
    waiting = world.rows("SELECT 1 FROM deliveries WHERE state != 'sent'")
    assert waiting == []


async def test_the_next_day_counts_anew(world: World) -> None:
    world.topics = (Topic(name="border", query="border", at_most=1),)
    async with world.running() as service:
        await world.settle(service)
        for number in (1, 2, 3):
            await edit(world, service, number)
        world.now = MIDNIGHT
        await world.settle(service)
        assert len(world.hook.posts) == 1 + 1 + 1
        await edit(world, service, 4)
    assert len(world.hook.posts) == 1 + 1 + 1 + 1
    assert "edits" not in world.hook.posts[-1].json["data"]["change"]


async def test_without_a_limit_every_edit_is_a_message(world: World) -> None:
    world.topics = (Topic(name="border", query="border", at_most=0),)
    async with world.running() as service:
        await world.settle(service)
        for number in range(1, 11):
            await edit(world, service, number)
    assert len(world.hook.posts) == 11


async def test_a_retraction_is_told_at_once(world: World) -> None:
    world.topics = (Topic(name="border", query="border", on=EVERYTHING, at_most=1),)
    async with world.running() as service:
        await world.settle(service)
        for number in (1, 2, 3):
            await edit(world, service, number)
        world.site.retract("lanes")
        for _ in range(4):
            world.now += timedelta(minutes=45)
            await world.settle(service)
    last = world.hook.posts[-1].json
    assert last["type"] == "article.retracted"
    assert [alert["reason"] for alert in last["data"]["alerts"]] == [
        Reason.UPDATED,
        Reason.UPDATED,
        Reason.RETRACTED,
    ]


async def test_held_edits_survive_a_restart_and_a_pass(world: World) -> None:
    world.topics = (Topic(name="border", query="border", at_most=1),)
    async with world.running() as service:
        await world.settle(service)
        for number in (1, 2, 3):
            await edit(world, service, number)
    await world.poll()
    assert len(world.hook.posts) == 2
    world.now = MIDNIGHT
    await world.poll()
    assert len(world.hook.posts) == 3
    assert world.hook.posts[-1].json["data"]["change"]["edits"] == 2


async def test_a_digest_shows_an_article_once_however_often_it_was_edited(world: World) -> None:
    world.pace = {"digest": DigestTime(at=time(18))}
    world.topics = (Topic(name="border", query="border", at_most=1),)
    world.site.publish(world.story("other", published=MORNING - timedelta(minutes=10)))
    async with world.running() as service:
        await world.settle(service)
        for number in (1, 2, 3):
            await edit(world, service, number)
        world.now = MORNING.replace(hour=18)
        await world.settle(service)
        for number in (4, 5):
            await edit(world, service, number)
        world.now = MIDNIGHT.replace(hour=18)
        await world.settle(service)
    first, second = world.inbox.mails
    assert str(first.message["Subject"]) == "[border] 2 articles"
    assert str(second.message["Subject"]).startswith("[border] Updated: ")
    assert "2 edits since 18:10" in " ".join(second.text.split())
