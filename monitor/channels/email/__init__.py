"""E-mail over SMTP: the model in `config.py`, the sender in `channel.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from monitor.channels.email.config import EmailConfig, problems, target
from monitor.channels.kind import ChannelContext, ChannelKind
from monitor.ports import Channel

LOOPBACK = ("127.0.0.0/8", "::1/128")  # a mail server of this machine needs no allowance


@asynccontextmanager
async def open_email(config: EmailConfig, context: ChannelContext) -> AsyncIterator[Channel]:
    """Open a sender; it connects with the first message."""
    from monitor.channels.email.channel import EmailChannel

    connect = context.connect((*config.allow_private, *LOOPBACK))
    yield EmailChannel(config, zone=context.zone, connect=connect)


KIND = ChannelKind(config=EmailConfig, target=target, open=open_email, problems=problems)
