"""`run`: the service until it is told to stop, with the configuration as it is on disk."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial

from monitor import clock, logs, malloc, reload_signal, sdnotify
from monitor.errors import StartStopped, StoreError
from monitor.monitoring import Monitoring
from monitor.reloading import Reloader, announce
from monitor.service import Service, opened
from monitor.settings import Settings

ALIVE = timedelta(minutes=1)  # how often the present instant is noted, at least


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. SIGHUP, or a new file, reloads; a broken one changes nothing."""
    malloc.frugal()
    stop, reload = asyncio.Event(), asyncio.Event()
    _handle_signals(stop, reload)
    with suppress(StartStopped):
        await _serve(settings, stop, reload)
    logs.say("stopped")


async def _serve(settings: Settings, stop: asyncio.Event, reload: asyncio.Event) -> None:
    """Raises StartStopped when asked to stop while the database was being made ready."""
    watchers, steady = Monitoring(), clock.SteadyClock()
    logs.hide(settings)

    def starting(what: str) -> bool:
        logs.say(what)
        sdnotify.starting(what)
        return not stop.is_set()

    async with (
        opened(
            settings,
            observe=watchers.observe,
            alarm=watchers.alarm,
            clock=steady,
            starting=starting,
        ) as service,
        watchers.attached(service),
    ):
        await announce(service, settings, watchers)
        async with _companions(service, Reloader(service, watchers, reload), steady):
            sdnotify.notify("READY=1", f"STATUS=watching {len(settings.sources)} sources")
            await stop.wait()
            sdnotify.notify("STOPPING=1")
        logs.say("stopping")


def _handle_signals(stop: asyncio.Event, reload: asyncio.Event) -> None:
    """SIGTERM and SIGINT stop, SIGHUP reloads, until the process ends; one SIGHUP may wait."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    reload_signal.unblock()


@asynccontextmanager
async def _companions(
    service: Service, reloader: Reloader, steady: clock.SteadyClock
) -> AsyncIterator[None]:
    """What runs beside the service for as long as it does."""
    async with asyncio.TaskGroup() as tasks:
        mine = [
            tasks.create_task(reloader.watch()),
            tasks.create_task(reloader.reload()),
            tasks.create_task(_watchdog(service)),
            tasks.create_task(clock.watch(steady, partial(_clocks_moved, service))),
        ]
        try:
            yield
        finally:
            for task in mine:
                task.cancel()


async def _watchdog(service: Service) -> None:
    """Answers only while this loop turns and the writer still commits.

    A start compares the clock with the instant that is noted here (store/epochs.py).
    """
    every = min(sdnotify.watchdog() or ALIVE, ALIVE)
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            await service.note_alive()
        except StoreError as error:
            logs.alarm("writer", error)
        else:
            sdnotify.notify("WATCHDOG=1")


async def _clocks_moved(service: Service, by: timedelta) -> None:
    logs.warn("the wall clock was set", by=str(by))
    try:
        await service.clocks_moved(by)
    except StoreError as error:
        logs.alarm("clock", error)
