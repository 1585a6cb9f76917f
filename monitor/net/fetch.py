"""The one way to a page or feed: polite, guarded, conditional, bounded in time and size."""

import asyncio
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from monitor.core.addresses import AddressPolicy, AddressRefused
from monitor.core.text import site_of
from monitor.errors import Throttled
from monitor.model import FetchKind, Page, Request, Unchanged, Validators
from monitor.net import body, redirects, robots
from monitor.net import response as answer
from monitor.net.errors import FAULTS, explained
from monitor.net.hosts import Hosts
from monitor.net.http_client import HttpClient
from monitor.net.redirects import RedirectChain
from monitor.ports import Clock
from monitor.settings import NetworkSettings

LARGE_AT_ONCE = 2  # bodies of megabytes, each held until it is parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A redirect that nobody has followed yet."""

    status: int
    location: str


class Fetching:
    """Implements ports.Fetcher with one set of connections for the life of the process.

    Every redirect is followed by hand: each hop is guarded, waits for its site's turn, and asks
    robots.txt when an article is fetched. Time spent waiting for a turn is not counted.
    """

    def __init__(
        self, settings: NetworkSettings, clock: Clock, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.hosts = Hosts(settings.host_connections, settings.host_delay)
        self._room = body.LargeBodyLimit(LARGE_AT_ONCE)
        self._robots = robots.Robots(self._robots_txt, clock)
        self._clock = clock
        self._tls = tls
        self._client: HttpClient | None = None
        self.apply(settings)

    def apply(self, settings: NetworkSettings) -> None:
        """New settings, from the next request on."""
        self._settings = settings
        self._address_policy = AddressPolicy(settings.allow_private)
        self.hosts.apply(settings.host_connections, settings.host_delay)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
        self._client = None

    async def get(self, request: Request) -> Page | Unchanged:
        """Raises FetchError, and nothing else that the network or an address can cause."""
        return await self._travel(request, self._limits(self._settings.max_body))

    def _limits(self, size: int, *, cut: bool = False) -> body.Limits:
        patience_s = self._settings.timeout.total_seconds() / 4
        return body.Limits(size=size, patience_s=patience_s, room=self._room, cut=cut)

    async def _robots_txt(self, url: str) -> bytes:
        request = Request(url=url, kind=FetchKind.FEED)
        page = await self._travel(request, self._limits(robots.MAX_BYTES, cut=True))
        return page.body if isinstance(page, Page) else b""

    async def _travel(self, request: Request, limits: body.Limits) -> Page | Unchanged:
        target = self._checked(request.url)
        step = redirects.depart(request, target)
        kind, left_s = request.kind, self._settings.timeout.total_seconds()
        while True:
            if step.url != request.url:
                target = self._checked(step.url)
            if request.kind is FetchKind.ARTICLE and self._settings.robots:
                await self._robots.check(step.url)
            site = site_of(step.url)
            async with self.hosts.turn(site, kind):
                began = self._now()
                came = await self._asked(step, target, site, left_s, limits)
                left_s -= self._now() - began
            if not isinstance(came, Moved):
                return came
            step = redirects.follow(step, came.status, came.location)
            # Within one site a redirect is part of the same visit and waits no second time.
            kind = FetchKind.FEED if site_of(step.url) == site else request.kind

    def _checked(self, url: str) -> URL:
        try:
            return self._address_policy.check_url(url)
        except AddressRefused as error:
            raise explained(error, url, "") from None

    async def _asked(
        self, step: RedirectChain, target: URL, site: str, left_s: float, limits: body.Limits
    ) -> Page | Unchanged | Moved:
        """One request and its answer, in the time that is left."""
        timeout = self._settings.timeout.total_seconds()
        doing = f"after {timeout:g} s while waiting for an answer"
        try:
            async with (
                asyncio.timeout(left_s) as ends,
                self._opened().get(
                    target, redirects.headers(step, self._settings.user_agent), left_s / 2, site
                ) as response,
            ):
                doing = f"after {timeout:g} s while reading the body"
                return await self._arrived(step, response, limits, ends)
        except Throttled as error:
            self.hosts.throttled(site_of(step.url), error.retry_after)
            raise
        except FAULTS as error:
            raise explained(error, step.url, doing) from error

    async def _arrived(
        self,
        step: RedirectChain,
        response: aiohttp.ClientResponse,
        limits: body.Limits,
        ends: asyncio.Timeout,
    ) -> Page | Unchanged | Moved:
        status, headers = response.status, response.headers
        if status in answer.REDIRECTS:
            return Moved(status=status, location=answer.location(headers))
        if status == 304 and step.request.validators:
            return self._unchanged(step, answer.validators(headers))
        if not 200 <= status < 300 or status == 206:
            raise answer.failure(status, headers, step.url, self._clock())
        return Page(
            url=step.url,
            hops=step.hops,
            moved_to=step.moved_to,
            body=await body.read(response, limits, self._now, ends),
            content_type=answer.content_type(headers),
            validators=answer.validators(headers),
            max_age=answer.max_age(headers),
            fetched_at=self._clock(),
        )

    def _unchanged(self, step: RedirectChain, said: Validators) -> Unchanged:
        known = step.request.validators
        return Unchanged(
            url=step.url,
            moved_to=step.moved_to,
            validators=Validators(
                etag=said.etag or known.etag,
                last_modified=said.last_modified or known.last_modified,
            ),
            fetched_at=self._clock(),
        )

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _opened(self) -> HttpClient:
        """Opened by the first request, since connections belong to a running loop."""
        if self._client is None:
            self._client = HttpClient(lambda: self._address_policy, self._tls or _TLS)
        return self._client


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(("http/1.1",))
    return context


_TLS = _trusting()  # reads the certificates of the system, which takes a while
