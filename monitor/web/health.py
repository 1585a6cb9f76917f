"""HTTP server of /metrics, /healthz and /readyz.

It has no authentication: by default it listens on loopback alone, and it publishes counts and names
of channels, no addresses and no articles.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import TracebackType
from typing import Self

from aiohttp import web

from monitor.contracts import Stats
from monitor.errors import StoreError
from monitor.metrics import CONTENT_TYPE, Metrics
from monitor.settings import Listen

COMMIT_TIMEOUT = timedelta(seconds=10)
SHUTDOWN_TIMEOUT = timedelta(seconds=0.5)  # for a request in progress when the daemon stops
MAX_TICK_AGE = timedelta(seconds=10)  # the engine ticks every half second


class HealthServer:
    """Server on one address at a time. Enter its context, then call `listen`.

    `measure` reads the statistics, `commit` proves that the writer commits, `since_tick` returns
    the time since the engine's last tick (None: it has not started).
    """

    def __init__(
        self,
        metrics: Metrics,
        *,
        measure: Callable[[], Awaitable[Stats]],
        commit: Callable[[], Awaitable[None]],
        since_tick: Callable[[], timedelta | None],
    ) -> None:
        self._metrics = metrics
        self._measure = measure
        self._commit = commit
        self._since_tick = since_tick
        self._at: Listen | None = None
        self._runner = web.AppRunner(
            self._app(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_TIMEOUT.total_seconds(),
        )
        self._site: web.TCPSite | None = None

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def listen(self, at: Listen | None) -> None:
        """Move to this address; None: stop listening. Raises OSError if it cannot be bound."""
        if at == self._at and (self._site is not None or at is None):
            return
        if self._site is not None:
            await self._site.stop()
        self._at, self._site = at, None
        if at is not None:
            site = web.TCPSite(self._runner, at.host, at.port, reuse_address=True)
            await site.start()
            self._site = site

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=1024)
        app.router.add_get("/metrics", self._serve_metrics)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        return app

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        """Serve the counters even if the database does not answer."""
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT.total_seconds()):
                self._metrics.set_stats(await self._measure())
        except (StoreError, TimeoutError):
            self._metrics.count_failure("metrics")
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def _healthz(self, _: web.Request) -> web.Response:
        """Answer ok if the writer commits. That the event loop runs is proved by any answer."""
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT.total_seconds()):
                await self._commit()
        except TimeoutError:
            limit = f"{COMMIT_TIMEOUT.total_seconds():g} s"
            return _unavailable(f"the database took no commit within {limit}")
        except StoreError:  # its text names a path, and is in the log
            return _unavailable("the database takes no commit")
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        since = self._since_tick()
        if since is None:
            return _unavailable("it is starting")
        if since > MAX_TICK_AGE:
            return _unavailable(f"no tick for {since.total_seconds():.0f} s")
        return web.Response(text="ok\n")


def _unavailable(why: str) -> web.Response:
    return web.Response(status=503, text=f"{why}\n")
