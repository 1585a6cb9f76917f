"""A hostile web server of our own: every path misbehaves in its own way, on a real socket.

`async with hostile() as server: server.url("/bomb/gzip")`; `server.asked` keeps what came in.
"""

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import unquote

import brotli

FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>Hostile</title>'
    b"<item><title>One</title><guid>1</guid></item></channel></rss>"
)
BOMB_BYTES = 64_000_000
DRIP_S = 0.01

Misbehaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came: the path with its query, and the headers in lower case."""

    path: str
    headers: dict[str, str]
    at: float  # monotonic, seconds


@dataclass(slots=True)
class Hostile:
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    pages: dict[str, bytes | Callable[[], bytes]] = field(default_factory=dict)  # of one test
    open: int = 0
    most_open: int = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; as many requests as the client sends."""
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    asked = _asked(head)
                    self.asked.append(asked)
                    await self.answer(asked, reader, writer)
        finally:
            self.open -= 1
            writer.close()

    async def answer(
        self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        path, _, query = asked.path.partition("?")
        if page := self.pages.get(asked.path):
            writer.write(page() if callable(page) else page)
        elif path in BEHAVIOURS:
            await BEHAVIOURS[path](reader, writer)
        elif path == "/to":  # /to?301=http://elsewhere/
            status, _, location = query.partition("=")
            where = unquote(location)
            writer.write(f"HTTP/1.1 {status} Moved\r\nLocation: {where}\r\n\r\n".encode("latin-1"))
        elif path.startswith("/chain/"):
            step = int(path.removeprefix("/chain/"))
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: /chain/{step + 1}\r\n\r\n".encode())
        elif path.startswith("/bomb/"):
            writer.write(bomb(path.removeprefix("/bomb/")))
        else:
            writer.write(RAW.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
        await writer.drain()
        writer.close()


@asynccontextmanager
async def hostile(host: str = "127.0.0.1") -> AsyncIterator[Hostile]:
    state = Hostile()
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with suppress(asyncio.CancelledError):
            await state.serve(reader, writer)

    server = await asyncio.start_server(serve, host, 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running)
        await server.wait_closed()


def _asked(head: str) -> Asked:
    line, *fields = head.strip().split("\r\n")
    pairs = (one.partition(":") for one in fields)
    return Asked(
        line.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs}, monotonic()
    )


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A well-formed answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks) + end


def bomb(kind: str) -> bytes:
    """BOMB_BYTES of zeros, packed; `nested` packs them twice, `cut` loses its end."""
    zeros = bytes(BOMB_BYTES)
    match kind:
        case "deflate":
            return whole(zlib.compress(zeros), "Content-Encoding: deflate")
        case "br":
            return whole(brotli.compress(zeros, quality=4), "Content-Encoding: br")
        case "zstd":
            return whole(_zstd(zeros), "Content-Encoding: zstd")
        case "nested":
            packed = gzip.compress(gzip.compress(zeros))
            return whole(packed, "Content-Encoding: gzip, gzip")
        case _:
            return whole(gzip.compress(zeros), "Content-Encoding: gzip")


def _zstd(data: bytes) -> bytes:
    from backports import zstd

    return zstd.compress(data)


# ── what takes time or never ends ────────────────────────────────────────────────────────


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + FEED)
    await writer.drain()
    abort = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abort)
    writer.transport.abort()


async def _smuggle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A whole answer, one that nobody asked for in the same breath, and the line kept open."""
    head, _, body = whole(FEED).partition(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(DRIP_S)
    writer.write(body + whole(b"smuggled"))
    await reader.readuntil(b"\r\n\r\n")
    writer.write(whole(FEED))


def _drip(head: bytes, drop: bytes) -> Misbehaviour:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(DRIP_S)

    return drip


def _flood(head: bytes, wave: bytes) -> Misbehaviour:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(wave)
            await writer.drain()

    return flood


_OK = b"HTTP/1.1 200 OK\r\n"
_BODY_WAVE = b"x" * 65_536

BEHAVIOURS: dict[str, Misbehaviour] = {
    "/hang": _hang,
    "/reset": _reset,
    "/smuggling": _smuggle,
    "/slow-headers": _drip(_OK, b"X: y\r\n"),
    "/slow-body": _drip(_OK + b"\r\n", b"x"),
    "/slow-known-body": _drip(_OK + b"Content-Length: 5000\r\n\r\n", b"x"),
    "/tiny-chunks": _drip(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "/early-hints": _flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
    "/endless": _flood(_OK + b"\r\n", _BODY_WAVE),
    "/endless-chunked": _flood(
        _OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + _BODY_WAVE + b"\r\n"
    ),
    "/endless-header": _flood(_OK + b"X: ", _BODY_WAVE),
    "/endless-headers": _flood(_OK, b"X-Flood: 1\r\n" * 1_000),
    "/endless-trailers": _flood(
        _OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X-Flood: 1\r\n" * 1_000
    ),
}

# ── what is sent once and ends ───────────────────────────────────────────────────────────

RAW: dict[str, bytes] = {
    "/feed": whole(FEED, "Content-Type: application/rss+xml", 'ETag: "one"'),
    "/empty-200": whole(b""),
    "/no-content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/partial": whole(FEED, status="206 Partial Content"),
    "/not-modified": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "/nothing": b"",
    "/not-http": b"SSH-2.0-OpenSSH_9.2\r\n" * 10,
    "/bad-status": b"HTTP/1.1 abc Fine\r\nContent-Length: 1\r\n\r\nx",
    "/huge-length": _OK + b"Content-Length: 1000000000000\r\n\r\n" + FEED,
    "/negative-length": _OK + b"Content-Length: -5\r\n\r\n" + FEED,
    "/double-length": _OK + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n" + FEED,
    "/length-and-chunked": (
        _OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    ),
    "/control-in-header": _OK + b"X: a\x00b\r\nContent-Length: 1\r\n\r\nx",
    "/bad-chunk": chunked(end=b"zz\r\nhello\r\n0\r\n\r\n"),
    "/huge-chunk": chunked(end=b"ffffffffffffffff1\r\nx"),
    "/short": _OK + b"Content-Length: 5000\r\n\r\n" + FEED,
    "/cut-chunked": chunked(FEED, end=b""),
    "/cut-gzip": whole(gzip.compress(FEED)[:-9], "Content-Encoding: gzip"),
    "/cut-br": whole(brotli.compress(FEED)[:-5], "Content-Encoding: br"),
    "/cut-zstd": whole(_zstd(FEED)[:-5], "Content-Encoding: zstd"),
    "/no-gzip": whole(FEED, "Content-Encoding: gzip"),
    "/too-deep": whole(FEED, "Content-Encoding: gzip, br, gzip, br"),
    "/wide-headers": whole(FEED, *(f"X-{i}: {'y' * 9_000}" for i in range(8))),
    "/cookie-bomb": whole(FEED, *(f"Set-Cookie: c{i}={'y' * 4_000}" for i in range(10))),
    "/empty-location": b"HTTP/1.1 302 Found\r\nLocation: \r\nContent-Length: 0\r\n\r\n",
    "/no-location": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    "/odd-etag": whole(FEED, "ETag: \x1b]0;pwned"),
}
