"""Guarded HTTP/1.1 GET client with keep-alive, on aiohttp's `ClientSession`.

Does not follow redirects, decode bodies or keep cookies. See docs/decisions/0030.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

import aiohttp
from yarl import URL

from monitor.core.addresses import AddressPolicy
from monitor.net.connector import SITE, GuardedConnector, SiteConnections
from monitor.net.errors import Disconnected
from monitor.net.session import open_session

KEEPALIVE_S = 15.0  # how long an idle connection stays open


class HttpClient:
    """Sends GET requests over a pool of connections, which belongs to one event loop.

    `policy` is called for each connection, also before one is reused.
    """

    def __init__(
        self,
        policy: Callable[[], AddressPolicy],
        tls: ssl.SSLContext,
    ) -> None:
        self._policy = policy
        self._tls = tls
        self._exit_stack = AsyncExitStack()
        self._session: tuple[aiohttp.ClientSession, GuardedConnector] | None = None

    async def close(self) -> None:
        """Close all connections."""
        await self._exit_stack.aclose()

    @asynccontextmanager
    async def get(
        self, url: URL, headers: Mapping[str, str], connect_timeout_s: float, site: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and yield its response. Only connecting is limited in time.

        A `site` never has more connections than concurrent requests: its idle ones are closed
        before a new one is opened. The connection returns to the pool if the body was read to its
        end. Raises `errors.REQUEST_ERRORS`.
        """
        session, connector = await self._open()
        send = partial(
            session.get,
            url,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout_s),
        )
        sites = connector.sites
        try:
            async with await self._send_request(
                send, url, sites, connect_timeout_s, site
            ) as response:
                yield response
        finally:
            sites.prune(site)

    async def _send_request(
        self,
        send: Callable[[], Awaitable[aiohttp.ClientResponse]],
        url: URL,
        sites: SiteConnections,
        connect_timeout_s: float,
        site: str,
    ) -> aiohttp.ClientResponse:
        # The server may have closed an idle connection without our noticing: then the request is
        # sent once more, on a new connection.
        SITE.set(site)
        if sites.has_idle(site, url.origin()):
            with suppress(Disconnected, TimeoutError):
                async with asyncio.timeout(connect_timeout_s):
                    return await send()
        sites.close_idle(site)
        return await send()

    async def _open(self) -> tuple[aiohttp.ClientSession, GuardedConnector]:
        # By the first request, since a session belongs to a running loop.
        if self._session is None:
            connector = GuardedConnector(self._policy, tls=self._tls, keepalive_s=KEEPALIVE_S)
            # No other task can run between the test and the assignment: no await here suspends.
            session = await self._exit_stack.enter_async_context(open_session(connector))
            self._session = session, connector
        return self._session
