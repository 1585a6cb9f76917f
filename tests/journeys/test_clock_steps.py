"""The wall clock is set while the service runs: it keeps its pace, and loses and doubles nothing.

The wall is handed in, real time and an offset; the monotonic clock and everything else is real.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from daemon import until
from world import World

from monitor import clock
from monitor.service import opened
from monitor.settings import Settings

EVERY = timedelta(seconds=1)
MOST_PER_S = 2  # polls: the interval is a second, and a moved clock may cost one more


def often(settings: Settings) -> Settings:
    return replace(settings, sources=tuple(replace(s, every=EVERY) for s in settings.sources))


@pytest.mark.parametrize("step", [timedelta(days=365), timedelta(days=-2)], ids=str)
async def test_after_a_step_polls_keep_their_pace_and_every_alert_comes_once(
    world: World, step: timedelta
) -> None:
    offset = timedelta(0)

    def wall() -> datetime:
        return datetime.now(UTC) + offset

    def told(slug: str) -> bool:
        return any(slug in post.json["data"]["article"]["title"] for post in world.hook.posts)

    world.site.publish(world.story("before"))
    steady = clock.SteadyClock(wall)
    loop = asyncio.get_running_loop()
    async with opened(
        often(world.settings()),
        observe=world.outcomes.append,
        alarm=lambda desk, error: world.alarms.append(error),
        clock=steady,
    ) as service:
        watching = asyncio.create_task(clock.watch(steady, service.clocks_moved))
        await until(lambda: told("before"), "an alert before the step")
        offset, began = step, loop.time()
        polls = len(world.site.visits)
        world.site.publish(world.story("after"))
        await until(lambda: told("after"), "an alert after the step")
        world.site.publish(world.story("later"))
        await until(lambda: told("later"), "another one")
        took, polls = loop.time() - began, len(world.site.visits) - polls
        watching.cancel()
    assert world.alarms == []
    assert polls <= MOST_PER_S * took + 4  # with the pages of two articles
    assert took < 15
    titles = [post.json["data"]["article"]["title"] for post in world.hook.posts]
    assert len(titles) == len(set(titles)) == 3
