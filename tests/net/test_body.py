"""Limit on concurrent large bodies, and that waiting for it costs no one a timeout."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hostile import Hostile, hostile, whole

from monitor.model import FetchKind, Page, Request
from monitor.net.body import LARGE, LargeBodyLimit
from monitor.net.fetch import LARGE_AT_ONCE
from net.fetchers import FetcherFactory

WAIT_S = 4


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    """A server on every loopback address, each of which is a site of its own."""
    async with hostile("0.0.0.0") as one:
        one.pages["/large"] = whole(bytes(LARGE + 1))
        yield one


async def test_a_slot_is_free_again_when_its_task_has_ended() -> None:
    limit = LargeBodyLimit(1)
    work_done = asyncio.Event()

    async def holding() -> None:
        await limit.acquire()
        await limit.acquire()  # a second body of the same task needs no second slot
        await work_done.wait()

    first, second = asyncio.create_task(holding()), asyncio.create_task(limit.acquire())
    await asyncio.sleep(0)
    assert not second.done()
    work_done.set()
    await asyncio.gather(first, second)


async def test_no_more_large_bodies_are_in_memory_than_there_are_slots(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    """Each is held for longer than a fetch may take; those that wait do not time out."""
    fetcher = new_fetcher(timeout=timedelta(seconds=WAIT_S))
    held = most = 0

    async def fetch_and_hold(n: int) -> None:
        nonlocal held, most
        request = Request(url=server.url("/large", f"127.0.1.{n}"), kind=FetchKind.FEED)
        page = await fetcher.get(request)
        assert isinstance(page, Page)
        held += 1
        most = max(most, held)
        if n <= LARGE_AT_ONCE:
            await asyncio.sleep(1.1 * WAIT_S)
        held -= 1

    await asyncio.gather(
        *(asyncio.create_task(fetch_and_hold(n)) for n in range(1, 3 * LARGE_AT_ONCE))
    )
    assert most == LARGE_AT_ONCE


async def test_a_small_body_does_not_wait_for_large_ones(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    fetcher = new_fetcher()
    done = asyncio.Event()

    async def fetch_and_hold(n: int) -> None:
        await fetcher.get(Request(url=server.url("/large", f"127.0.1.{n}"), kind=FetchKind.FEED))
        await done.wait()

    holding = [asyncio.create_task(fetch_and_hold(n)) for n in range(1, 3 * LARGE_AT_ONCE)]
    small = await fetcher.get(Request(url=server.url("/feed", "127.0.2.1"), kind=FetchKind.FEED))
    assert isinstance(small, Page)
    done.set()
    await asyncio.gather(*holding)
