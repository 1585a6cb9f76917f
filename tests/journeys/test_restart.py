"""A stop gives back what was not finished as it was, and a start goes on with it at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from journeys.daemon import until
from journeys.world import World
from monitor import send_workers
from monitor import service as service_module
from monitor.settings import Settings

SOURCES, ALERTS = 300, 20


class Hanging:
    """Answers nothing until released; counts who waits."""

    def __init__(self) -> None:
        self.asked = 0
        self.released = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.Response:
        self.asked += 1
        await self.released.wait()
        return web.Response(status=204)


def crowded(world: World) -> Settings:
    """The world's own source, and 300 that are slow to answer."""
    settings = world.settings()
    slow = (world._source(f"slow-{n}", world.site.feed_url("slow")) for n in range(SOURCES))
    return replace(settings, sources=(*settings.sources, *slow))


def as_they_were(world: World) -> None:
    [sources] = world.rows(
        "SELECT count(*) AS n, total(failures) AS failures, count(last_error) AS errors,"
        " count(lease) AS leased FROM sources WHERE name != 'news'"
    )
    assert dict(sources) == {"n": SOURCES, "failures": 0, "errors": 0, "leased": 0}
    [owed] = world.rows(
        "SELECT count(*) AS n, total(attempts) AS attempts, count(last_error) AS errors,"
        " count(lease) AS leased FROM deliveries WHERE channel = 'hook'"
    )
    assert dict(owed) == {"n": ALERTS, "attempts": 0, "errors": 0, "leased": 0}
    later = (world.now + timedelta(seconds=1)).isoformat()
    for table in ("sources WHERE name != 'news'", "deliveries WHERE channel = 'hook'"):
        waiting = world.rows(f"SELECT count(*) AS n FROM {table} AND due_at > ?", later)
        assert waiting[0]["n"] == 0


async def test_a_restart_delays_nothing_that_was_taken_and_counts_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "DRAIN_LIMIT", timedelta(milliseconds=200))
    for n in range(ALERTS):
        world.site.publish(world.story(f"story-{n}"))
    feed, hook = Hanging(), Hanging()
    world.site.answers["slow"] = feed
    world.hook.answers = [hook] * 10
    async with world.running() as service:
        await until(lambda: hook.asked > 0, "a message under way")
        await until(
            lambda: world.rows("SELECT count(*) AS n FROM deliveries")[0]["n"] == 2 * ALERTS,
            "every alert owed",
        )
        await service.apply(crowded(world))
        await until(lambda: feed.asked > 0, "polls under way")
    as_they_were(world)
    feed.released.set()
    hook.released.set()
    world.hook.answers, world.site.answers = [], {}
    world.site.feeds["slow"] = []
    async with world.running() as service:
        await service.apply(crowded(world))
        await service.drain()
    polled = world.rows("SELECT count(*) AS n FROM sources WHERE validated_at IS NOT NULL")
    sent = world.rows("SELECT count(*) AS n FROM deliveries WHERE state = 'sent'")
    assert (polled[0]["n"], sent[0]["n"]) == (SOURCES + 1, 2 * ALERTS)


async def test_a_channel_that_a_reload_replaces_gives_its_message_back_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_workers, "REPLACE_TIMEOUT", timedelta(milliseconds=200))
    world.site.publish(world.story("strike"))
    hook = Hanging()
    world.hook.answers = [hook]
    async with world.running() as service:
        await until(lambda: hook.asked > 0, "a message under way")
        world.max_per_hour = 7  # another channel of the same name
        await service.apply(world.settings())
        await until(lambda: len(world.hook.posts) == 2, "the message through the new channel")
        await service.drain()
        hook.released.set()
    [sent] = world.rows("SELECT * FROM deliveries WHERE channel = 'hook'")
    assert (sent["state"], sent["attempts"], sent["last_error"]) == ("sent", 1, None)
    assert len({post.headers["webhook-id"] for post in world.hook.posts}) == 1
