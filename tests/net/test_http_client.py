"""Keep-alive: connections are reused, and data received while idle is never a response."""

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
from monitor.net.fetch import HttpFetcher
from monitor.net.http_client import HttpClient
from net.fetchers import FetcherFactory

LIMIT_S = PATIENCE_S

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


class Server:
    """Server that sends `respond(n)` to the nth request, and counts requests and connections."""

    def __init__(self, respond: Callable[[int], bytes], *, closes: bool = False) -> None:
        self.respond = respond
        self.closes = closes  # after its first response, without "Connection: close"
        self.connections = 0
        self.requests = 0
        self.port = 0
        self.open_now = 0  # connections
        self.most_open = 0
        self.closed = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                writer.write(self.respond(self.requests))
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            async with self.closed:
                self.open_now -= 1
                self.closed.notify_all()

    async def wait_until_open(self, most: int) -> None:
        """Wait until no more connections are open."""
        async with patience(), self.closed:
            await self.closed.wait_for(lambda: self.open_now <= most)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def request(self) -> Request:
        return Request(url=f"http://127.0.0.1:{self.port}/", kind=FetchKind.FEED)


@asynccontextmanager
async def client(allowed: Sequence[str] = ("127.0.0.0/8",)) -> AsyncIterator[HttpClient]:
    http = HttpClient(lambda: AddressPolicy(allowed), ssl.create_default_context())
    try:
        yield http
    finally:
        await http.close()


async def fetch(http: HttpClient, server: Server, site: str = "one.test") -> bytes:
    async with http.get(URL(server.request().url), {}, LIMIT_S, site) as response:
        return await response.read()


def numbered(number: int) -> bytes:
    return HEAD + b"%04d" % number


async def body(fetcher: HttpFetcher, server: Server) -> bytes:
    page = await fetcher.get(server.request())
    assert isinstance(page, Page)
    return page.body


async def test_a_connection_is_reused(new_fetcher: FetcherFactory) -> None:
    async with Server(numbered).open() as server:
        fetcher = new_fetcher()
        assert [await body(fetcher, server) for _ in range(3)] == [b"0001", b"0002", b"0003"]
        assert server.connections == 1
        await fetcher.close()


async def test_data_after_a_response_ends_the_connection(new_fetcher: FetcherFactory) -> None:
    async with Server(lambda n: HEAD + b"%04d" % n + HEAD + b"evil").open() as server:
        fetcher = new_fetcher()
        assert [await body(fetcher, server) for _ in range(3)] == [b"0001", b"0002", b"0003"]
        assert server.connections == 3
        await fetcher.close()


async def test_a_connection_that_the_server_closed_is_replaced(
    new_fetcher: FetcherFactory,
) -> None:
    async with Server(numbered, closes=True).open() as server:
        fetcher = new_fetcher()
        assert [await body(fetcher, server) for _ in range(2)] == [b"0001", b"0002"]
        assert server.connections == 2
        await fetcher.close()


async def test_connection_close_is_obeyed(new_fetcher: FetcherFactory) -> None:
    close = HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with Server(lambda n: close + b"%04d" % n).open() as server:
        fetcher = new_fetcher()
        assert [await body(fetcher, server) for _ in range(2)] == [b"0001", b"0002"]
        assert server.connections == 2
        await fetcher.close()


async def test_an_informational_response_is_not_the_response(new_fetcher: FetcherFactory) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with Server(lambda n: early + HEAD + b"late").open() as server:
        fetcher = new_fetcher()
        assert await body(fetcher, server) == b"late"
        await fetcher.close()


async def test_a_reused_connection_obeys_the_address_policy_like_a_new_one() -> None:
    allowed = ["127.0.0.0/8"]
    async with Server(numbered).open() as server, client(allowed) as http:
        assert await fetch(http, server) == b"0001"
        allowed.clear()
        with pytest.raises(aiohttp.ClientConnectorError):
            await fetch(http, server)
        assert server.requests == 1


async def test_a_connection_that_receives_data_while_idle_is_aborted(
    new_fetcher: FetcherFactory,
) -> None:
    """So nothing of an endless stream is read into memory."""
    first_response_sent, aborted = asyncio.Event(), asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"0001")
        await first_response_sent.wait()
        try:
            while True:
                writer.write(HEAD + b"more")
                await writer.drain()
        except ConnectionError:
            aborted.set()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fetcher = new_fetcher()
    await fetcher.get(Request(url=f"http://127.0.0.1:{port}/", kind=FetchKind.FEED))
    first_response_sent.set()
    async with patience():
        await aborted.wait()
    await fetcher.close()
    server.close()


async def test_a_site_has_no_more_connections_than_its_slots() -> None:
    """The hosts of one site share its slots, and its idle connections make room for new ones."""
    async with (
        Server(numbered).open() as first,
        Server(numbered).open() as second,
        client() as http,
    ):
        for server, other in ((first, second), (second, first), (first, second)):
            await fetch(http, server)
            await other.wait_until_open(0)
        assert (first.connections, second.connections) == (2, 1)


async def test_a_connection_that_no_longer_responds_is_replaced() -> None:
    silent = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"once")
        await reader.readuntil(b"\r\n\r\n")
        await silent.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    async with client() as http:
        for _ in range(2):
            async with http.get(url, {}, 1, "one.test") as response:
                assert await response.read() == b"once"
        silent.set()
    server.close()


async def test_an_idle_connection_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "KEEPALIVE_S", 0.05)
    async with Server(numbered).open() as server, client() as http:
        await fetch(http, server)
        await server.wait_until_open(0)


async def test_a_response_read_after_the_close_leaves_no_connection_open() -> None:
    async with Server(numbered).open() as server, client() as http:
        async with http.get(URL(server.request().url), {}, LIMIT_S, "one.test") as response:
            await http.close()
            await response.content.read()
        await server.wait_until_open(0)


async def test_the_number_of_idle_connections_is_bounded() -> None:
    wanted = MAX_IDLE + 20
    async with Server(numbered).open() as server, client() as http:
        await asyncio.gather(*(fetch(http, server, f"{n}.test") for n in range(wanted)))
        await server.wait_until_open(MAX_IDLE)


async def test_a_request_that_fails_on_a_new_connection_is_not_resent() -> None:
    async with Server(lambda n: b"").open() as server, client() as http:
        server.closes = True
        with pytest.raises(Disconnected):
            await fetch(http, server)
        assert server.requests == 1


async def test_the_allowed_number_of_informational_responses_is_accepted(
    new_fetcher: FetcherFactory,
) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * MAX_INFORMATIONAL
    async with Server(lambda n: early + HEAD + b"late").open() as server:
        fetcher = new_fetcher()
        assert [await body(fetcher, server) for _ in range(2)] == [b"late", b"late"]
        assert server.connections == 1
        await fetcher.close()
