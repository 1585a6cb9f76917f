"""Apprise, a library for many services: the model in `config.py`, the sender in `channel.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from monitor.channels.apprise.config import AppriseConfig, problems, target
from monitor.channels.kind import ChannelContext, ChannelKind
from monitor.ports import Channel


@asynccontextmanager
async def open_apprise(config: AppriseConfig, context: ChannelContext) -> AsyncIterator[Channel]:
    """Open a sender; the library connects by itself, past the guard."""
    from monitor.channels.apprise.channel import AppriseChannel

    yield AppriseChannel(config, zone=context.zone)


KIND = ChannelKind(config=AppriseConfig, target=target, open=open_apprise, problems=problems)
