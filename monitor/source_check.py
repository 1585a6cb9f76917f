"""Checks of sources: each is fetched and parsed once, unscheduled; nothing is stored."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from monitor.clock import utc_now
from monitor.core.dates import zone_or_utc
from monitor.core.feeds import parse as parse_feed
from monitor.core.polling import SourceReport, report_failure, report_feed
from monitor.engine.cpu_pool import ProcessCpuPool
from monitor.errors import MonitorError
from monitor.model import Feed, FetchKind, Page, Request
from monitor.net.fetch import HttpFetcher
from monitor.settings import Settings, Source

CONCURRENT_SOURCES = 16
PARSE_LIMIT = timedelta(seconds=10)


class SourceChecker:
    """Fetches and parses feeds as the daemon does. Used as a context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._fetcher = HttpFetcher(settings.network, utc_now)
        self._cpu_pool = ProcessCpuPool(1)

    async def __aenter__(self) -> "SourceChecker":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._fetcher.close()
        await asyncio.to_thread(self._cpu_pool.close)

    async def fetch(self, url: str, headers: tuple[tuple[str, str], ...] = ()) -> Page:
        """Fetch a feed or page. Raises FetchError."""
        answer = await self._fetcher.get(Request(url=url, kind=FetchKind.FEED, headers=headers))
        assert isinstance(answer, Page)  # without validators there is no 304
        return answer

    async def parse(self, page: Page, zone: str | None = None) -> Feed:
        """Parse a feed in a worker process. Raises ParseError or WorkerError."""
        return await self._cpu_pool.run(
            PARSE_LIMIT,
            parse_feed,
            page.body,
            url=page.url,
            content_type=page.content_type,
            zone=zone_or_utc(zone or self._settings.timezone),
        )

    async def check(self, source: Source) -> SourceReport:
        """Fetch and parse a source; failures of the network and the parser are in the report."""
        try:
            page = await self.fetch(source.url, source.headers)
            feed = await self.parse(page, source.timezone)
        except MonitorError as error:
            return report_failure(source.name, source.url, error)
        return report_feed(source.name, source.url, page, feed, utc_now())


async def check_sources(
    settings: Settings, sources: Sequence[Source], done: Callable[[], None]
) -> list[SourceReport]:
    """Check sources concurrently and return a report each, in order; call `done` after each."""
    slots = asyncio.Semaphore(CONCURRENT_SOURCES)

    async def check(checker: SourceChecker, source: Source) -> SourceReport:
        async with slots:
            report = await checker.check(source)
        done()
        return report

    async with SourceChecker(settings) as checker:
        return await asyncio.gather(*(check(checker, source) for source in sources))
