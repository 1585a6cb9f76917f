"""A storm, a group, a night and a morning digest, as the inbox sees them."""

from datetime import UTC, datetime, time, timedelta

from journeys.world import World
from monitor.channels.config import GroupConfig, QuietConfig
from monitor.settings import DigestTime

NOON = datetime(2026, 1, 5, 19, tzinfo=UTC)  # 12:00 in Phoenix


def subjects(world: World) -> list[str]:
    return [str(mail.message["Subject"]).strip() for mail in world.inbox.mails]


async def test_companions_of_a_group_come_in_one_message_and_later_ones_in_the_next(
    world: World,
) -> None:
    world.now = NOON
    world.pace = {"group": GroupConfig()}
    async with world.running() as service:
        world.site.publish(world.story("one"))
        world.site.publish(world.story("two"))
        await world.settle(service)
        assert subjects(world) == []
        world.now += timedelta(seconds=31)
        await world.settle(service)
        assert len(subjects(world)) == 1
        world.site.publish(world.story("three"))
        await world.settle(service)
        world.now += timedelta(minutes=2)
        await world.settle(service)
        assert len(subjects(world)) == 1
        world.now += timedelta(minutes=4)
        await world.settle(service)
    assert len(subjects(world)) == 2
    assert "2 articles" in subjects(world)[0]


async def test_a_quiet_night_ends_in_one_digest(world: World) -> None:
    world.now = NOON + timedelta(hours=11)  # 23:00
    world.pace = {"quiet": QuietConfig(start=time(22), end=time(6, 30), zone="America/Phoenix")}
    for n in range(3):
        world.site.publish(world.story(f"night-{n}"))
        await world.poll()
        world.now += timedelta(hours=1)
    assert subjects(world) == []
    world.now = NOON + timedelta(hours=18, minutes=31)  # 06:31
    await world.poll()
    assert len(subjects(world)) == 1
    assert "3 articles" in subjects(world)[0]


async def test_a_morning_digest_holds_a_day_of_news_once(world: World) -> None:
    world.now = NOON
    world.pace = {"digest": DigestTime(at=time(8))}  # of the reader's zone: UTC
    world.site.publish(world.story("one"))
    await world.poll()
    world.now = datetime(2026, 1, 6, 7, 59, tzinfo=UTC)
    world.site.publish(world.story("two"))
    await world.poll()
    assert subjects(world) == []
    world.now = datetime(2026, 1, 6, 8, 1, tzinfo=UTC)
    await world.poll()
    await world.poll()
    assert len(subjects(world)) == 1
