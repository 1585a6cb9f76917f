"""Open channels and their send workers, one for each channel of the plan."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitor.channel_factory import open_channel
from monitor.engine.local import Engine
from monitor.engine.shutdown import run_within
from monitor.jobs.send import SendWorker
from monitor.ports import Clock, CpuPool, Jitter, Store
from monitor.settings import ChannelSettings, Plan

SEND_BATCH = 1  # so that a lease begins when its message is sent
REPLACE_TIMEOUT = timedelta(seconds=10)  # for the messages that a replaced channel is sending
CLOSE_TIMEOUT = timedelta(seconds=1.5)  # for connections and worker processes


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChannel:
    """An open channel: the settings it was opened with, and what closes it."""

    opened_with: tuple[object, ...]
    exits: AsyncExitStack


class SendWorkers:
    """The send workers, one a channel. The engine runs them, and stops before they are closed."""

    def __init__(
        self,
        engine: Engine,
        *,
        store: Store,
        cpu_pool: CpuPool,
        clock: Clock,
        jitter: Jitter,
        plan: Callable[[], Plan],
    ) -> None:
        self._engine = engine
        self._store = store
        self._cpu_pool = cpu_pool
        self._clock = clock
        self._jitter = jitter
        self._plan = plan
        self._open: dict[str, OpenChannel] = {}

    async def close_changed(self) -> None:
        """Close the channels that were removed or whose settings changed.

        Messages that are being sent finish first, so that nothing is in progress when the
        deliveries of a removed channel are given up.
        """
        wanted = {channel.name: channel for channel in self._plan().settings.channels}
        leaving = [
            name
            for name, channel in self._open.items()
            if name not in wanted or channel.opened_with != self._opened_with(wanted[name])
        ]
        await asyncio.gather(*(self._stop(name) for name in leaving))

    async def start_missing(self) -> None:
        """Open every channel of the plan that is not open, and start its worker."""
        for channel in self._plan().settings.channels:
            if channel.name not in self._open:
                await self._start(channel)

    def close_all(self) -> list[Coroutine[Any, Any, None]]:
        """Return a coroutine for each open channel that closes it."""
        return [channel.exits.aclose() for channel in self._open.values()]

    async def _stop(self, name: str) -> None:
        await self._engine.stop_worker(f"send {name}", REPLACE_TIMEOUT)
        await run_within(CLOSE_TIMEOUT, self._open.pop(name).exits.aclose())

    def _opened_with(self, channel: ChannelSettings) -> tuple[object, ...]:
        """Return everything that an open channel depends on."""
        settings = self._plan().settings
        return channel, settings.timezone, settings.network.allow_private

    async def _start(self, settings: ChannelSettings) -> None:
        exits = AsyncExitStack()
        channel = await exits.enter_async_context(
            open_channel(settings, self._plan().settings, self._clock)
        )
        worker = SendWorker(
            store=self._store,
            channel=channel,
            cpu_pool=self._cpu_pool,
            retry=settings.retry,
            clock=self._clock,
            jitter=self._jitter,
            plan=self._plan,
        )
        self._open[settings.name] = OpenChannel(
            opened_with=self._opened_with(settings), exits=exits
        )
        self._engine.start_worker(worker, slots=1, batch=SEND_BATCH)
