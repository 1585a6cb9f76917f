"""The daemon: a service that runs until a signal stops it and reloads its configuration."""

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
from monitor.service import Service, open_service
from monitor.settings import Settings

MAX_ALIVE_INTERVAL = timedelta(minutes=1)  # from one record of the time to the next


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. SIGHUP, or a changed file, reloads the configuration."""
    malloc.limit_heap()
    stop, reload = asyncio.Event(), asyncio.Event()
    _handle_signals(stop, reload)
    with suppress(StartStopped):
        await _serve(settings, stop, reload)
    logs.info("stopped")


async def _serve(settings: Settings, stop: asyncio.Event, reload: asyncio.Event) -> None:
    """Run until `stop` is set. Raises StartStopped if it is set during an upgrade at start."""
    monitoring, steady = Monitoring(), clock.SteadyClock()
    logs.hide_secrets(settings)

    def report(what: str) -> bool:
        logs.info(what)
        sdnotify.notify_starting(what)
        return not stop.is_set()

    async with (
        open_service(
            settings,
            observe=monitoring.observe,
            alarm=monitoring.record_failure,
            clock=steady,
            report=report,
        ) as service,
        monitoring.attach(service),
    ):
        await announce(service, settings, monitoring)
        async with _background_tasks(service, Reloader(service, monitoring, reload), steady):
            sdnotify.notify("READY=1", f"STATUS=watching {len(settings.sources)} sources")
            await stop.wait()
            sdnotify.notify("STOPPING=1")
        logs.info("stopping")


def _handle_signals(stop: asyncio.Event, reload: asyncio.Event) -> None:
    """Set `stop` at SIGTERM and SIGINT, and `reload` at SIGHUP, also at one that is pending."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    reload_signal.unblock()


@asynccontextmanager
async def _background_tasks(
    service: Service, reloader: Reloader, steady: clock.SteadyClock
) -> AsyncIterator[None]:
    """Run the file watcher, the reloader, the watchdog and the clock watcher while entered."""
    async with asyncio.TaskGroup() as tasks:
        own = [
            tasks.create_task(reloader.watch_files()),
            tasks.create_task(reloader.reload_on_request()),
            tasks.create_task(_watchdog(service)),
            tasks.create_task(clock.watch(steady, partial(_apply_clock_step, service))),
        ]
        try:
            yield
        finally:
            for task in own:
                task.cancel()


async def _watchdog(service: Service) -> None:
    """Record the time in the database and notify systemd's watchdog; never returns.

    Both stop when the event loop hangs or the writer does not commit. The next start compares its
    clock with the recorded time (store/epochs.py).
    """
    interval = min(sdnotify.watchdog_interval() or MAX_ALIVE_INTERVAL, MAX_ALIVE_INTERVAL)
    while True:
        await asyncio.sleep(interval.total_seconds())
        try:
            await service.note_alive()
        except StoreError as error:
            logs.log_failure("writer", error)
        else:
            sdnotify.notify("WATCHDOG=1")


async def _apply_clock_step(service: Service, step: timedelta) -> None:
    logs.warn("the wall clock was set", by=str(step))
    try:
        await service.apply_clock_step(step)
    except StoreError as error:
        logs.log_failure("clock", error)
