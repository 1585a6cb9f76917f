"""Opens the channels of a configuration, each with guarded connections."""

import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aiohttp import ClientSession

from monitor.channels.kind import ChannelContext, Connect, Networks
from monitor.channels.registry import KINDS
from monitor.clock import utc_now
from monitor.core.addresses import AddressPolicy
from monitor.net.session import guarded_session
from monitor.net.ssrf_guard import connect
from monitor.ports import Channel, Clock
from monitor.settings import ChannelSettings, Settings


@asynccontextmanager
async def open_channel(
    channel: ChannelSettings, settings: Settings, clock: Clock = utc_now
) -> AsyncIterator[Channel]:
    """Open one channel; it and its connections are closed on leaving the context."""
    kind = KINDS[channel.type]
    async with kind.open(channel, _context(settings, clock)) as opened:
        try:
            yield opened
        finally:
            await opened.close()


def targets(settings: Settings) -> dict[str, str]:
    """Return `kind:digest` of each channel's target, by name; the target itself may be a secret."""
    return {
        channel.name: f"{channel.type}:{_digest(KINDS[channel.type].target(channel))}"
        for channel in settings.channels
    }


def _context(settings: Settings, clock: Clock) -> ChannelContext:
    def policy(networks: Networks) -> AddressPolicy:
        return AddressPolicy((*settings.network.allow_private, *networks))

    def guarded_connect(networks: Networks) -> Connect:
        allowed = policy(networks)

        async def dial(host: str, port: int, timeout_s: float) -> socket.socket:
            return await connect(host, port, allowed, timeout_s)

        return dial

    def session(networks: Networks) -> AbstractAsyncContextManager[ClientSession]:
        allowed = policy(networks)
        return guarded_session(lambda: allowed)

    return ChannelContext(
        zone=settings.timezone,
        folder=settings.path.parent.resolve(),
        clock=clock,
        connect=guarded_connect,
        session=session,
    )


def _digest(target: str) -> str:
    return hashlib.sha256(target.encode()).hexdigest()[:16]
