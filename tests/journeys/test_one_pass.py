"""A pass in the foreground polls each source once, however short its interval and long the pass."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web

from journeys.daemon import command
from journeys.test_daemon import configured
from journeys.world import World


def polls(world: World) -> Counter[str]:
    return Counter(v.path for v in world.site.visits if v.path.startswith("/feeds/"))


def all_due(world: World) -> None:
    with closing(sqlite3.connect(world.folder / "news.db")) as conn:
        conn.execute("UPDATE sources SET due_at = '2020-01-01T00:00:00.000Z'")
        conn.commit()


@pytest.fixture
def slow(world: World) -> Path:
    """Two sources that are polled every second; one of them answers after more than two."""
    world.site.publish(world.story("strike"), "late")

    async def wait(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(2.2)
        return web.Response(text=world.site.feed("late"), content_type="application/rss+xml")

    world.site.answers["late"] = wait
    return configured(world, "news", "late")


@pytest.mark.parametrize("args", [(), ("--all",), ("--source", "news", "--source", "late")])
async def test_one_pass_polls_a_source_once(world: World, slow: Path, args: list[str]) -> None:
    code, _, err = await command("poll", config=slow)
    assert code == 0, err
    assert polls(world) == {"/feeds/news.xml": 1, "/feeds/late.xml": 1}
    all_due(world)
    world.site.visits.clear()
    code, _, err = await command("poll", *args, config=slow)
    assert code == 0, err
    assert polls(world) == {"/feeds/news.xml": 1, "/feeds/late.xml": 1}


async def test_a_pass_for_one_source_leaves_the_others(world: World, slow: Path) -> None:
    code, _, err = await command("poll", "--source", "late", config=slow)
    assert code == 0, err
    all_due(world)
    world.site.visits.clear()
    code, _, err = await command("poll", "--source", "news", config=slow)
    assert code == 0, err
    assert polls(world) == {"/feeds/news.xml": 1}
