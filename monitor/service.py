"""The composition root: builds everything, starts it, swaps the plan, stops it.

Nothing below imports this module; `cli` and the daemon reach the product through it.
"""

import asyncio
import os
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.channel_factory import targets
from monitor.clock import utc_now
from monitor.contracts import Backlog, Outcome, Stats
from monitor.core.alerts import BY_THE_CLOCK, channel_removed, rehold
from monitor.core.polling import FRESH, READ_AGAIN_FOR, first_poll
from monitor.engine.calendar import Calendar
from monitor.engine.cpu_pool import ProcessCpuPool
from monitor.engine.local import Engine
from monitor.engine.shutdown import run_in_daemon_thread, run_within
from monitor.jobs.poll import PollWorker
from monitor.jobs.read import ReadWorker
from monitor.model import FetchKind, Page, Request
from monitor.net.fetch import Fetching
from monitor.ports import Clock
from monitor.send_workers import CLOSING, SendWorkers
from monitor.settings import NetworkSettings, Plan, Settings
from monitor.store.channels import Removal
from monitor.store.lock import InstanceLock
from monitor.store.opening import prepared_beside
from monitor.store.stats import standing
from monitor.store.store import SqliteStore
from monitor.store.upgrade import Report, silently

POLL_SLOTS, READ_SLOTS = 64, 32
TAKE = 128  # rows taken at once
DRAIN = timedelta(seconds=5)  # for what is under way when the service stops


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePass:
    """Which sources one pass asks, each once: these, every one, or (neither) those due."""

    names: tuple[str, ...] = ()
    everything: bool = False


