"""How every HTTP client of the product is built: guarded, without cookies, with tight limits."""

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
    """A session that makes a new connection for each request; every socket passes `policy()`."""
    async with session_on(GuardedConnector(policy, tls=tls)) as session:
        yield session


@asynccontextmanager
async def session_on(connector: GuardedConnector) -> AsyncIterator[aiohttp.ClientSession]:
    """A session on this connector, which is closed with it.

    What a server may send is bounded as in `connection`. Bodies come as sent; `inflate` unpacks
    them within a bound. A request whose connection ended is not sent again.
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
    """Keep aiohttp from sending a request again whose connection ended."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Disconnected(error) from error
