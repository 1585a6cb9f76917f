"""`run`: the service until it is told to stop, with the configuration as it is on disk."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from watchfiles import awatch

from monitor import clock, config, logs, memory, sdnotify
from monitor.clock import utc_now
from monitor.errors import ConfigError, StoreError
from monitor.model import utc_text
from monitor.service import Service, opened
from monitor.settings import Settings
from monitor.watchers import Watchers

ALIVE = timedelta(minutes=1)  # how often the present instant is noted, at least
LOOK_MS = 2_000  # how often the file is looked at, without an event

Stamp = tuple[int, int, int] | None  # modified, size, inode; None: not there


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. SIGHUP, or a new file, reloads; a broken one changes nothing."""
    memory.frugal()
    stop, reload, loaded = asyncio.Event(), asyncio.Event(), _stamp(settings.path)
    with _signals(stop, reload):
        watchers, steady = Watchers(), clock.SteadyClock()
        logs.hide(settings)
        async with (
            opened(
                settings, observe=watchers.observe, alarm=watchers.alarm, clock=steady
            ) as service,
            watchers.attached(service),
        ):
            await _said(service, settings, watchers)
            async with _companions(service, loaded, reload, watchers, steady):
                sdnotify.notify("READY=1", f"STATUS=watching {len(settings.sources)} sources")
                await stop.wait()
                sdnotify.notify("STOPPING=1")
            logs.say("stopping")
    logs.say("stopped")


@asynccontextmanager
async def _companions(
    service: Service,
    loaded: Stamp,
    reload: asyncio.Event,
    watchers: Watchers,
    steady: clock.SteadyClock,
) -> AsyncIterator[None]:
    path = service.settings.path
    async with asyncio.TaskGroup() as tasks:
        mine = [
            tasks.create_task(_watch_file(path, loaded, reload)),
            tasks.create_task(_reload(service, path, reload, watchers)),
            tasks.create_task(_watchdog(service)),
            tasks.create_task(clock.watch(steady, partial(_clocks_moved, service))),
        ]
        try:
            yield
        finally:
            for task in mine:
                task.cancel()


class _signals:
    """SIGTERM and SIGINT stop, SIGHUP reloads, for as long as this is entered."""

    def __init__(self, stop: asyncio.Event, reload: asyncio.Event) -> None:
        self._wanted = {
            signal.SIGTERM: stop.set,
            signal.SIGINT: stop.set,
            signal.SIGHUP: reload.set,
        }

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number, act in self._wanted.items():
            loop.add_signal_handler(number, act)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._wanted:
            loop.remove_signal_handler(number)


async def _watch_file(path: Path, loaded: Stamp, reload: asyncio.Event) -> None:
    """The folder is watched, since editors put a new file in the old one's place.

    What counts is that the file is another than the one last seen: an event may be missed while
    the service starts, and not every file system sends any.
    """
    async for _ in awatch(
        path.parent, recursive=False, step=200, rust_timeout=LOOK_MS, yield_on_timeout=True
    ):
        if (now := _stamp(path)) != loaded:
            loaded = now
            reload.set()


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


async def _reload(service: Service, path: Path, reload: asyncio.Event, watchers: Watchers) -> None:
    while True:
        await reload.wait()
        reload.clear()
        sdnotify.reloading()
        try:
            await _loaded(service, path, watchers)
        except StoreError as error:
            logs.alarm("reload", error)
        sdnotify.notify("READY=1")


async def _loaded(service: Service, path: Path, watchers: Watchers) -> None:
    try:
        settings = await asyncio.to_thread(config.load, path)
    except ConfigError as error:
        watchers.refused()
        await _refused(service, error)
    else:
        await _accepted(service, settings, watchers)


async def _accepted(service: Service, settings: Settings, watchers: Watchers) -> None:
    logs.hide(settings)
    if settings.database != service.settings.database:
        logs.warn("database", error="another database takes a restart; the old one is kept")
    await service.apply(settings)
    await _said(service, settings, watchers)


async def _said(service: Service, settings: Settings, watchers: Watchers) -> None:
    await watchers.accepted(settings)
    await service.note("config_error", None)
    await service.note("config_loaded_at", utc_text(utc_now()))
    for warning in settings.warnings:
        logs.warn("configuration", warning=warning)
    logs.say(
        "watching",
        sources=len(settings.sources),
        topics=len(settings.topics),
        channels=len(settings.channels),
    )


async def _refused(service: Service, error: ConfigError) -> None:
    """The last good configuration goes on; `status` shows why."""
    for fault in error.faults:
        logs.warn("configuration refused, the last good one goes on", error=fault)
    await service.note("config_error", str(error))


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
