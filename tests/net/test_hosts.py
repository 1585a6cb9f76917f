import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hostile import RAW, Hostile, whole
from waiting import patience

from monitor.errors import Throttled
from monitor.model import FetchKind, Request
from monitor.net.hosts import PRUNE_AT, Hosts
from net.wired import Fetchers, body


class Monotonic:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


async def visit(hosts: Hosts, site: str, kind: FetchKind = FetchKind.ARTICLE) -> None:
    async with hosts.turn(site, kind):
        pass


async def test_a_site_never_gets_more_connections_than_allowed() -> None:
    hosts = Hosts(2, seconds(0))
    running, most = 0, 0
    full = asyncio.Event()

    async def fetch(kind: FetchKind) -> None:
        nonlocal running, most
        async with hosts.turn("a.example", kind):
            running += 1
            most = max(most, running)
            if running == 2:
                full.set()
            await full.wait()
            running -= 1

    async with patience(), asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(fetch(FetchKind.FEED if number % 2 else FetchKind.ARTICLE))
    assert most == 2


async def test_two_articles_of_one_site_are_a_delay_apart() -> None:
    hosts = Hosts(2, seconds(0.05))
    ends, starts = [], []

    async def read() -> None:
        async with hosts.turn("a.example", FetchKind.ARTICLE):
            starts.append(asyncio.get_running_loop().time())
            await asyncio.sleep(0)
            ends.append(asyncio.get_running_loop().time())

    await asyncio.gather(read(), read(), read())
    assert all(later - earlier >= 0.049 for earlier, later in zip(ends, starts[1:], strict=False))


async def test_feeds_and_other_sites_do_not_wait_for_an_article() -> None:
    hosts = Hosts(2, seconds(60))
    async with patience():
        await visit(hosts, "a.example")
        await visit(hosts, "a.example", FetchKind.FEED)
        await visit(hosts, "b.example")


async def test_a_hanging_article_does_not_hold_the_next_beyond_the_delay() -> None:
    hosts = Hosts(2, seconds(0.01))
    async with patience(), hosts.turn("a.example", FetchKind.ARTICLE):
        await visit(hosts, "a.example")


async def test_a_site_is_busy_until_its_delay_has_passed() -> None:
    clock = Monotonic()
    hosts = Hosts(2, seconds(5), now=clock)
    assert (hosts.busy(), hosts.next_free()) == (frozenset(), None)
    await visit(hosts, "a.example")
    clock.at += 2
    await visit(hosts, "b.example")
    assert hosts.busy() == {"a.example", "b.example"}
    assert hosts.next_free() == 3
    clock.at += 3
    assert hosts.busy() == {"b.example"}
    clock.at += 2
    assert (hosts.busy(), hosts.next_free()) == (frozenset(), None)


async def test_a_site_with_all_connections_taken_is_busy() -> None:
    hosts = Hosts(1, seconds(0))
    async with hosts.turn("a.example", FetchKind.FEED):
        assert hosts.busy() == {"a.example"}
        assert hosts.next_free() == 1
    assert hosts.busy() == frozenset()


async def test_a_throttled_site_rests_for_thirty_seconds_or_what_it_asked() -> None:
    clock = Monotonic()
    hosts = Hosts(2, seconds(5), now=clock)
    hosts.throttled("a.example", None)
    hosts.throttled("b.example", seconds(600))
    assert hosts.next_free() == 30
    clock.at += 30
    assert hosts.busy() == {"b.example"}


async def test_nobody_stands_in_line_through_a_long_pause() -> None:
    hosts = Hosts(2, seconds(5))
    hosts.throttled("a.example", seconds(86_400))
    with pytest.raises(Throttled, match=r"a\.example asked for a pause") as error:
        await visit(hosts, "a.example")
    assert error.value.retry_after is not None
    assert error.value.retry_after > seconds(86_000)


async def test_an_idle_site_is_forgotten() -> None:
    clock = Monotonic()
    hosts = Hosts(2, seconds(5), now=clock)
    for number in range(3 * PRUNE_AT):
        await visit(hosts, f"{number}.example")
        clock.at += 1
    assert len(hosts._sites) <= PRUNE_AT


async def test_a_cancelled_visitor_gives_its_place_back() -> None:
    hosts = Hosts(1, seconds(0))
    async with hosts.turn("a.example", FetchKind.FEED):
        waiting = asyncio.create_task(visit(hosts, "a.example"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with patience():
        await visit(hosts, "a.example")
    assert hosts.busy() == frozenset()


async def test_a_reload_changes_the_limits() -> None:
    hosts = Hosts(1, seconds(60))
    hosts.apply(2, seconds(0))
    async with patience():
        async with hosts.turn("a.example", FetchKind.ARTICLE):
            await visit(hosts, "a.example")
        await visit(hosts, "a.example")


async def test_the_wire_never_sees_more_connections_of_a_site(
    server: Hostile, fetching: Fetchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAW, "/page", whole(b"page"))
    one = fetching(host_connections=2)
    await asyncio.gather(
        *(one.get(Request(url=server.url("/page"), kind=FetchKind.ARTICLE)) for _ in range(30))
    )
    assert len(server.asked) == 30
    assert server.most_open <= 2


async def test_a_redirect_within_one_site_waits_no_second_time(
    server: Hostile, fetching: Fetchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAW, "/page", whole(b"page"))
    one = fetching(host_delay=seconds(60))
    async with patience():
        url = server.url("/to?302=/page")
        assert await body(one, Request(url=url, kind=FetchKind.ARTICLE)) == b"page"


async def test_time_in_line_is_not_time_on_the_wire(
    server: Hostile, fetching: Fetchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAW, "/page", whole(b"page"))
    one = fetching(timeout=seconds(600))
    ran_s, turn = 0.0, one.hosts.turn

    @asynccontextmanager
    async def long_line(site: str, kind: FetchKind) -> AsyncIterator[None]:
        nonlocal ran_s
        ran_s += 3_600
        async with turn(site, kind):
            yield

    monkeypatch.setattr(one, "_now", lambda: asyncio.get_running_loop().time() + ran_s)
    monkeypatch.setattr(one.hosts, "turn", long_line)
    request = Request(url=server.url("/page"), kind=FetchKind.ARTICLE)
    await asyncio.gather(one.get(request), one.get(request))
    assert len(server.asked) == 2
