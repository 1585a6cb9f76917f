"""Reads the configuration again: at SIGHUP, and when a file that it was read from changes.

A configuration with faults changes nothing: the last good one stays in force, and `status` says
why the new one was refused.
"""

import asyncio
from datetime import timedelta

from monitor import config, logs, sdnotify
from monitor.clock import utc_now
from monitor.errors import ConfigError, StoreError
from monitor.model import utc_text
from monitor.monitoring import Monitoring
from monitor.service import Service
from monitor.settings import Settings

LOOK = timedelta(seconds=1)


class Reloader:
    """Keeps a service on its newest valid configuration. `asked` is set to ask for a reload."""

    def __init__(self, service: Service, watchers: Monitoring, asked: asyncio.Event) -> None:
        self._service = service
        self._watchers = watchers
        self._asked = asked
        self._path = service.settings.path
        self._inputs = service.settings.inputs

    async def watch(self) -> None:
        """Asks for a reload when a file is another than the one last read, until cancelled.

        Files are looked at rather than waited for: editors put a new file in the old one's place,
        not every file system sends events, and an included pattern may match more. A change counts
        once two looks agree, so that a file is not read while it is written.
        """
        last = self._inputs
        while True:
            await asyncio.sleep(LOOK.total_seconds())
            now = await asyncio.to_thread(config.current, self._inputs)
            if now == last and now != self._inputs:
                self._inputs = now  # asked for once
                self._asked.set()
            last = now

    async def reload(self) -> None:
        """Reloads whenever asked, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            sdnotify.reloading()
            try:
                await self._read()
            except StoreError as error:
                logs.alarm("reload", error)
            sdnotify.notify("READY=1")

    async def _read(self) -> None:
        found, self._inputs = await asyncio.to_thread(config.read, self._path)
        if isinstance(found, ConfigError):
            self._watchers.refused()
            await self._refuse(found)
        else:
            await self._accept(found)

    async def _accept(self, settings: Settings) -> None:
        logs.hide(settings)
        if settings.database != self._service.settings.database:
            logs.warn("database", error="another database takes a restart; the old one is kept")
        await self._service.apply(settings)
        await announce(self._service, settings, self._watchers)

    async def _refuse(self, error: ConfigError) -> None:
        for fault in error.faults:
            logs.warn("configuration refused, the last good one goes on", error=fault)
        await self._service.note("config_error", str(error))


async def announce(service: Service, settings: Settings, watchers: Monitoring) -> None:
    """Notes and logs that a configuration is in force."""
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
