"""A hostile server on loopback, and fetchers that may reach it."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest
from hostile import Hostile, hostile

from monitor.net.fetch import Fetching
from net.wired import NOW, Fetchers, network


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    async with hostile() as one:
        yield one


@pytest.fixture
async def fetching() -> AsyncIterator[Fetchers]:
    """Makes fetchers with changed settings, and closes them."""
    async with AsyncExitStack() as exits:

        def make(*, tls: Any = None, **changes: Any) -> Fetching:
            one = Fetching(network(**changes), lambda: NOW, tls=tls)
            exits.push_async_callback(one.close)
            return one

        yield make


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose queue is full: a connection to it neither opens nor fails."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, ExitStack() as exits:
        port = listening.getsockname()[1]
        for _ in range(3):
            filler = exits.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield port
