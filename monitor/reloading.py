"""Reloads the configuration: at SIGHUP, and when a file that it was read from changes.

A configuration with errors changes nothing: the last valid one stays in force, and `status` shows
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

SCAN_INTERVAL = timedelta(seconds=1)


class Reloader:
    """Keeps a service on its newest valid configuration. Set `requested` to request a reload."""

    def __init__(self, service: Service, monitoring: Monitoring, requested: asyncio.Event) -> None:
        self._service = service
        self._monitoring = monitoring
        self._requested = requested
        self._path = service.settings.path
        self._inputs = service.settings.inputs

    async def watch_files(self) -> None:
        """Request a reload when a file differs from the one last read; never returns.

        Files are polled: editors replace a file by a new one, not every file system sends events,
        and an included pattern may match new files. A change counts once two scans agree, so that
        a file is not read while it is written.
        """
        last = self._inputs
        while True:
            await asyncio.sleep(SCAN_INTERVAL.total_seconds())
            now = await asyncio.to_thread(config.current_inputs, self._inputs)
            if now == last and now != self._inputs:
                self._inputs = now  # requested once
                self._requested.set()
            last = now

    async def reload_on_request(self) -> None:
        """Reload whenever requested; never returns."""
        while True:
            await self._requested.wait()
            self._requested.clear()
            sdnotify.notify_reloading()
            try:
                await self._reload()
            except StoreError as error:
                logs.log_failure("reload", error)
            sdnotify.notify("READY=1")

    async def _reload(self) -> None:
        found, self._inputs = await asyncio.to_thread(config.read, self._path)
        if isinstance(found, ConfigError):
            self._monitoring.refuse_configuration()
            await self._refuse(found)
        else:
            await self._accept(found)

    async def _accept(self, settings: Settings) -> None:
        logs.hide_secrets(settings)
        if settings.database != self._service.settings.database:
            logs.warn("database", error="another database takes a restart; the old one is kept")
        await self._service.apply(settings)
        await announce(self._service, settings, self._monitoring)

    async def _refuse(self, error: ConfigError) -> None:
        for fault in error.faults:
            logs.warn("configuration refused, the last good one goes on", error=fault)
        await self._service.note("config_error", str(error))


async def announce(service: Service, settings: Settings, monitoring: Monitoring) -> None:
    """Record in the database, the metrics and the log that a configuration is in force."""
    await monitoring.accept_configuration(settings)
    await service.note("config_error", None)
    await service.note("config_loaded_at", utc_text(utc_now()))
    for warning in settings.warnings:
        logs.warn("configuration", warning=warning)
    logs.info(
        "watching",
        sources=len(settings.sources),
        topics=len(settings.topics),
        channels=len(settings.channels),
    )
