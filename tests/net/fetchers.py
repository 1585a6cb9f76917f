"""The settings that the tests of the network share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import Page, Request
from monitor.net.fetch import HttpFetcher
from monitor.settings import NetworkSettings

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
FetcherFactory = Callable[..., HttpFetcher]  # makes a fetcher with changed settings


def network(**changes: Any) -> NetworkSettings:
    settings: dict[str, Any] = {
        "user_agent": "news-monitor/1 (+https://example.org/contact)",
        "allow_private": ("127.0.0.0/8",),
        "timeout": timedelta(seconds=60),
        "max_body": 1_000_000,
        "host_connections": 2,
        "host_delay": timedelta(0),
        "robots": False,
    }
    return NetworkSettings(**settings | changes)


async def body(fetcher: HttpFetcher, request: Request) -> bytes:
    """Fetch a page that is expected to be new or changed; return its body."""
    page = await fetcher.get(request)
    assert isinstance(page, Page)
    return page.body
