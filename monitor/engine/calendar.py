"""Calendar jobs of the daemon, on APScheduler: maintenance and whatever else recurs by the hour.

Firings that a step of the wall clock skips are never made up, and never counted: APScheduler's own
interval trigger lists each of them, and after a step back waits for its old start.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

Job = Callable[[], Awaitable[None]]


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Fires an interval after the present, whenever it was meant to fire before."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class Calendar:
    """Owns the scheduler and the tasks that it starts. A job is not started twice at a time."""

    def __init__(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def every(self, interval: timedelta, job: Job, *, name: str, first: timedelta) -> None:
        """Runs `job` after `first`, then at each interval. It must not raise."""
        self._scheduler.add_job(
            self._fire,
            Every(interval),
            args=[name, job],
            id=name,
            next_run_time=datetime.now(UTC) + first,
            misfire_grace_time=None,
            replace_existing=True,
        )

    def start(self) -> None:
        self._scheduler.start()

    async def stop(self) -> None:
        """Cancels what runs, and returns when it has ended."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def clock_moved(self, by: timedelta) -> None:
        """Has every job keep its distance from the present, within its interval."""
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            at = min(max(job.next_run_time + by, now), now + job.trigger.interval)
            self._scheduler.modify_job(job.id, next_run_time=at)

    async def _fire(self, name: str, job: Job) -> None:
        """Starts a task of our own: APScheduler logs a job that is cancelled as an error."""
        running = self._tasks.get(name)
        if running is None or running.done():
            self._tasks[name] = asyncio.ensure_future(job())
