"""Those who watch the watcher: the numbers, the health, the heartbeat, the maintenance."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from monitor import logs
from monitor.clock import utc_now
from monitor.contracts import Outcome
from monitor.errors import FetchError, StoreError
from monitor.metrics import Metrics, feel_lag
from monitor.service import Service
from monitor.settings import Heartbeat, Settings
from monitor.web.health import TICKS_APART, HealthServer

SOON, TIDY = timedelta(minutes=1), timedelta(hours=6)
LATER, CHECK = timedelta(hours=1), timedelta(hours=24)
NO_HEARTBEAT = timedelta(seconds=30)  # how often it is looked whether one is configured now


class Monitoring:
    """Of one daemon. `attached` sets them to work on its service."""

    def __init__(self) -> None:
        self._metrics = Metrics()
        self._server: HealthServer | None = None

    def observe(self, outcome: Outcome) -> None:
        """Logged and counted: once, here."""
        logs.result(outcome)
        self._metrics.observe(outcome)

    def alarm(self, desk: str, error: Exception) -> None:
        logs.alarm(desk, error)
        self._metrics.alarm(desk)

    async def accepted(self, settings: Settings) -> None:
        """A configuration came into force."""
        self._metrics.reloaded(utc_now())
        if self._server is None:
            return
        try:
            await self._server.listen(settings.listen)
        except OSError as error:
            said = error.strerror or str(error)
            logs.warn("metrics and health are not served", listen=str(settings.listen), error=said)

    def refused(self) -> None:
        self._metrics.refused()

    @asynccontextmanager
    async def attached(self, service: Service) -> AsyncIterator[None]:
        server = HealthServer(
            self._metrics,
            measure=service.standing,
            commit=service.note_alive,
            since_tick=lambda: service.engine.since_tick,
        )
        self._schedule(service)
        async with server, asyncio.TaskGroup() as tasks:
            self._server = server
            mine = [
                tasks.create_task(feel_lag(self._metrics)),
                tasks.create_task(beat(service)),
            ]
            try:
                yield
            finally:
                self._server = None
                for task in mine:
                    task.cancel()

    def _schedule(self, service: Service) -> None:
        """A daemon that is restarted often has its maintenance too: soon after each start."""
        jobs = (("tidy", self._tidy, SOON, TIDY), ("check", self._check, LATER, CHECK))
        for name, work, first, every in jobs:
            service.calendar.every(every, partial(work, service), name=name, first=first)

    async def _tidy(self, service: Service) -> None:
        try:
            gone = await service.tidy()
        except StoreError as error:
            self.alarm("maintenance", error)
        else:
            logs.say("maintenance", articles_forgotten=gone)

    async def _check(self, service: Service) -> None:
        try:
            await service.check()
        except StoreError as error:
            self._metrics.sound.set(0 if error.permanent else 1)
            self.alarm("maintenance", error)
        else:
            self._metrics.sound.set(1)


async def beat(service: Service) -> None:
    """Visits the heartbeat's address for ever, for as long as all is well."""
    while True:
        heartbeat = service.settings.heartbeat
        if heartbeat is not None:
            await _visit(service, heartbeat)
        await asyncio.sleep((heartbeat.every if heartbeat else NO_HEARTBEAT).total_seconds())


async def _visit(service: Service, heartbeat: Heartbeat) -> None:
    """No tick or no commit, no heartbeat: its absence is what is heard outside."""
    since = service.engine.since_tick
    if since is not None and since > TICKS_APART:
        logs.warn("no heartbeat", error=f"no tick for {since.total_seconds():.0f} s")
        return
    try:
        await service.note_alive()
        await service.visit(heartbeat.url)
    except (FetchError, StoreError) as error:
        logs.warn("no heartbeat", error=str(error))
