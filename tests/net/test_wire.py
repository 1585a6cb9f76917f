"""Connections are kept for a while; what a server says unasked is never taken for an answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from waiting import patience
from yarl import URL

from monitor.model import Errand, Page, Request
from monitor.net import wire as wire_module
from monitor.net.connection import MAX_INFORMATIONAL
from monitor.net.wire import MOST_KEPT

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


class Server:
    """Answers each question with what `answer` makes of its number; counts connections."""

    def __init__(self, answer: Callable[[int], bytes], *, hangs_up: bool = False) -> None:
        self.answer = answer
        self.hangs_up = hangs_up  # after its first answer, unannounced
        self.connections = 0
        self.asked = 0
        self.port = 0
        self.left = asyncio.Event()  # somebody hung up

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                writer.write(self.answer(self.asked))
                if self.hangs_up:
                    break
        except asyncio.IncompleteReadError:
            self.left.set()
        finally:
            writer.close()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def request(self) -> Request:
        return Request(url=f"http://127.0.0.1:{self.port}/", errand=Errand.FEED)


def answered(number: int) -> bytes:
    return ANSWER + b"%04d" % number


async def body(fetching, server: Server) -> bytes:
    page = await fetching.get(server.request())
    assert isinstance(page, Page)
    return page.body


async def test_a_connection_is_used_again(fetching):
    async with Server(answered).open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(3)] == [b"0001", b"0002", b"0003"]
        assert server.connections == 1
        await one.close()


async def test_what_came_unasked_ends_the_connection(fetching):
    async with Server(lambda n: ANSWER + b"%04d" % n + ANSWER + b"evil").open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(3)] == [b"0001", b"0002", b"0003"]
        assert server.connections == 3
        await one.close()


async def test_a_connection_that_the_server_closed_is_replaced(fetching):
    async with Server(answered, hangs_up=True).open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(2)] == [b"0001", b"0002"]
        assert server.connections == 2
        await one.close()


async def test_a_server_that_asks_to_close_is_obeyed(fetching):
    close = ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with Server(lambda n: close + b"%04d" % n).open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(2)] == [b"0001", b"0002"]
        assert server.connections == 2
        await one.close()


async def test_an_announcement_is_not_the_answer(fetching):
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with Server(lambda n: early + ANSWER + b"late").open() as server:
        one = fetching()
        assert await body(one, server) == b"late"
        await one.close()


async def test_a_kept_connection_is_guarded_like_a_new_one(fetching):
    async with Server(answered).open() as server:
        one = fetching()
        await body(one, server)
        wire = one._open()
        origin = ("http", "127.0.0.1", server.port)
        one.apply(one._settings.__class__(user_agent="other", allow_private=()))
        assert wire._kept(origin, f"127.0.0.1:{server.port}") is None
        await one.close()


async def test_a_server_that_talks_to_nobody_is_hung_up_on(fetching):
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
    await one.get(Request(url=f"http://127.0.0.1:{port}/", errand=Errand.FEED))
    answered_one.set()
    async with patience():
        await hung_up.wait()
    await one.close()
    server.close()


async def test_a_site_has_no_more_connections_than_its_turns(fetching):
    """The hosts of one site share its turns, and its idle connections make room for new ones."""
    idle = []
    async with Server(answered).open() as first, Server(answered).open() as second:
        one = fetching(host_connections=2)
        wire = one._open()
        for server in (first, second, first):
            async with wire.ask(URL(server.request().url), {}, 5, "one.test") as answer:
                await answer.content.read()
            idle.append(len(wire._idle))
        assert (idle, first.connections, second.connections) == ([1, 1, 1], 2, 1)
        await one.close()


async def test_a_connection_that_fell_silent_is_replaced(fetching):
    silent = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER + b"once")
        await reader.readuntil(b"\r\n\r\n")
        await silent.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    one = fetching()
    wire, url = one._open(), URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    for _ in range(2):
        async with wire.ask(url, {}, 1, "one.test") as answer:
            assert await answer.content.read() == b"once"
    silent.set()
    await one.close()
    server.close()


async def test_an_idle_connection_ends_by_itself(fetching, monkeypatch):
    monkeypatch.setattr(wire_module, "KEPT_S", 0.05)
    async with Server(answered).open() as server:
        one = fetching()
        await body(one, server)
        async with patience():
            await server.left.wait()
        assert not one._open()._idle
        await one.close()


async def test_what_ends_after_the_close_is_not_kept(fetching):
    async with Server(answered).open() as server:
        one = fetching()
        wire = one._open()
        async with wire.ask(URL(server.request().url), {}, 5, "one.test") as answer:
            await wire.close()
            await answer.content.read()
        async with patience():
            await server.left.wait()
        assert not wire._idle


async def test_only_so_many_are_kept(fetching):
    async with Server(answered).open() as server:
        one = fetching(host_connections=MOST_KEPT + 20)
        await asyncio.gather(*(body(one, server) for _ in range(MOST_KEPT + 20)))
        assert len(one._open()._idle) <= MOST_KEPT
        await one.close()


async def test_as_many_announcements_as_are_allowed_come_before_the_answer(fetching):
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * MAX_INFORMATIONAL
    async with Server(lambda n: early + ANSWER + b"late").open() as server:
        one = fetching()
        assert [await body(one, server) for _ in range(2)] == [b"late", b"late"]
        assert server.connections == 1
        await one.close()
