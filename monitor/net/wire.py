"""One question and its answer over HTTP/1.1, on aiohttp's own protocol and parser.

Under aiohttp's session: what that adds (cookies, tracing, redirects, form data) we have no use for,
and it costs more than all the rest of a poll. See docs/decisions/0030-below-the-session.md.

Connections are kept for a short while, a bounded number of them, and a site never has more than its
turns allow: before a new one is made, its idle ones end. One is used again only if it was silent
since its last answer, and is hung up on as soon as something comes on it unasked. What a server
began to send in the same breath as the end of an answer can spoil that server's next one, and no
other.
"""

import re
import select
import socket
import ssl
from asyncio import TimerHandle, get_running_loop, timeout
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import aiohappyeyeballs
from aiohttp import ClientOSError, ServerDisconnectedError, StreamReader
from aiohttp.abc import AbstractResolver
from yarl import URL

from monitor.net.connection import (
    BUFFER_BYTES,
    MAX_FIELD_BYTES,
    MAX_FIELDS,
    MAX_LINE_BYTES,
    Connection,
)
from monitor.net.faults import NoConnection, NotConnected, UnknownName
from monitor.net.guard import Guard

KEPT_S = 15.0  # how long an idle connection stays open
MOST_KEPT = 100
NAMES_S = 60.0  # how long an answer of the resolver is believed
MOST_NAMES = 1_000
HAPPY_EYEBALLS_S = 0.25  # RFC 8305, section 8

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_UNSENDABLE = re.compile(r"[\x00\r\n]")

