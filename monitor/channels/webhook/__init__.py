"""Webhook, a signed HTTP POST: the model in `config.py`, the sender in `channel.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from monitor.channels.kind import ChannelContext, ChannelKind
from monitor.channels.webhook.config import WebhookConfig, problems, target
from monitor.ports import Channel


@asynccontextmanager
async def open_webhook(config: WebhookConfig, context: ChannelContext) -> AsyncIterator[Channel]:
    """Open a sender with an HTTP session of its own."""
    from monitor.channels.webhook.channel import WebhookChannel

    async with context.session(config.allow_private) as session:
        yield WebhookChannel(config, session=session, clock=context.clock, zone=context.zone)


KIND = ChannelKind(config=WebhookConfig, target=target, open=open_webhook, problems=problems)
