"""Recurring jobs under steps of the wall clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from monitor.engine.calendar import Calendar, IntervalFromNow

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
BOOTED = datetime(1970, 1, 1, 0, 5, tzinfo=UTC) - NOW
STEPS = (-HOUR, HOUR, -timedelta(days=1), timedelta(days=1), YEAR, -YEAR, BOOTED)


class Job:
    """Counts its runs."""

    def __init__(self) -> None:
        self.runs = 0
        self.ran = asyncio.Event()

    async def __call__(self) -> None:
        self.runs += 1
        self.ran.set()


@pytest.fixture
async def calendar() -> AsyncIterator[Calendar]:
    calendar = Calendar()
    calendar.start()
    yield calendar
    await calendar.stop()


def next_run(calendar: Calendar) -> datetime:
    [job] = calendar._scheduler.get_jobs()
    at: datetime = job.next_run_time
    return at


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_step_of_the_clock_moves_the_next_run(calendar: Calendar, step: timedelta) -> None:
    with time_machine.travel(NOW, tick=False) as wall:
        calendar.every(6 * HOUR, Job(), name="tidy", first=HOUR)
        wall.move_to(NOW + step)
        calendar.clock_moved(step)
        assert next_run(calendar) == NOW + step + HOUR


@pytest.mark.parametrize("step", [HOUR, YEAR, -BOOTED], ids=str)
async def test_runs_skipped_by_a_step_are_run_once_and_not_iterated_over(
    calendar: Calendar, step: timedelta
) -> None:
    """Even if the scheduler runs before `clock_moved` is called."""
    calls: list[datetime] = []

    class Counting(IntervalFromNow):
        def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
            calls.append(now)
            return super().get_next_fire_time(previous, now)

    job = Job()
    with time_machine.travel(NOW, tick=False) as wall:
        calendar.every(timedelta(seconds=1), job, name="tidy", first=timedelta(seconds=1))
        calendar._scheduler.reschedule_job("tidy", trigger=Counting(timedelta(seconds=1)))
        wall.move_to(NOW + step)
        calendar._scheduler.wakeup()
        await job.ran.wait()
        assert next_run(calendar) == NOW + step + timedelta(seconds=1)
    assert job.runs == 1
    assert len(calls) <= 3


async def test_a_job_cancelled_by_the_stop_logs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    started = asyncio.Event()

    async def long() -> None:
        started.set()
        await asyncio.Event().wait()

    calendar = Calendar()
    calendar.start()
    calendar.every(HOUR, long, name="tidy", first=timedelta(0))
    await started.wait()
    await calendar.stop()
    assert [record for record in caplog.records if record.levelname != "INFO"] == []
