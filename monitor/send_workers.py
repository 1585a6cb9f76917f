"""The channels of the plan, each with a send worker; replaced where a reload changes them."""

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

SEND_BATCH = 1  # a lease begins when a message's turn comes
REPLACE = timedelta(seconds=10)  # for what a channel sends when a reload replaces it
CLOSING = timedelta(seconds=1.5)  # for connections and workers to close


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChannel:
    """What an open channel was made from, and what closes it."""

    made_from: tuple[object, ...]
    exits: AsyncExitStack


class SendWorkers:
    """One for each channel. The engine runs them; it is stopped before these are closed."""

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
        """Closes the channels that left or whose settings changed.

        What they have begun ends first, so that nothing of theirs is under way when their
        deliveries are given up.
        """
        wanted = {channel.name: channel for channel in self._plan().settings.channels}
        leaving = [
            name
            for name, channel in self._open.items()
            if name not in wanted or channel.made_from != self._made_from(wanted[name])
        ]
        await asyncio.gather(*(self._dismiss(name) for name in leaving))

    async def start_missing(self) -> None:
        """Opens every channel of the plan that is not open, and starts its worker."""
        for channel in self._plan().settings.channels:
            if channel.name not in self._open:
                await self._start(channel)

    def closing(self) -> list[Coroutine[Any, Any, None]]:
        """What closes each channel, for the caller to run."""
        return [channel.exits.aclose() for channel in self._open.values()]

    async def _dismiss(self, name: str) -> None:
        await self._engine.stop_worker(f"send {name}", REPLACE)
        await run_within(CLOSING, self._open.pop(name).exits.aclose())

    def _made_from(self, channel: ChannelSettings) -> tuple[object, ...]:
        """All that goes into a channel."""
        settings = self._plan().settings
        return channel, settings.timezone, settings.network.allow_private

    async def _start(self, settings: ChannelSettings) -> None:
        exits = AsyncExitStack()
        channel = await exits.enter_async_context(
            open_channel(settings, self._plan().settings, self._clock)
        )
        desk = SendWorker(
            store=self._store,
            channel=channel,
            cpu_pool=self._cpu_pool,
            retry=settings.retry,
            clock=self._clock,
            jitter=self._jitter,
            plan=self._plan,
        )
        self._open[settings.name] = OpenChannel(made_from=self._made_from(settings), exits=exits)
        self._engine.start_worker(desk, slots=1, batch=SEND_BATCH)
