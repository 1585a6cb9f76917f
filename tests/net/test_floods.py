"""A connection is closed at a bound when a server sends endless data around a response.

The servers run in threads, so that they flood while the client's loop is busy; every test runs on
asyncio's loop and on uvloop's, which reads many buffers before it runs any task.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from flooding import flooding

from monitor.errors import FetchError, Unreachable
from monitor.model import FetchKind, Page, Request
from monitor.net.fetch import HttpFetcher
from net.fetchers import NOW, network

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MOST_BYTES = 8_000_000  # what the kernels' buffers and one read may hold beside what was parsed
LIMIT = timedelta(seconds=30)  # far more than any of this takes

Loop = Callable[[], asyncio.AbstractEventLoop]


@pytest.fixture(params=["asyncio", "uvloop"])
def new_loop(request: pytest.FixtureRequest) -> Loop:
    if request.param == "asyncio":
        return asyncio.new_event_loop
    factory: Loop = pytest.importorskip("uvloop").new_event_loop
    return factory


def on_loop(new_loop: Loop, work: Callable[[HttpFetcher], Awaitable[Any]], **changes: Any) -> Any:
    async def main() -> Any:
        async with HttpFetcher(network(timeout=LIMIT, **changes), lambda: NOW) as fetcher:
            return await work(fetcher)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(main())


def feed(url: str) -> Request:
    return Request(url=url, kind=FetchKind.FEED)


async def failure(fetcher: HttpFetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(feed(url))
    return caught.value


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints"])
@pytest.mark.parametrize("fields", ["", "Link: </style.css>\r\n"])
def test_endless_informational_responses_end_while_others_are_served(
    new_loop: Loop, status: str, fields: str
) -> None:
    wave = f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() * 1_000
    with flooding(b"", wave) as flood:

        async def both(fetcher: HttpFetcher) -> tuple[FetchError, Page]:
            error, page = await asyncio.gather(
                failure(fetcher, flood.url()), fetcher.get(feed(flood.url("/good")))
            )
            assert isinstance(page, Page)
            return error, page

        error, page = on_loop(new_loop, both)
    assert isinstance(error, Unreachable)
    assert "more than 32 informational (1xx) answers" in str(error)
    assert error.url == flood.url()
    assert flood.sent < MOST_BYTES
    assert page.body == b"good"


FLOODS = {
    "large informational responses": (
        b"",
        b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 8_000 + b"\r\n\r\n",
    ),
    "an informational response with a body": (
        b"HTTP/1.1 103 Early Hints\r\nContent-Length: 1000000000\r\n\r\n",
        b"x" * 60_000,
    ),
    "headers": (OK, b"X-Flood: 1\r\n" * 1_000),
    "one header": (OK + b"X: ", b"x" * 60_000),
    "a status line": (b"HTTP/1.1 200 ", b"x" * 60_000),
    "large headers": (OK, (b"X: " + b"x" * 16_000 + b"\r\n") * 4),
    "chunk extensions": (CHUNKED, (b"1;" + b"x" * 8_000 + b"\r\nx\r\n") * 8),
    "an endless chunk extension": (CHUNKED + b"1;", b"x" * 60_000),
    "tiny chunks": (CHUNKED, b"1\r\nx\r\n" * 10_000),
    "zeros before a chunk": (CHUNKED, b"0" * 60_000),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\n", b"X-Flood: 1\r\n" * 1_000),
    "a body behind a 304": (b"HTTP/1.1 304 Not Modified\r\n\r\n", b"x" * 60_000),
    "a body behind a 204": (b"HTTP/1.1 204 No Content\r\n\r\n", b"x" * 60_000),
    "responses": (b"", (OK + b"Content-Length: 0\r\n\r\n") * 1_000),
    "another protocol": (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"x" * 60_000,
    ),
    "the body of a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /flood\r\n\r\n", b"x" * 60_000),
    "the body of an error": (b"HTTP/1.1 500 Broken\r\n\r\n", b"x" * 60_000),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_ends_at_a_bound_while_others_are_served(new_loop: Loop, kind: str) -> None:
    with flooding(*FLOODS[kind]) as flood:

        async def both(fetcher: HttpFetcher) -> Page:
            flooded = asyncio.create_task(fetcher.get(feed(flood.url())))
            page = await fetcher.get(feed(flood.url("/good")))
            await asyncio.wait([flooded])
            if kind not in ("responses", "a body behind a 204"):
                assert isinstance(flooded.exception(), FetchError)
                assert "timed out" not in str(flooded.exception())
            assert isinstance(page, Page)
            return page

        page = on_loop(new_loop, both, max_body=10_000_000)
    print(kind, flood.sent)
    assert flood.sent < MOST_BYTES
    assert page.body == b"good"
