"""The wall clock is set while the service runs or between two runs: it keeps its pace, and loses
and doubles nothing.

The wall is handed in, real time and an offset; the monotonic clock and everything else is real.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from waiting import until

from journeys.world import World
from monitor import clock
from monitor.service import Service, open_service
from monitor.settings import Settings

EVERY = timedelta(seconds=1)
MOST_PER_S = 2  # polls: the interval is a second, and a moved clock may cost one more
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
BOOTED = datetime(1970, 1, 1, 0, 5, tzinfo=UTC) - datetime.now(UTC)
STEPS = (HOUR, -HOUR, DAY, -DAY, -2 * DAY, YEAR, -YEAR, BOOTED)
NAMES = [*map(str, STEPS[:-1]), "to 1970"]  # the same in every process that collects them


@dataclass
class Wall:
    """The real time, and how far it is off."""

    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


def often(settings: Settings) -> Settings:
    return replace(settings, sources=tuple(replace(s, every=EVERY) for s in settings.sources))


@asynccontextmanager
async def running(world: World, wall: Wall) -> AsyncIterator[Service]:
    """The service, whose source is due every second, under a wall clock that may be set."""
    steady = clock.SteadyClock(wall)
    async with open_service(
        often(world.settings()),
        observe=world.outcomes.append,
        alarm=lambda desk, error: world.alarms.append(error),
        clock=steady,
    ) as service:
        watching = asyncio.create_task(clock.watch(steady, service.apply_clock_step))
        yield service
        watching.cancel()
    assert world.alarms == []


async def told(world: World, slug: str) -> None:
    await until(lambda: any(slug in title for title in titles(world)), f"the alert of {slug}")


def titles(world: World) -> list[str]:
    return [post.json["data"]["article"]["title"] for post in world.hook.posts]


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
async def test_after_a_step_polls_keep_their_pace_and_every_alert_comes_once(
    world: World, step: timedelta
) -> None:
    wall, loop = Wall(), asyncio.get_running_loop()
    world.site.publish(world.story("before"))
    async with running(world, wall):
        await told(world, "before")
        wall.offset, began = step, loop.time()
        polls = len(world.site.visits)
        world.site.publish(world.story("after"))
        await told(world, "after")
        world.site.publish(world.story("later"))
        await told(world, "later")
        took, polls = loop.time() - began, len(world.site.visits) - polls
    assert polls <= MOST_PER_S * took + 4  # with the pages of two articles
    assert len(titles(world)) == len(set(titles(world))) == 3


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
async def test_a_step_between_two_runs_puts_nothing_off_and_every_alert_comes_once(
    world: World, step: timedelta
) -> None:
    world.site.publish(world.story("before"))
    async with running(world, Wall()):
        await told(world, "before")
    async with running(world, Wall(step)):
        world.site.publish(world.story("after"))
        await told(world, "after")
    async with running(world, Wall()):  # set right again
        world.site.publish(world.story("later"))
        await told(world, "later")
    assert len(titles(world)) == len(set(titles(world))) == 3
