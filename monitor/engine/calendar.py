"""Recurring jobs of the daemon, such as the hourly maintenance, on APScheduler.

A job whose time was skipped by a step of the wall clock runs once. APScheduler's own interval
trigger is not used: it iterates over every missed run, and after a step back it waits until the
original start time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

Job = Callable[[], Awaitable[None]]


class IntervalFromNow(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Trigger that fires one interval after the present, whatever the previous fire time was."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the next fire time; called by APScheduler."""
        return now + self.interval


class Calendar:
    """Owner of the scheduler and of the tasks it starts. A job never runs twice at a time."""

    def __init__(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def every(self, interval: timedelta, job: Job, *, name: str, first: timedelta) -> None:
        """Schedule `job` to run after `first`, then at each interval. It must not raise."""
        self._scheduler.add_job(
            self._start_job,
            IntervalFromNow(interval),
            args=[name, job],
            id=name,
            next_run_time=datetime.now(UTC) + first,
            misfire_grace_time=None,
            replace_existing=True,
        )

    def start(self) -> None:
        """Start the scheduler in the running event loop."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Stop the scheduler, cancel running jobs and wait until they have ended."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def clock_moved(self, by: timedelta) -> None:
        """Shift every next run by a step of the wall clock, at most one interval ahead of now."""
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            at = min(max(job.next_run_time + by, now), now + job.trigger.interval)
            self._scheduler.modify_job(job.id, next_run_time=at)

    async def _start_job(self, name: str, job: Job) -> None:
        # In a task of our own: APScheduler logs a cancelled job as an error.
        running = self._tasks.get(name)
        if running is None or running.done():
            self._tasks[name] = asyncio.ensure_future(job())
