"""How every HTTP client of the product is built: guarded, without cookies, with tight limits."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiodns
import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver, ThreadedResolver

from monitor.net.connection import BUFFER_BYTES, MAX_FIELD_BYTES, MAX_FIELDS, Connection
from monitor.net.guard import Guard

CONNECTIONS = 256


class GuardedResolver(AbstractResolver):
    """Leaves refused addresses out of a mixed answer, so that no attempt is wasted on them.

    It protects nothing by itself (nobody asks it about literals); the socket factory does.
    """

    def __init__(self, guard: Callable[[], Guard]) -> None:
        self._guard = guard
        self._inner = resolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answers = await self._inner.resolve(host, port, family)
        guard = self._guard()
        return [each for each in answers if guard.allows(each["host"])] or answers[:1]

    async def close(self) -> None:
        await self._inner.close()


@asynccontextmanager
async def guarded_session(
    guard: Callable[[], Guard], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session whose every socket passes `guard()`, which is asked anew for each connection.

    Connections are not kept: aiohttp 3.14 hands the bytes that a server sends unasked on a kept
    connection to the next request as its answer, and polls are minutes apart anyway.
    What a server may send is bounded as in `connection`. Bodies come as sent; `inflate` unpacks
    them within a bound.
    """

    def make_socket(addr_info: tuple[Any, ...]) -> socket.socket:
        return guard().socket_factory(addr_info)

    resolver = GuardedResolver(guard)
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        socket_factory=make_socket,
        ssl=tls or True,
        force_close=True,
        limit=CONNECTIONS,
        ttl_dns_cache=60,
    )
    connector._factory = partial(Connection, asyncio.get_running_loop())  # type: ignore[assignment]
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        read_bufsize=BUFFER_BYTES,
        max_field_size=MAX_FIELD_BYTES,
        max_headers=MAX_FIELDS,
    )
    try:
        yield session
    finally:
        await session.close()
        await resolver.close()


def resolver() -> AbstractResolver:
    try:
        return AsyncResolver()
    except (RuntimeError, OSError, aiodns.error.DNSError):
        return ThreadedResolver()  # no c-ares here: the C library in a thread does as well
