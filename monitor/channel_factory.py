"""Channels from settings: what the `channels:` of the configuration become."""

import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from monitor.channels.apprise import AppriseChannel
from monitor.channels.command import CommandChannel
from monitor.channels.email import EmailChannel
from monitor.channels.webhook import WebhookChannel
from monitor.clock import utc_now
from monitor.core.addresses import AddressPolicy
from monitor.net.session import guarded_session
from monitor.net.ssrf_guard import connect
from monitor.ports import Channel, Clock
from monitor.settings import (
    AppriseSettings,
    ChannelSettings,
    CommandSettings,
    EmailSettings,
    Settings,
    WebhookSettings,
)

LOOPBACK = ("127.0.0.0/8", "::1/128")


@asynccontextmanager
async def open_channel(
    settings: ChannelSettings, whole: Settings, clock: Clock = utc_now
) -> AsyncIterator[Channel]:
    """One channel with its guarded way out."""
    allowed = whole.network.allow_private
    async with AsyncExitStack() as exits:
        match settings:
            case EmailSettings():
                policy = AddressPolicy((*allowed, *settings.allow_private, *LOOPBACK))

                async def dial(host: str, port: int, timeout_s: float) -> socket.socket:
                    return await connect(host, port, policy, timeout_s)

                channel: Channel = EmailChannel(settings, zone=whole.timezone, connect=dial)
            case WebhookSettings():
                hook_policy = AddressPolicy((*allowed, *settings.allow_private))
                session = await exits.enter_async_context(guarded_session(lambda: hook_policy))
                channel = WebhookChannel(
                    settings, session=session, clock=clock, zone=whole.timezone
                )
            case CommandSettings():
                channel = CommandChannel(settings)
            case AppriseSettings():
                channel = AppriseChannel(settings, zone=whole.timezone)
        exits.push_async_callback(channel.close)
        yield channel


def targets(settings: Settings) -> dict[str, str]:
    """Each channel's `kind:digest`: where it leads is stored, and may hold a secret."""
    return {
        channel.name: f"{_kind(channel)}:{_digest(_target(channel))}"
        for channel in settings.channels
    }


def _digest(target: str) -> str:
    return hashlib.sha256(target.encode()).hexdigest()[:16]


def _kind(channel: ChannelSettings) -> str:
    """As `type:` names it."""
    match channel:
        case EmailSettings():
            return "email"
        case WebhookSettings():
            return "webhook"
        case CommandSettings():
            return "command"
        case AppriseSettings():
            return "apprise"


def _target(channel: ChannelSettings) -> str:
    match channel:
        case EmailSettings():
            return f"{channel.smtp.host}:{channel.smtp.port} {' '.join(channel.to)}"
        case WebhookSettings():
            return channel.url
        case CommandSettings():
            return " ".join(channel.command)
        case AppriseSettings():
            return " ".join(channel.urls)
