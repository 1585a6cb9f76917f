"""Rate limit per site: slots, delay between articles, pauses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hostile import RAW, Hostile, whole
from waiting import patience

from monitor.errors import Throttled
from monitor.model import FetchKind, Request
from monitor.net.site_limiter import PRUNE_AT, SiteLimiter
from net.fetchers import FetcherFactory, body


class Monotonic:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


async def fetch(limiter: SiteLimiter, site: str, kind: FetchKind = FetchKind.ARTICLE) -> None:
    async with limiter.slot(site, kind):
        pass


async def test_a_site_never_gets_more_connections_than_allowed() -> None:
    limiter = SiteLimiter(2, seconds(0))
    running, most = 0, 0
    full = asyncio.Event()

    async def request(kind: FetchKind) -> None:
        nonlocal running, most
        async with limiter.slot("a.example", kind):
            running += 1
            most = max(most, running)
            if running == 2:
                full.set()
            await full.wait()
            running -= 1

    async with patience(), asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(request(FetchKind.FEED if number % 2 else FetchKind.ARTICLE))
    assert most == 2


async def test_two_articles_of_one_site_are_a_delay_apart() -> None:
    limiter = SiteLimiter(2, seconds(0.05))
    ends, starts = [], []

    async def read() -> None:
        async with limiter.slot("a.example", FetchKind.ARTICLE):
            starts.append(asyncio.get_running_loop().time())
            await asyncio.sleep(0)
            ends.append(asyncio.get_running_loop().time())

    await asyncio.gather(read(), read(), read())
    assert all(later - earlier >= 0.049 for earlier, later in zip(ends, starts[1:], strict=False))


async def test_feeds_and_other_sites_do_not_wait_for_an_article() -> None:
    limiter = SiteLimiter(2, seconds(60))
    async with patience():
        await fetch(limiter, "a.example")
        await fetch(limiter, "a.example", FetchKind.FEED)
        await fetch(limiter, "b.example")


async def test_a_hanging_article_does_not_hold_the_next_beyond_the_delay() -> None:
    limiter = SiteLimiter(2, seconds(0.01))
    async with patience(), limiter.slot("a.example", FetchKind.ARTICLE):
        await fetch(limiter, "a.example")


async def test_a_site_is_busy_until_its_delay_has_passed() -> None:
    clock = Monotonic()
    limiter = SiteLimiter(2, seconds(5), now=clock)
    assert (limiter.busy(), limiter.next_free()) == (frozenset(), None)
    await fetch(limiter, "a.example")
    clock.at += 2
    await fetch(limiter, "b.example")
    assert limiter.busy() == {"a.example", "b.example"}
    assert limiter.next_free() == 3
    clock.at += 3
    assert limiter.busy() == {"b.example"}
    clock.at += 2
    assert (limiter.busy(), limiter.next_free()) == (frozenset(), None)


async def test_a_site_with_all_connections_taken_is_busy() -> None:
    limiter = SiteLimiter(1, seconds(0))
    async with limiter.slot("a.example", FetchKind.FEED):
        assert limiter.busy() == {"a.example"}
        assert limiter.next_free() == 1
    assert limiter.busy() == frozenset()


async def test_a_paused_site_is_busy_for_thirty_seconds_or_its_retry_after() -> None:
    clock = Monotonic()
    limiter = SiteLimiter(2, seconds(5), now=clock)
    limiter.pause("a.example", None)
    limiter.pause("b.example", seconds(600))
    assert limiter.next_free() == 30
    clock.at += 30
    assert limiter.busy() == {"b.example"}


async def test_a_request_does_not_wait_through_a_long_pause() -> None:
    limiter = SiteLimiter(2, seconds(5))
    limiter.pause("a.example", seconds(86_400))
    with pytest.raises(Throttled, match=r"a\.example asked for a pause") as error:
        await fetch(limiter, "a.example")
    assert error.value.retry_after is not None
    assert error.value.retry_after > seconds(86_000)


async def test_an_idle_site_is_forgotten() -> None:
    clock = Monotonic()
    limiter = SiteLimiter(2, seconds(5), now=clock)
    for number in range(3 * PRUNE_AT):
        await fetch(limiter, f"{number}.example")
        clock.at += 1
    assert len(limiter._sites) <= PRUNE_AT


async def test_a_cancelled_request_releases_its_slot() -> None:
    limiter = SiteLimiter(1, seconds(0))
    async with limiter.slot("a.example", FetchKind.FEED):
        waiting = asyncio.create_task(fetch(limiter, "a.example"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with patience():
        await fetch(limiter, "a.example")
    assert limiter.busy() == frozenset()


async def test_a_reload_changes_the_limits() -> None:
    limiter = SiteLimiter(1, seconds(60))
    limiter.apply(2, seconds(0))
    async with patience():
        async with limiter.slot("a.example", FetchKind.ARTICLE):
            await fetch(limiter, "a.example")
        await fetch(limiter, "a.example")


async def test_a_server_never_sees_more_connections_than_allowed(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAW, "/page", whole(b"page"))
    fetcher = new_fetcher(host_connections=2)
    await asyncio.gather(
        *(fetcher.get(Request(url=server.url("/page"), kind=FetchKind.ARTICLE)) for _ in range(30))
    )
    assert len(server.asked) == 30
    assert server.most_open <= 2


async def test_a_redirect_within_one_site_does_not_wait_again(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAW, "/page", whole(b"page"))
    fetcher = new_fetcher(host_delay=seconds(60))
    async with patience():
        url = server.url("/to?302=/page")
        assert await body(fetcher, Request(url=url, kind=FetchKind.ARTICLE)) == b"page"


async def test_waiting_for_a_slot_does_not_count_towards_the_time_limit(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAW, "/page", whole(b"page"))
    fetcher = new_fetcher(timeout=seconds(600))
    ran_s, slot = 0.0, fetcher.limiter.slot

    @asynccontextmanager
    async def slot_after_an_hour(site: str, kind: FetchKind) -> AsyncIterator[None]:
        nonlocal ran_s
        ran_s += 3_600
        async with slot(site, kind):
            yield

    monkeypatch.setattr(fetcher, "_now", lambda: asyncio.get_running_loop().time() + ran_s)
    monkeypatch.setattr(fetcher.limiter, "slot", slot_after_an_hour)
    request = Request(url=server.url("/page"), kind=FetchKind.ARTICLE)
    await asyncio.gather(fetcher.get(request), fetcher.get(request))
    assert len(server.asked) == 2
