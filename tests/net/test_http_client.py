"""Connections are kept for a while; what a server sends on an idle one is never an answer."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest
from waiting import PATIENCE_S, patience
from yarl import URL

from monitor.core.addresses import AddressPolicy
from monitor.model import FetchKind, Page, Request
from monitor.net import http_client
from monitor.net.connection import MAX_INFORMATIONAL
from monitor.net.connector import MAX_IDLE
from monitor.net.errors import Disconnected
from monitor.net.fetch import Fetching
from monitor.net.http_client import HttpClient
from net.wired import Fetchers

LIMIT_S = PATIENCE_S

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


class Server:
    """Answers each question with what `answer` makes of its number; counts connections."""

    def __init__(self, answer: Callable[[int], bytes], *, hangs_up: bool = False) -> None:
        self.answer = answer
        self.hangs_up = hangs_up  # after its first answer, unannounced
        self.connections = 0
        self.asked = 0
        self.port = 0
        self.open_now = 0  # connections
        self.most_open = 0
        self.closed = asyncio.Condition()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                writer.write(self.answer(self.asked))
                if self.hangs_up:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            async with self.closed:
                self.open_now -= 1
                self.closed.notify_all()

    async def until_open(self, most: int) -> None:
        """Wait until no more connections are open."""
        async with patience(), self.closed:
            await self.closed.wait_for(lambda: self.open_now <= most)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def request(self) -> Request:
        return Request(url=f"http://127.0.0.1:{self.port}/", kind=FetchKind.FEED)


@asynccontextmanager
async def client(allowed: Sequence[str] = ("127.0.0.0/8",)) -> AsyncIterator[HttpClient]:
    one = HttpClient(lambda: AddressPolicy(allowed), ssl.create_default_context())
    try:
        yield one
    finally:
        await one.close()


async def asked(one: HttpClient, server: Server, site: str = "one.test") -> bytes:
    async with one.get(URL(server.request().url), {}, LIMIT_S, site) as response:
        return await response.read()


def answered(number: int) -> bytes:
    return ANSWER + b"%04d" % number


async def body(fetching: Fetching, server: Server) -> bytes:
    page = await fetching.get(server.request())
    assert isinstance(page, Page)
    return page.body


async def test_a_connection_is_used_again(fetching: Fetchers) -> None:
    async with Server(answered).open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(3)] == [b"0001", b"0002", b"0003"]
        assert server.connections == 1
        await one.close()


async def test_what_came_unasked_ends_the_connection(fetching: Fetchers) -> None:
    async with Server(lambda n: ANSWER + b"%04d" % n + ANSWER + b"evil").open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(3)] == [b"0001", b"0002", b"0003"]
        assert server.connections == 3
        await one.close()


async def test_a_connection_that_the_server_closed_is_replaced(
    fetching: Fetchers,
) -> None:
    async with Server(answered, hangs_up=True).open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(2)] == [b"0001", b"0002"]
        assert server.connections == 2
        await one.close()


async def test_a_server_that_asks_to_close_is_obeyed(fetching: Fetchers) -> None:
    close = ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with Server(lambda n: close + b"%04d" % n).open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(2)] == [b"0001", b"0002"]
        assert server.connections == 2
        await one.close()


async def test_an_announcement_is_not_the_answer(fetching: Fetchers) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with Server(lambda n: early + ANSWER + b"late").open() as server:
        one = fetching()
        assert await body(one, server) == b"late"
        await one.close()


async def test_a_kept_connection_is_guarded_like_a_new_one() -> None:
    allowed = ["127.0.0.0/8"]
    async with Server(answered).open() as server, client(allowed) as one:
        assert await asked(one, server) == b"0001"
        allowed.clear()
        with pytest.raises(aiohttp.ClientConnectorError):
            await asked(one, server)
        assert server.asked == 1


async def test_a_server_that_talks_to_nobody_is_hung_up_on(
    fetching: Fetchers,
) -> None:
    """Even where it never begins a new answer: nothing of it is read into memory."""
    answered_one, hung_up = asyncio.Event(), asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER + b"0001")
        await answered_one.wait()
        try:
            while True:
                writer.write(ANSWER + b"more")
                await writer.drain()
        except ConnectionError:
            hung_up.set()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    one = fetching()
    await one.get(Request(url=f"http://127.0.0.1:{port}/", kind=FetchKind.FEED))
    answered_one.set()
    async with patience():
        await hung_up.wait()
    await one.close()
    server.close()


async def test_a_site_has_no_more_connections_than_its_slots() -> None:
    """The hosts of one site share its slots, and its idle connections make room for new ones."""
    async with (
        Server(answered).open() as first,
        Server(answered).open() as second,
        client() as one,
    ):
        for server, other in ((first, second), (second, first), (first, second)):
            await asked(one, server)
            await other.until_open(0)
        assert (first.connections, second.connections) == (2, 1)


async def test_a_connection_that_fell_silent_is_replaced() -> None:
    silent = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER + b"once")
        await reader.readuntil(b"\r\n\r\n")
        await silent.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    async with client() as one:
        for _ in range(2):
            async with one.get(url, {}, 1, "one.test") as response:
                assert await response.read() == b"once"
        silent.set()
    server.close()


async def test_an_idle_connection_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "KEEPALIVE_S", 0.05)
    async with Server(answered).open() as server, client() as one:
        await asked(one, server)
        await server.until_open(0)


async def test_what_ends_after_the_close_is_not_kept() -> None:
    async with Server(answered).open() as server, client() as one:
        async with one.get(URL(server.request().url), {}, LIMIT_S, "one.test") as response:
            await one.close()
            await response.content.read()
        await server.until_open(0)


async def test_only_so_many_are_kept() -> None:
    wanted = MAX_IDLE + 20
    async with Server(answered).open() as server, client() as one:
        await asyncio.gather(*(asked(one, server, f"{n}.test") for n in range(wanted)))
        await server.until_open(MAX_IDLE)


async def test_a_request_that_fails_on_a_new_connection_is_not_sent_again() -> None:
    async with Server(lambda n: b"").open() as server, client() as one:
        server.hangs_up = True
        with pytest.raises(Disconnected):
            await asked(one, server)
        assert server.asked == 1


async def test_as_many_announcements_as_are_allowed_come_before_the_answer(
    fetching: Fetchers,
) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * MAX_INFORMATIONAL
    async with Server(lambda n: early + ANSWER + b"late").open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(2)] == [b"late", b"late"]
        assert server.connections == 1
        await one.close()
