"""Few large bodies at a time, and nobody loses by waiting."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hostile import Hostile, hostile, whole

from monitor.model import FetchKind, Page, Request
from monitor.net.body import LARGE, LargeBodyLimit
from monitor.net.fetch import LARGE_AT_ONCE
from net.wired import Fetchers

WAIT_S = 4


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    """At many addresses: each a site of its own."""
    async with hostile("0.0.0.0") as one:
        one.pages["/large"] = whole(bytes(LARGE + 1))
        yield one


async def test_a_place_is_free_again_when_its_task_has_ended() -> None:
    room = LargeBodyLimit(1)
    work_done = asyncio.Event()

    async def holding() -> None:
        await room.enter()
        await room.enter()  # a second body of the same task needs no second place
        await work_done.wait()

    first, second = asyncio.create_task(holding()), asyncio.create_task(room.enter())
    await asyncio.sleep(0)
    assert not second.done()
    work_done.set()
    await asyncio.gather(first, second)


async def test_no_more_large_bodies_are_held_than_there_are_places(
    server: Hostile, fetching: Fetchers
) -> None:
    """Each is kept for longer than a fetch may take; those that wait do not time out."""
    net = fetching(timeout=timedelta(seconds=WAIT_S))
    held = most = 0

    async def kept(n: int) -> None:
        nonlocal held, most
        request = Request(url=server.url("/large", f"127.0.1.{n}"), kind=FetchKind.FEED)
        page = await net.get(request)
        assert isinstance(page, Page)
        held += 1
        most = max(most, held)
        if n <= LARGE_AT_ONCE:
            await asyncio.sleep(1.1 * WAIT_S)
        held -= 1

    await asyncio.gather(*(asyncio.create_task(kept(n)) for n in range(1, 3 * LARGE_AT_ONCE)))
    assert most == LARGE_AT_ONCE


async def test_a_small_body_waits_for_no_large_one(server: Hostile, fetching: Fetchers) -> None:
    net = fetching()
    done = asyncio.Event()

    async def kept(n: int) -> None:
        await net.get(Request(url=server.url("/large", f"127.0.1.{n}"), kind=FetchKind.FEED))
        await done.wait()

    holding = [asyncio.create_task(kept(n)) for n in range(1, 3 * LARGE_AT_ONCE)]
    small = await net.get(Request(url=server.url("/feed", "127.0.2.1"), kind=FetchKind.FEED))
    assert isinstance(small, Page)
    done.set()
    await asyncio.gather(*holding)
