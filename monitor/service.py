"""The composition root: builds the store, the network, the workers and the engine.

Nothing below imports this module; the command line and the daemon start the product through it.
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
from monitor.core.alerts import CALENDAR_GROUPS, rehold, removed_channel_message
from monitor.core.polling import FRESH_FOR, REREAD_FOR, first_poll_at
from monitor.engine.calendar import Calendar
from monitor.engine.cpu_pool import ProcessCpuPool
from monitor.engine.local import Engine
from monitor.engine.shutdown import run_in_daemon_thread, run_within
from monitor.jobs.poll import PollWorker
from monitor.jobs.read import ReadWorker
from monitor.model import FetchKind, Page, Request
from monitor.net.fetch import HttpFetcher
from monitor.ports import Clock
from monitor.send_workers import CLOSE_TIMEOUT, SendWorkers
from monitor.settings import NetworkSettings, Plan, Settings
from monitor.store.channels import Removal
from monitor.store.lock import InstanceLock
from monitor.store.opening import prepare_in_thread
from monitor.store.stats import collect_stats
from monitor.store.store import SqliteStore
from monitor.store.upgrade import Report, no_report

POLL_SLOTS, READ_SLOTS = 64, 32
TAKE = 128  # rows taken at once
DRAIN_LIMIT = timedelta(seconds=5)  # for work in progress when the service stops


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePass:
    """Sources that one pass polls, each once: these, every one, or (neither) those due."""

    names: tuple[str, ...] = ()
    everything: bool = False


class Service:
    """All workers on one database. Open it with `open_service`.

    `observe` is called with each outcome, `alarm` with the name of a worker and an error that it
    survived.
    """

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
        self._store = SqliteStore(settings.database, clock, prepared)
        self._engine = Engine(observe, alarm)
        self.calendar = Calendar()
        self._cpu_pool = ProcessCpuPool(os.cpu_count() or 1)
        self._fetcher = HttpFetcher(settings.network, clock)
        self._senders = SendWorkers(
            self._engine,
            store=self._store,
            cpu_pool=self._cpu_pool,
            clock=clock,
            jitter=_jitter,
            plan=lambda: self._plan,
        )

    @property
    def settings(self) -> Settings:
        """The configuration in force."""
        return self._plan.settings

    @property
    def engine(self) -> Engine:
        """The engine that runs the workers."""
        return self._engine

    async def start(self) -> None:
        """Bring the database in line with the configuration and start the workers."""
        await self._store.start(self._rehold)
        await self._sync(self.settings)
        if self._one_pass is not None:  # before a worker takes what is due anyway
            await self._make_pass_due(self._one_pass)
        for worker in (self._poll_worker(), self._read_worker()):
            slots = POLL_SLOTS if worker.name == "poll" else READ_SLOTS
            self._engine.start_worker(worker, slots=slots, batch=TAKE)
        await self._senders.start_missing()
        self._engine.start()
        self.calendar.start()

    async def stop(self) -> None:
        """Take no more work, finish what is in progress, and close everything."""
        async with AsyncExitStack() as exits:  # each is closed, whatever another raises
            exits.push_async_callback(self._store.close)
            exits.push_async_callback(self._close_network_and_pool)
            exits.push_async_callback(self._engine.stop, DRAIN_LIMIT)
            exits.push_async_callback(self.calendar.stop)

    async def _close_network_and_pool(self) -> None:
        """Close channels, connections and worker processes at once, within CLOSE_TIMEOUT."""
        pool_closing = run_in_daemon_thread(self._cpu_pool.close)
        channels = self._senders.close_all()
        await run_within(CLOSE_TIMEOUT, *channels, self._fetcher.close(), pool_closing)

    async def apply(self, settings: Settings) -> None:
        """Put a configuration in force; work in progress ends under the old one."""
        self._plan = Plan.of(settings)
        self._fetcher.apply(settings.network)
        await self._senders.close_changed()
        await self._sync(settings)
        await self._senders.start_missing()
        self._engine.wake("poll", "read")

    async def _sync(self, settings: Settings) -> None:
        removal = Removal(operator=self._plan.operator, report=removed_channel_message)
        await self._store.sync(
            settings.sources,
            targets(settings),
            first_poll_at,
            removal=removal,
            reread_for=REREAD_FOR,
        )
        await self._store.sync_topics(settings.topics)

    async def note_alive(self) -> None:
        """Commit the present time, which proves that the writer works. Raises StoreError."""
        await self._store.note_alive()

    async def note(self, key: str, value: str | None) -> None:
        """Record a value for `status` in the database; None removes it."""
        await self._store.note(key, value)

    async def prune(self) -> int:
        """Delete what is older than `keep:` allows; return the number of articles."""
        return await self._store.prune(self.settings.keep)

    async def check_database(self) -> None:
        """Check the integrity of the database. Raises StoreError if it is damaged."""
        await self._store.check_integrity()

    async def stats(self) -> Stats:
        """Measure how much work waits and for how long, over a connection of its own."""
        return await asyncio.to_thread(collect_stats, self._store.path, self._clock())

    async def ping(self, url: str) -> None:
        """Request a URL and discard the response. Raises FetchError."""
        await self._fetcher.get(Request(url=url, kind=FetchKind.FEED))

    # one pass

    async def _make_pass_due(self, one: OnePass) -> None:
        if one.everything or one.names:
            await self.make_due(None if one.everything else one.names)
        else:
            await self._store.make_new_due()

    async def make_due(self, names: Iterable[str] | None) -> None:
        """Make these sources due now; None: all, and another read of recent matched articles."""
        fresh = FRESH_FOR if names is None else None
        await self._store.make_due(names, fresh)

    async def drain(self, *, to_the_end: bool = True) -> Backlog:
        """Work until nothing is due; return what waits for a later retry.

        `to_the_end`: also send messages that still collect alerts, as no more will join them.
        """
        while True:
            await self._engine.wait_until_idle()
            backlog = await self._store.backlog(self._plan.channels)
            due = backlog.sources_due or backlog.reads_due or backlog.deliveries_due
            if not due and not (to_the_end and await self._store.release_held(CALENDAR_GROUPS)):
                return backlog
            await self._engine.wake_all()

    async def apply_clock_step(self, step: timedelta) -> None:
        """Shift all due times after a step of the wall clock, so that waits keep their length."""
        await self._store.shift(step, self._rehold)
        self.calendar.clock_moved(step)

    def _rehold(self, channel: str, group: str, until: datetime, now: datetime) -> datetime | None:
        return rehold(group, self._plan.paces.get(channel), until, now)

    # workers

    def _poll_worker(self) -> PollWorker:
        return PollWorker(
            store=self._store,
            fetcher=self._fetcher,
            cpu_pool=self._cpu_pool,
            notifier=self._engine,
            clock=self._clock,
            jitter=_jitter,
            plan=lambda: self._plan,
        )

    def _read_worker(self) -> ReadWorker:
        return ReadWorker(
            store=self._store,
            fetcher=self._fetcher,
            limiter=self._fetcher.limiter,
            cpu_pool=self._cpu_pool,
            notifier=self._engine,
            clock=self._clock,
            plan=lambda: self._plan,
        )


@asynccontextmanager
async def open_service(
    settings: Settings,
    *,
    observe: Callable[[Outcome], None],
    alarm: Callable[[str, Exception], None],
    clock: Clock = utc_now,
    one_pass: OnePass | None = None,
    report: Report = no_report,
) -> AsyncIterator[Service]:
    """Start a service as the only one on its database; stop it at the end of the context.

    `report` is called from another thread with what takes long before the start. Raises Locked or
    StoreError.
    """
    with InstanceLock(settings.database):
        prepared = await prepare_in_thread(
            settings.database, group=settings.database_group, report=report
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
    """Fetch one page or feed outside of any schedule, for the command line. Raises FetchError."""
    fetcher = HttpFetcher(network, utc_now)
    try:
        answer = await fetcher.get(Request(url=url, kind=kind))
    finally:
        await fetcher.close()
    assert isinstance(answer, Page)  # without validators there is no 304
    return answer


def _jitter() -> float:
    return random.uniform(-1, 1)
