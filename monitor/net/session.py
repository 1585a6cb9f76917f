"""Builds every aiohttp session of the program: address policy, no cookies, limits on headers.

Bodies are neither decoded nor limited here; see `body`.
"""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

from monitor.core.addresses import AddressPolicy
from monitor.net.connection import BUFFER_BYTES, MAX_FIELD_BYTES, MAX_FIELDS
from monitor.net.connector import GuardedConnector
from monitor.net.errors import Disconnected


@asynccontextmanager
async def guarded_session(
    policy: Callable[[], AddressPolicy], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session that makes a new connection for each request, to permitted addresses only.

    `policy` is called for each connection.
    """
    async with open_session(GuardedConnector(policy, tls=tls)) as session:
        yield session


@asynccontextmanager
async def open_session(connector: GuardedConnector) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session on this connector; both are closed at the end.

    Responses are bounded as in `connection`; bodies are not decoded. A request whose connection
    ended is not sent again.
    """
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        read_bufsize=BUFFER_BYTES,
        max_field_size=MAX_FIELD_BYTES,
        max_headers=MAX_FIELDS,
        middlewares=(_send_once,),
    )
    try:
        yield session
    finally:
        await session.close()


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Middleware that keeps aiohttp from resending a request whose connection ended."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Disconnected(error) from error
