"""aiohttp connector that obeys the address policy and the slots of a site.

Two things of aiohttp are not public: `_factory`, by which a connector makes its protocols, and the
protocol itself (`connection`). Where a release of aiohttp has no such factory, connections are not
kept, so that nothing a server sends afterwards can be taken for another answer.
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

SITE: ContextVar[str] = ContextVar("SITE", default="")  # of the request that is being sent


class GuardedConnector(aiohttp.TCPConnector):
    """`policy` is asked for each connection, also before one is used again.

    Idle connections are kept for `keepalive_s` (0: none is), within the bounds of `sites`.
    """

    def __init__(
        self,
        policy: Callable[[], AddressPolicy],
        *,
        tls: ssl.SSLContext | None = None,
        keepalive_s: float = 0.0,
    ) -> None:
        keeps = keepalive_s > 0 and _takes_protocols()
        super().__init__(
            resolver=GuardedResolver(policy),
            socket_factory=lambda addr_info: open_socket(policy(), addr_info),
            ssl=tls or True,
            force_close=not keeps,
            keepalive_timeout=keepalive_s if keeps else sentinel,
            limit=MAX_CONNECTIONS,
            ttl_dns_cache=DNS_CACHE_S,
        )
        self.sites = SiteConnections()
        if _takes_protocols():
            self._factory = partial(Connection, asyncio.get_running_loop(), policy)  # type: ignore[assignment]

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109
        """Return an idle connection, or a new one. See `BaseConnector.connect`."""
        held = await super().connect(req, traces, timeout)
        if isinstance(held.protocol, Connection):
            self.sites.add(SITE.get(), req.url.origin(), held.protocol)
        return held


class SiteConnections:
    """The open connections of each site, the oldest first. Never closes one in use."""

    def __init__(self) -> None:
        self._open: dict[Connection, str] = {}  # the site of each
        self._origins: dict[str, dict[Connection, URL]] = {}  # by site

    def add(self, site: str, origin: URL, connection: Connection) -> None:
        if connection not in self._open:
            self._open[connection] = site
            self._origins.setdefault(site, {})[connection] = origin

    def has_idle(self, site: str, origin: URL) -> bool:
        """Whether a request to `origin` finds a connection to use again."""
        found = self._origins.get(site, {}).items()
        return any(origin == of and connection.is_reusable() for connection, of in found)

    def close_idle(self, site: str) -> None:
        for connection in list(self._origins.get(site, ())):
            self._close(connection)

    def prune(self, site: str) -> None:
        """Forget the site's connections that ended; close the oldest idle beyond `MAX_IDLE`."""
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
    """Leaves refused addresses out of a mixed answer, so that no attempt is wasted on them.

    It protects nothing by itself (nobody asks it about literals); the socket factory does.
    """

    def __init__(self, policy: Callable[[], AddressPolicy]) -> None:
        self._policy = policy
        self._inner = _resolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answers = await self._inner.resolve(host, port, family)
        policy = self._policy()
        return [each for each in answers if policy.allows(each["host"])] or answers[:1]

    async def close(self) -> None:
        await self._inner.close()


def _resolver() -> AbstractResolver:
    try:
        return AsyncResolver()
    except (RuntimeError, OSError, aiodns.error.DNSError):
        return ThreadedResolver()  # no c-ares here: the C library in a thread does as well


def _takes_protocols() -> bool:
    """Whether this aiohttp's connectors make protocols by `_factory`, and of the kind we extend."""
    return hasattr(ResponseHandler, "set_response_params") and hasattr(ResponseHandler, "abort")
