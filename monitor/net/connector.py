"""aiohttp connector that applies the address policy and keeps track of each site's connections.

It relies on two private parts of aiohttp: `_factory`, with which a connector creates its protocols,
and the protocol class that `connection` extends. With a release of aiohttp that lacks them, no
connection is reused, so that data sent after a response can never be taken for another response.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

import aiodns
import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import sentinel
from aiohttp.resolver import AsyncResolver, ThreadedResolver
from yarl import URL

from monitor.core.addresses import AddressPolicy
from monitor.net.connection import Connection
from monitor.net.ssrf_guard import open_socket

MAX_CONNECTIONS = 256
MAX_IDLE = 100
DNS_CACHE_S = 60

SITE: ContextVar[str] = ContextVar("SITE", default="")  # of the request being sent by this task


class GuardedConnector(aiohttp.TCPConnector):
    """Connector of guarded connections, reused for `keepalive_s` seconds (0: never).

    `policy` is called for each connection, also before one is reused. `sites` bounds the number of
    idle connections.
    """

    def __init__(
        self,
        policy: Callable[[], AddressPolicy],
        *,
        tls: ssl.SSLContext | None = None,
        keepalive_s: float = 0.0,
    ) -> None:
        reuses = keepalive_s > 0 and _supports_own_protocol()
        super().__init__(
            resolver=GuardedResolver(policy),
            socket_factory=lambda addr_info: open_socket(policy(), addr_info),
            ssl=tls or True,
            force_close=not reuses,
            keepalive_timeout=keepalive_s if reuses else sentinel,
            limit=MAX_CONNECTIONS,
            ttl_dns_cache=DNS_CACHE_S,
        )
        self.sites = SiteConnections()
        if _supports_own_protocol():
            self._factory = partial(Connection, asyncio.get_running_loop(), policy)  # type: ignore[assignment]

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109
        """Return an idle connection or a new one; overrides `BaseConnector.connect`."""
        acquired = await super().connect(req, traces, timeout)
        if isinstance(acquired.protocol, Connection):
            self.sites.add(SITE.get(), req.url.origin(), acquired.protocol)
        return acquired


class SiteConnections:
    """Registry of the open connections by site, oldest first. It never closes one in use."""

    def __init__(self) -> None:
        self._open: dict[Connection, str] = {}  # the site of each
        self._origins: dict[str, dict[Connection, URL]] = {}  # by site

    def add(self, site: str, origin: URL, connection: Connection) -> None:
        """Register a connection unless it is known."""
        if connection not in self._open:
            self._open[connection] = site
            self._origins.setdefault(site, {})[connection] = origin

    def has_idle(self, site: str, origin: URL) -> bool:
        """Return whether a request to `origin` would reuse a connection."""
        found = self._origins.get(site, {}).items()
        return any(origin == of and connection.is_reusable() for connection, of in found)

    def close_idle(self, site: str) -> None:
        """Close the site's idle connections."""
        for connection in list(self._origins.get(site, ())):
            self._close(connection)

    def prune(self, site: str) -> None:
        """Forget the site's closed connections; close idle ones of any site beyond MAX_IDLE."""
        for connection in list(self._origins.get(site, ())):
            if not connection.is_connected():
                self._forget(connection)
        for connection in list(self._open)[:-MAX_IDLE]:
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        if connection.is_idle:
            connection.abort()
        if not connection.is_connected():
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        site = self._open.pop(connection)
        del self._origins[site][connection]
        if not self._origins[site]:
            del self._origins[site]


class GuardedResolver(AbstractResolver):
    """Resolver that omits refused addresses, so that no connection attempt is wasted on them.

    Not a protection by itself, since IP literals are never resolved; the socket factory is.
    """

    def __init__(self, policy: Callable[[], AddressPolicy]) -> None:
        self._policy = policy
        self._inner = _default_resolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the permitted addresses, or one refused address if all are, for a clear error."""
        answers = await self._inner.resolve(host, port, family)
        policy = self._policy()
        return [each for each in answers if policy.allows(each["host"])] or answers[:1]

    async def close(self) -> None:
        """Close the underlying resolver."""
        await self._inner.close()


def _default_resolver() -> AbstractResolver:
    try:
        return AsyncResolver()
    except (RuntimeError, OSError, aiodns.error.DNSError):
        return ThreadedResolver()  # c-ares does not work here: use getaddrinfo in a thread


def _supports_own_protocol() -> bool:
    """Whether this release of aiohttp lets us replace the protocol of its connections."""
    return hasattr(ResponseHandler, "set_response_params") and hasattr(ResponseHandler, "abort")
