"""Monitoring of the daemon itself: logs, metrics, health, heartbeat, and the maintenance jobs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from monitor import logs
from monitor.clock import utc_now
from monitor.contracts import Outcome
from monitor.errors import FetchError, StoreError
from monitor.metrics import Metrics, measure_loop_lag
from monitor.service import Service
from monitor.settings import Heartbeat, Settings
from monitor.web.health import MAX_TICK_AGE, HealthServer

FIRST_PRUNE, PRUNE_INTERVAL = timedelta(minutes=1), timedelta(hours=6)
FIRST_CHECK, CHECK_INTERVAL = timedelta(hours=1), timedelta(hours=24)
NO_HEARTBEAT = timedelta(seconds=30)  # how often the configuration is asked for one


class Monitoring:
    """Observers of one daemon, to be handed to its service. `attach` starts what runs beside it."""

    def __init__(self) -> None:
        self._metrics = Metrics()
        self._server: HealthServer | None = None

    def observe(self, outcome: Outcome) -> None:
        """Log and count one piece of work: the only place that does."""
        logs.log_outcome(outcome)
        self._metrics.observe(outcome)

    def record_failure(self, worker: str, error: Exception) -> None:
        """Log and count an error that a worker survived."""
        logs.log_failure(worker, error)
        self._metrics.count_failure(worker)

    async def accept_configuration(self, settings: Settings) -> None:
        """Record that a configuration came into force, and serve health where it says."""
        self._metrics.record_reload(utc_now())
        if self._server is None:
            return
        try:
            await self._server.listen(settings.listen)
        except OSError as error:
            reason = error.strerror or str(error)
            logs.warn(
                "metrics and health are not served", listen=str(settings.listen), error=reason
            )

    def refuse_configuration(self) -> None:
        """Record that the newest configuration was refused."""
        self._metrics.record_refused_reload()

    @asynccontextmanager
    async def attach(self, service: Service) -> AsyncIterator[None]:
        """Serve health and metrics, send heartbeats and schedule maintenance while entered."""
        server = HealthServer(
            self._metrics,
            measure=service.stats,
            commit=service.note_alive,
            since_tick=lambda: service.engine.since_tick,
        )
        self._schedule_maintenance(service)
        async with server, asyncio.TaskGroup() as tasks:
            self._server = server
            own = [
                tasks.create_task(measure_loop_lag(self._metrics)),
                tasks.create_task(send_heartbeats(service)),
            ]
            try:
                yield
            finally:
                self._server = None
                for task in own:
                    task.cancel()

    def _schedule_maintenance(self, service: Service) -> None:
        """Schedule pruning and checks; soon after each start, for daemons that restart often."""
        jobs = (
            ("prune", self._prune, FIRST_PRUNE, PRUNE_INTERVAL),
            ("check", self._check, FIRST_CHECK, CHECK_INTERVAL),
        )
        for name, work, first, interval in jobs:
            service.calendar.every(interval, partial(work, service), name=name, first=first)

    async def _prune(self, service: Service) -> None:
        try:
            pruned = await service.prune()
        except StoreError as error:
            self.record_failure("maintenance", error)
        else:
            logs.info("maintenance", articles_forgotten=pruned)

    async def _check(self, service: Service) -> None:
        try:
            await service.check_database()
        except StoreError as error:
            self._metrics.database_sound.set(0 if error.permanent else 1)
            self.record_failure("maintenance", error)
        else:
            self._metrics.database_sound.set(1)


async def send_heartbeats(service: Service) -> None:
    """Request the heartbeat's address at its interval; never returns."""
    while True:
        heartbeat = service.settings.heartbeat
        if heartbeat is not None:
            await _send_heartbeat(service, heartbeat)
        await asyncio.sleep((heartbeat.every if heartbeat else NO_HEARTBEAT).total_seconds())


async def _send_heartbeat(service: Service, heartbeat: Heartbeat) -> None:
    """Send one, but not if the engine does not tick or the writer does not commit."""
    since = service.engine.since_tick
    if since is not None and since > MAX_TICK_AGE:
        logs.warn("no heartbeat", error=f"no tick for {since.total_seconds():.0f} s")
        return
    try:
        await service.note_alive()
        await service.ping(heartbeat.url)
    except (FetchError, StoreError) as error:
        logs.warn("no heartbeat", error=str(error))
