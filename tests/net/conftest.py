"""A hostile server on loopback, and fetchers that may reach it."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest
from hostile import Hostile, hostile

from monitor.net.fetch import HttpFetcher
from net.fetchers import NOW, FetcherFactory, network


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    async with hostile() as server:
        yield server


@pytest.fixture
async def new_fetcher() -> AsyncIterator[FetcherFactory]:
    """Make fetchers with changed settings, and close them at the end."""
    async with AsyncExitStack() as exits:

        def make(*, tls: Any = None, **changes: Any) -> HttpFetcher:
            fetcher = HttpFetcher(network(**changes), lambda: NOW, tls=tls)
            exits.push_async_callback(fetcher.close)
            return fetcher

        yield make


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose accept queue is full: a connection to it neither opens nor fails."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, ExitStack() as exits:
        port = listening.getsockname()[1]
        for _ in range(3):
            filler = exits.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield port
