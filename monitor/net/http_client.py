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
from monitor.net.session import session_on

KEEPALIVE_S = 15.0  # how long an idle connection stays open


class HttpClient:
    """GET requests over the connections of one event loop. `policy` is asked for each of them."""

    def __init__(
        self,
        policy: Callable[[], AddressPolicy],
        tls: ssl.SSLContext,
    ) -> None:
        self._policy = policy
        self._tls = tls
        self._exits = AsyncExitStack()
        self._opened: tuple[aiohttp.ClientSession, GuardedConnector] | None = None

    async def close(self) -> None:
        await self._exits.aclose()

    @asynccontextmanager
    async def get(
        self, url: URL, headers: Mapping[str, str], connect_timeout_s: float, site: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request. Only connecting is limited in time; the caller limits the rest.

        A `site` never has more connections than requests at a time: its idle ones are closed
        before a new one is made.

        Raises what `errors` explains. The connection is kept if the body was read to its end.
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
            async with await self._sent(send, url, sites, connect_timeout_s, site) as response:
                yield response
        finally:
            sites.prune(site)

    async def _sent(
        self,
        send: Callable[[], Awaitable[aiohttp.ClientResponse]],
        url: URL,
        sites: SiteConnections,
        connect_timeout_s: float,
        site: str,
    ) -> aiohttp.ClientResponse:
        """On an idle connection where there is one. That may have ended at the other end, also
        unnoticed: then the request is sent once more, on a new one."""
        SITE.set(site)
        if sites.has_idle(site, url.origin()):
            with suppress(Disconnected, TimeoutError):
                async with asyncio.timeout(connect_timeout_s):
                    return await send()
        sites.close_idle(site)
        return await send()

    async def _open(self) -> tuple[aiohttp.ClientSession, GuardedConnector]:
        """Opened by the first request, since a session belongs to a running loop."""
        if self._opened is None:
            connector = GuardedConnector(self._policy, tls=self._tls, keepalive_s=KEEPALIVE_S)
            # Nothing is awaited between the test and the assignment: no second one can open.
            session = await self._exits.enter_async_context(session_on(connector))
            self._opened = session, connector
        return self._opened