class Service:
    """Everything at work on one database. Use `opened`."""

    def __init__(
        self,
        settings: Settings,
        *,
        observe: Callable[[Outcome], None],
        alarm: Callable[[str, Exception], None],
        clock: Clock = utc_now,
        one_pass: OnePass | None = None,
        prepared: sqlite3.Connection | None = None,
    ) -> None:
        self._plan = Plan.of(settings)
        self._one_pass = one_pass
        self._clock = clock
        self._ledger = SqliteStore(settings.database, clock, prepared)
        self._engine = Engine(observe, alarm)
        self.calendar = Calendar()
        self._cpu_pool = ProcessCpuPool(os.cpu_count() or 1)
        self._fetching = Fetching(settings.network, clock)
        self._senders = SendWorkers(
            self._engine,
            store=self._ledger,
            bench=self._cpu_pool,
            clock=clock,
            jitter=_jitter,
            plan=lambda: self._plan,
        )

    @property
    def settings(self) -> Settings:
        return self._plan.settings

    @property
    def engine(self) -> Engine:
        return self._engine

    async def start(self) -> None:
        await self._ledger.start(self._rehold)
        await self._sync(self.settings)
        if self._one_pass is not None:  # before anybody takes what is due anyway
            await self._ask(self._one_pass)
        for worker in (self._poll_worker(), self._read_worker()):
            slots = POLL_SLOTS if worker.name == "poll" else READ_SLOTS
            self._engine.start_worker(worker, slots=slots, batch=TAKE)
        await self._senders.start_missing()
        self._engine.start()
        self.calendar.start()

    async def stop(self) -> None:
        """Takes nothing more and finishes what is under way; the rest waits in the database."""
        async with AsyncExitStack() as exits:  # each is closed, whatever another says
            exits.push_async_callback(self._ledger.close)
            exits.push_async_callback(self._close_outlets)
            exits.push_async_callback(self._engine.stop, DRAIN)
            exits.push_async_callback(self.calendar.stop)

    async def _close_outlets(self) -> None:
        """Channels, connections and workers, together and within CLOSING, whatever hangs."""
        pool_closing = run_in_daemon_thread(self._cpu_pool.close)
        await run_within(CLOSING, *self._senders.closing(), self._fetching.close(), pool_closing)

    async def apply(self, settings: Settings) -> None:
        """Swaps the plan: what is under way ends under the old one."""
        self._plan = Plan.of(settings)
        self._fetching.apply(settings.network)
        await self._senders.close_changed()
        await self._sync(settings)
        await self._senders.start_missing()
        self._engine.wake("poll", "read")

    async def _sync(self, settings: Settings) -> None:
        removal = Removal(operator=self._plan.operator, report=channel_removed)
        await self._ledger.sync(
            settings.sources,
            targets(settings),
            first_poll,
            removal=removal,
            reread_for=READ_AGAIN_FOR,
        )
        await self._ledger.sync_topics(settings.topics)

    async def note_alive(self) -> None:
        """Proves that the writer commits. Raises StoreError."""
        await self._ledger.note_alive()

    async def note(self, key: str, value: str | None) -> None:
        await self._ledger.note(key, value)

    async def tidy(self) -> int:
        """The maintenance: what is too old goes; how many articles those were."""
        return await self._ledger.tidy(self.settings.keep)

    async def check(self) -> None:
        """Raises StoreError when the database is damaged."""
        await self._ledger.check()

    async def standing(self) -> Stats:
        """How much waits, and for how long; asked beside the writer."""
        return await asyncio.to_thread(standing, self._ledger.path, self._clock())

    async def visit(self, url: str) -> None:
        """Asks for an address, guarded as everything is. Raises FetchError."""
        await self._fetching.get(Request(url=url, kind=FetchKind.FEED))

    # one pass

    async def _ask(self, one: OnePass) -> None:
        if one.everything or one.names:
            await self.make_due(None if one.everything else one.names)
        else:
            await self._ledger.make_new_due()

    async def make_due(self, names: Iterable[str] | None) -> None:
        """Everything now (None), or some sources."""
        fresh = FRESH if names is None else None
        await self._ledger.make_due(names, fresh)

    async def drain(self, *, to_the_end: bool = True) -> Backlog:
        """Works until nothing is due any more; what waits for another try is left to it.

        At the end of a pass nothing more will join the messages that still collect: they go out.
        """
        while True:
            await self._engine.wait_until_idle()
            backlog = await self._ledger.backlog(self._plan.channels)
            due = backlog.sources_due or backlog.reads_due or backlog.deliveries_due
            if not due and not (to_the_end and await self._ledger.release(BY_THE_CLOCK)):
                return backlog
            await self._engine.wake_all()

    async def clocks_moved(self, by: timedelta) -> None:
        """The wall clock was set: what was due in an hour still is."""
        await self._ledger.shift(by, self._rehold)
        self.calendar.clock_moved(by)

    def _rehold(self, channel: str, group: str, until: datetime, now: datetime) -> datetime | None:
        return rehold(group, self._plan.paces.get(channel), until, now)

    # parts

    def _poll_worker(self) -> PollWorker:
        return PollWorker(
            store=self._ledger,
            fetcher=self._fetching,
            bench=self._cpu_pool,
            notifier=self._engine,
            clock=self._clock,
            jitter=_jitter,
            plan=lambda: self._plan,
        )

    def _read_worker(self) -> ReadWorker:
        return ReadWorker(
            store=self._ledger,
            fetcher=self._fetching,
            turns=self._fetching.hosts,
            bench=self._cpu_pool,
            notifier=self._engine,
            clock=self._clock,
            plan=lambda: self._plan,
        )


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    observe: Callable[[Outcome], None],
    alarm: Callable[[str, Exception], None],
    clock: Clock = utc_now,
    one_pass: OnePass | None = None,
    starting: Report = silently,
) -> AsyncIterator[Service]:
    """The service, started; alone on its database. Raises Locked or StoreError.

    `starting` hears, from another thread, what takes long before the start.
    """
    with InstanceLock(settings.database):
        prepared = await prepared_beside(
            settings.database, group=settings.database_group, report=starting
        )
        service = Service(
            settings,
            observe=observe,
            alarm=alarm,
            clock=clock,
            one_pass=one_pass,
            prepared=prepared,
        )
        try:
            await service.start()
            yield service
        finally:
            await service.stop()


async def fetch_once(url: str, *, kind: FetchKind, network: NetworkSettings) -> Page:
    """One page or feed outside of any schedule, for the command line. Raises FetchError."""
    fetching = Fetching(network, utc_now)
    try:
        answer = await fetching.get(Request(url=url, kind=kind))
    finally:
        await fetching.close()
    assert isinstance(answer, Page)  # without validators there is no 304
    return answer


def _jitter() -> float:
    return random.uniform(-1, 1)