Origin = tuple[str, str, int]  # scheme, host, port
AddrInfo = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The head of an answer, and its body as it comes."""

    status: int
    headers: Mapping[str, str]
    content: StreamReader


class Rest(NamedTuple):
    """What is known of an idle connection."""

    origin: Origin
    site: str
    since: float  # of the loop's clock


class Wire:
    """The connections of one event loop. `guard` is asked anew for each of them."""

    def __init__(
        self, guard: Callable[[], Guard], resolver: AbstractResolver, tls: ssl.SSLContext
    ) -> None:
        self._guard = guard
        self._resolver = resolver
        self._tls = tls
        self._loop = get_running_loop()
        self._idle: OrderedDict[Connection, Rest] = OrderedDict()  # the oldest first
        self._of_site: dict[str, list[Connection]] = {}  # the idle ones
        self._names: OrderedDict[tuple[str, int], tuple[float, list[AddrInfo]]] = OrderedDict()
        self._tidying: TimerHandle | None = None
        self._closed = False

    async def close(self) -> None:
        self._closed = True
        if self._tidying is not None:
            self._tidying.cancel()
        for connection in list(self._idle):
            self._drop(connection)
        await self._resolver.close()

    @asynccontextmanager
    async def ask(
        self, url: URL, headers: Mapping[str, str], patience_s: float, site: str
    ) -> AsyncIterator[Answer]:
        """GET. `patience_s` is for connecting; everything else ends when the caller says so.

        Raises what `faults` explains. The connection is kept if the body was read to its end.
        """
        question = _question(url, headers)
        origin = (url.scheme, url.raw_host or "", url.port or 0)
        connection, answer = await self._answered(origin, site, question, patience_s)
        ended = False
        try:
            yield answer
            ended = (
                answer.content.is_eof()
                and not connection.should_close
                and connection.is_connected()
            )
        finally:
            if ended and not self._closed:
                self._keep(origin, site, connection)
            else:
                _hang_up(connection)

    async def _answered(
        self, origin: Origin, site: str, question: bytes, patience_s: float
    ) -> tuple[Connection, Answer]:
        """A kept connection may have ended at the other end, also unheard: then on a new one."""
        if (kept := self._kept(origin, site)) is not None:
            with suppress(ServerDisconnectedError, ClientOSError, TimeoutError):
                async with timeout(patience_s):
                    return kept, await _exchange(kept, question)
        self._clear(site)
        connection = await self._dialled(origin, patience_s)
        return connection, await _exchange(connection, question)

    # connecting

    async def _dialled(self, origin: Origin, patience_s: float) -> Connection:
        scheme, host, port = origin
        try:
            async with timeout(patience_s):
                infos = await self._addresses(host, port)
                sock = await aiohappyeyeballs.start_connection(
                    infos,
                    happy_eyeballs_delay=HAPPY_EYEBALLS_S,
                    socket_factory=self._guard().socket_factory,
                    loop=self._loop,
                )
                return await self._connected(sock, host if scheme == "https" else None)
        except TimeoutError as error:
            raise NotConnected("timed out while connecting") from error
        except OSError as error:
            raise NoConnection(host, port, error) from error

    async def _connected(self, sock: socket.socket, tls_name: str | None) -> Connection:
        try:
            _, connection = await self._loop.create_connection(
                lambda: Connection(self._loop),
                sock=sock,
                ssl=self._tls if tls_name else None,
                server_hostname=tls_name.rstrip(".") if tls_name else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection

    async def _addresses(self, host: str, port: int) -> list[AddrInfo]:
        """All that may be dialled; one that may not, where there is no other."""
        if (literal := _literal(host, port)) is not None:
            return [literal]
        until, infos = self._names.get((host, port), (0.0, []))
        if until < self._loop.time():
            infos = await self._resolved(host, port)
            self._names[host, port] = self._loop.time() + NAMES_S, infos
            if len(self._names) > MOST_NAMES:
                self._names.popitem(last=False)
        guard = self._guard()
        return [info for info in infos if guard.allows(info[4][0])] or infos[:1]

    async def _resolved(self, host: str, port: int) -> list[AddrInfo]:
        try:
            found = await self._resolver.resolve(host, port, socket.AF_UNSPEC)
        except OSError as error:
            raise UnknownName(host, error) from error
        return [_info(one["family"], one["host"], port) for one in found]

    # keeping

    def _keep(self, origin: Origin, site: str, connection: Connection) -> None:
        connection.resting = True
        self._idle[connection] = Rest(origin, site, self._loop.time())
        self._of_site.setdefault(site, []).append(connection)
        self._tidy()

    def _tidy(self) -> None:
        """Ends what has rested long enough; comes again while something rests."""
        oldest = self._loop.time() - KEPT_S
        while self._idle:
            connection = next(iter(self._idle))
            if len(self._idle) <= MOST_KEPT and self._idle[connection].since > oldest:
                break
            self._drop(connection)
        if self._idle and self._tidying is None:
            self._tidying = self._loop.call_later(KEPT_S, self._tidy_again)

    def _tidy_again(self) -> None:
        self._tidying = None
        self._tidy()

    def _kept(self, origin: Origin, site: str) -> Connection | None:
        """An idle connection that may still be used, and on which nothing stands unread."""
        for connection in list(self._of_site.get(site, ())):
            if self._idle[connection].origin != origin:
                continue
            self._forget(connection)
            if self._is_fit(connection):
                connection.resting = False
                return connection
            _hang_up(connection)
        return None

    def _is_fit(self, connection: Connection) -> bool:
        if connection.transport is None or connection.should_close or not connection.is_connected():
            return False
        peer = connection.transport.get_extra_info("peername")
        return peer is not None and _is_silent(connection) and self._guard().allows(peer[0])

    def _clear(self, site: str) -> None:
        for connection in list(self._of_site.get(site, ())):
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._forget(connection)
        _hang_up(connection)

    def _forget(self, connection: Connection) -> None:
        site = self._idle.pop(connection).site
        self._of_site[site].remove(connection)
        if not self._of_site[site]:
            del self._of_site[site]


def _question(url: URL, headers: Mapping[str, str]) -> bytes:
    """Raises ValueError for what would not be one header."""
    host = url.host_port_subcomponent
    lines = [f"GET {url.raw_path_qs} HTTP/1.1"]
    if "host" not in headers:
        lines.append(f"host: {host}")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or _UNSENDABLE.search(value):
            raise ValueError("a header holds what no header can")
        lines.append(f"{name}: {value}")
    return "\r\n".join((*lines, "", "")).encode()


async def _exchange(connection: Connection, question: bytes) -> Answer:
    try:
        connection.set_response_params(
            read_until_eof=True,
            auto_decompress=False,
            read_bufsize=BUFFER_BYTES,
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_FIELD_BYTES,
            max_headers=MAX_FIELDS,
        )
        assert connection.transport is not None
        connection.transport.write(question)
        message, content = await connection.read()
    except BaseException:
        _hang_up(connection)
        raise
    return Answer(
        status=message.code,
        headers=message.headers,
        content=content,
    )


def _hang_up(connection: Connection) -> None:
    """At once where TLS would first take leave of a server that may not answer any more."""
    if connection.transport is not None and connection.transport.get_extra_info("sslcontext"):
        connection.abort()
    else:
        connection.close()


def _is_silent(connection: Connection) -> bool:
    """Whether nothing waits in the socket, not even the end."""
    assert connection.transport is not None
    waiting = select.poll()
    waiting.register(connection.transport.get_extra_info("socket"), select.POLLIN)
    return not waiting.poll(0)


def _literal(host: str, port: int) -> AddrInfo | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, host)
            return _info(family, host, port)
    return None


def _info(family: int, address: str, port: int) -> AddrInfo:
    """As getaddrinfo gives it."""
    where = (address, port) if family == socket.AF_INET else (address, port, 0, 0)
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where
