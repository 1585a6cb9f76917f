"""Fetches pages and feeds: conditional GET, redirects, robots.txt, limits of rate, time and size.

Does not retry and does not parse; `http_client` sends the single requests.
"""

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
from monitor.net import response as http_response
from monitor.net.errors import REQUEST_ERRORS, fetch_error
from monitor.net.http_client import HttpClient
from monitor.net.redirects import RedirectChain
from monitor.net.site_limiter import SiteLimiter
from monitor.ports import Clock
from monitor.settings import NetworkSettings

LARGE_AT_ONCE = 2  # large bodies in memory, each until it is parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A redirect response."""

    status: int
    location: str


class HttpFetcher:
    """Implements ports.Fetcher with one HTTP client, which is closed with it.

    Redirects are followed here, not by aiohttp: each hop passes the address policy, the site limit
    and, for an article, robots.txt. Waiting for a slot does not count towards the time limit.
    """

    def __init__(
        self, settings: NetworkSettings, clock: Clock, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.limiter = SiteLimiter(settings.host_connections, settings.host_delay)
        self._large_bodies = body.LargeBodyLimit(LARGE_AT_ONCE)
        self._robots = robots.RobotsCache(self._fetch_robots_txt, clock)
        self._clock = clock
        self._tls = tls
        self._client: HttpClient | None = None
        self.apply(settings)

    def apply(self, settings: NetworkSettings) -> None:
        """Use these settings from the next request on."""
        self._settings = settings
        self._address_policy = AddressPolicy(settings.allow_private)
        self.limiter.apply(settings.host_connections, settings.host_delay)

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
        """Close all connections; a later request opens new ones."""
        if self._client is not None:
            await self._client.close()
        self._client = None

    async def get(self, request: Request) -> Page | Unchanged:
        """Fetch the address and return its page, or Unchanged for a 304. Raises FetchError."""
        return await self._fetch(request, self._limits(self._settings.max_body))

    def _limits(self, size: int, *, truncate: bool = False) -> body.Limits:
        return body.Limits(
            size=size,
            slow_start_s=self._settings.timeout.total_seconds() / 4,
            large_bodies=self._large_bodies,
            truncate=truncate,
        )

    async def _fetch_robots_txt(self, url: str) -> bytes:
        request = Request(url=url, kind=FetchKind.FEED)
        page = await self._fetch(request, self._limits(robots.MAX_BYTES, truncate=True))
        return page.body if isinstance(page, Page) else b""

    async def _fetch(self, request: Request, limits: body.Limits) -> Page | Unchanged:
        target = self._check_url(request.url)
        chain = redirects.start_chain(request, target)
        kind, left_s = request.kind, self._settings.timeout.total_seconds()
        while True:
            if chain.url != request.url:
                target = self._check_url(chain.url)
            if request.kind is FetchKind.ARTICLE and self._settings.robots:
                await self._robots.check(chain.url)
            site = site_of(chain.url)
            async with self.limiter.slot(site, kind):
                began = self._now()
                answer = await self._send(chain, target, site, left_s, limits)
                left_s -= self._now() - began
            if not isinstance(answer, Redirect):
                return answer
            chain = redirects.follow(chain, answer.status, answer.location)
            # A redirect within one site is part of the same visit: the delay is not applied again.
            kind = FetchKind.FEED if site_of(chain.url) == site else request.kind

    def _check_url(self, url: str) -> URL:
        try:
            return self._address_policy.check_url(url)
        except AddressRefused as error:
            raise fetch_error(error, url, "") from None

    async def _send(
        self, chain: RedirectChain, target: URL, site: str, left_s: float, limits: body.Limits
    ) -> Page | Unchanged | Redirect:
        """Send one request and read its response within `left_s` seconds."""
        timeout = self._settings.timeout.total_seconds()
        doing = f"after {timeout:g} s while waiting for an answer"
        try:
            async with (
                asyncio.timeout(left_s) as deadline,
                self._open_client().get(
                    target,
                    redirects.request_headers(chain, self._settings.user_agent),
                    left_s / 2,
                    site,
                ) as response,
            ):
                doing = f"after {timeout:g} s while reading the body"
                return await self._interpret(chain, response, limits, deadline)
        except Throttled as error:
            self.limiter.pause(site_of(chain.url), error.retry_after)
            raise
        except REQUEST_ERRORS as error:
            raise fetch_error(error, chain.url, doing) from error

    async def _interpret(
        self,
        chain: RedirectChain,
        response: aiohttp.ClientResponse,
        limits: body.Limits,
        deadline: asyncio.Timeout,
    ) -> Page | Unchanged | Redirect:
        status, headers = response.status, response.headers
        if status in http_response.REDIRECTS:
            return Redirect(status=status, location=http_response.location(headers))
        if status == 304 and chain.request.validators:
            return self._unchanged(chain, http_response.validators(headers))
        if not 200 <= status < 300 or status == 206:
            raise http_response.status_error(status, headers, chain.url, self._clock())
        return Page(
            url=chain.url,
            hops=chain.hops,
            moved_to=chain.moved_to,
            body=await body.read(response, limits, self._now, deadline),
            content_type=http_response.content_type(headers),
            validators=http_response.validators(headers),
            max_age=http_response.max_age(headers),
            fetched_at=self._clock(),
        )

    def _unchanged(self, chain: RedirectChain, sent: Validators) -> Unchanged:
        known = chain.request.validators
        return Unchanged(
            url=chain.url,
            moved_to=chain.moved_to,
            validators=Validators(
                etag=sent.etag or known.etag,
                last_modified=sent.last_modified or known.last_modified,
            ),
            fetched_at=self._clock(),
        )

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _open_client(self) -> HttpClient:
        # By the first request, since connections belong to a running loop.
        if self._client is None:
            self._client = HttpClient(lambda: self._address_policy, self._tls or _TLS)
        return self._client


def _default_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(("http/1.1",))
    return context


_TLS = _default_tls()  # once: reading the system's certificates is slow
