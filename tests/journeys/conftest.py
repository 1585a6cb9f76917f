"""A world on the loopback interface for every journey."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sinks import inbox, receiver

from demo.newsroom import Newsroom
from journeys.world import PHOENIX, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as exits:
        site = await exits.enter_async_context(Newsroom(zone=ZoneInfo(PHOENIX)).open())
        mail = await exits.enter_async_context(inbox())
        hook = await exits.enter_async_context(receiver())
        yield World(folder=tmp_path, site=site, inbox=mail, hook=hook, exits=exits)
