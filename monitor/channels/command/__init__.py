"""Command, a program of the user's: the model in `config.py`, the sender in `channel.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from monitor.channels.command.config import CommandConfig, problems, target
from monitor.channels.kind import ChannelContext, ChannelKind
from monitor.ports import Channel


@asynccontextmanager
async def open_command(config: CommandConfig, context: ChannelContext) -> AsyncIterator[Channel]:
    """Open a sender that runs the program in the configuration's folder."""
    from monitor.channels.command.channel import CommandChannel

    yield CommandChannel(config, folder=context.folder)


KIND = ChannelKind(config=CommandConfig, target=target, open=open_command, problems=problems)
