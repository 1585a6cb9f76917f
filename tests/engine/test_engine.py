"""The engine: bounded concurrency, no disk_is_full wake-up, a stop in time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from waiting import patience, until

from monitor.contracts import Outcome
from monitor.engine.local import Engine
from monitor.errors import StoreError


class FakeWorker:
    """Worker over numbers; work on each waits for `gate`, and fails if it is negative."""

    def __init__(self, name: str = "read") -> None:
        self.name = name
        self.due: deque[int] = deque()
        self.done: list[int] = []
        self.takes = 0
        self.running = 0
        self.most_running = 0
        self.full = 2
        self.reached_full = asyncio.Event()  # set once `full` items run
        self.gate = asyncio.Event()
        self.gate.set()
        self.take_errors = 0
        self.disk_is_full = False
        self.failed_items: list[int] = []
        self.requeued: list[int] = []

    async def take(self, limit: int) -> list[int]:
        self.takes += 1
        if self.take_errors:
            self.take_errors -= 1
            raise StoreError("the database is locked")
        return [self.due.popleft() for _ in range(min(limit, len(self.due)))]

    async def failed(self, taken: int, error: Exception) -> None:
        if self.disk_is_full:
            raise StoreError("the disk is full")
        self.failed_items.append(taken)

    async def requeue(self, taken: Sequence[int]) -> None:
        if self.disk_is_full:
            raise StoreError("the disk is full")
        self.requeued += taken

    def pause(self) -> float | None:
        return None

    async def work(self, taken: int) -> Outcome:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        if self.running == self.full:
            self.reached_full.set()
        await asyncio.sleep(0)
        await self.gate.wait()
        self.running -= 1
        if taken < 0:
            raise ZeroDivisionError("a defect")
        self.done.append(taken)
        return Outcome(worker=self.name, subject=str(taken), result="done")


class Recorder:
    """Records the outcomes and errors that the engine reports."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.alarms: list[Exception] = []

    def alarm(self, worker: str, error: Exception) -> None:
        self.alarms.append(error)


@asynccontextmanager
async def engine_of(
    worker: FakeWorker, recorder: Recorder, *, slots: int = 4
) -> AsyncIterator[Engine]:
    engine = Engine(recorder.outcomes.append, recorder.alarm)
    engine.start_worker(worker, slots=slots, batch=8)
    try:
        yield engine
    finally:
        await engine.stop(timedelta(seconds=5))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


async def test_all_due_work_is_done_within_the_slots(recorder: Recorder) -> None:
    worker = FakeWorker()
    worker.due.extend(range(100))
    async with engine_of(worker, recorder) as engine:
        await engine.wait_until_idle()
    assert sorted(worker.done) == list(range(100))
    assert worker.most_running == 4
    assert len(recorder.outcomes) == 100


async def test_wake_makes_an_idle_worker_take(recorder: Recorder) -> None:
    worker = FakeWorker()
    async with engine_of(worker, recorder) as engine:
        await engine.wait_until_idle()
        worker.due.append(7)
        engine.wake("read")
        await engine.wait_until_idle()
    assert worker.done == [7]


async def test_a_wake_during_a_take_is_not_lost(recorder: Recorder) -> None:
    worker = FakeWorker()
    take = worker.take

    async def take_and_wake(limit: int) -> list[int]:
        found = await take(limit)
        if worker.takes == 1:
            worker.due.append(1)
            engine.wake("read")
        return found

    worker.take = take_and_wake  # type: ignore[method-assign]
    async with engine_of(worker, recorder) as engine:
        await engine.wait_until_idle()
    assert worker.done == [1]


async def test_a_wake_of_an_unknown_worker_is_ignored(recorder: Recorder) -> None:
    async with engine_of(FakeWorker(), recorder) as engine:
        engine.wake("no such worker")
        await engine.wait_until_idle()


async def test_an_unexpected_error_is_reported_and_the_worker_goes_on(recorder: Recorder) -> None:
    worker = FakeWorker()
    worker.due.extend((1, -1, 2))
    async with engine_of(worker, recorder) as engine:
        await engine.wait_until_idle()
    assert sorted(worker.done) == [1, 2]
    assert [type(error) for error in recorder.alarms] == [ZeroDivisionError]
    assert worker.failed_items == [-1]


async def test_a_failed_take_is_retried(recorder: Recorder) -> None:
    worker = FakeWorker()
    worker.take_errors = 1
    worker.due.append(1)
    async with engine_of(worker, recorder) as engine:
        await engine.wait_until_idle()
    assert worker.done == [1]
    assert [str(error) for error in recorder.alarms] == ["the database is locked"]


async def test_waiting_for_idle_ends_with_the_error_of_a_lasting_store_failure(
    recorder: Recorder,
) -> None:
    worker = FakeWorker()
    worker.disk_is_full = True
    worker.due.extend((-1, -2, -3))
    async with engine_of(worker, recorder) as engine:
        with pytest.raises(StoreError, match="the disk is full"):
            await engine.wait_until_idle()


async def test_a_failure_that_could_not_be_stored_is_stored_later(recorder: Recorder) -> None:
    worker = FakeWorker()
    worker.disk_is_full = True
    worker.due.append(-1)
    async with engine_of(worker, recorder) as engine:
        await engine.wait_until_idle()
        assert worker.failed_items == []
        worker.disk_is_full = False
        engine.wake("read")
        await engine.wait_until_idle()
    assert worker.failed_items == [-1]


async def test_a_stop_finishes_running_work_and_requeues_the_rest(recorder: Recorder) -> None:
    worker = FakeWorker()
    worker.gate.clear()
    worker.due.extend(range(10))
    engine = Engine(recorder.outcomes.append, recorder.alarm)
    engine.start_worker(worker, slots=2, batch=8)
    await worker.reached_full.wait()
    stopping = asyncio.ensure_future(engine.stop(timedelta(seconds=5)))
    await asyncio.sleep(0)
    worker.gate.set()
    await stopping
    assert sorted(worker.done) == [0, 1]
    assert sorted(worker.requeued) == list(range(2, 8))
    assert worker.failed_items == []


async def test_interrupted_work_is_requeued_and_counts_no_failure(recorder: Recorder) -> None:
    worker = FakeWorker()
    worker.gate.clear()
    worker.due.extend(range(5))
    engine = Engine(recorder.outcomes.append, recorder.alarm)
    engine.start_worker(worker, slots=2, batch=8)
    await worker.reached_full.wait()
    await engine.stop(timedelta(milliseconds=50))
    assert sorted(worker.requeued) == list(range(5))
    assert (worker.done, worker.failed_items, recorder.alarms) == ([], [], [])


async def test_a_store_failure_does_not_delay_the_stop(recorder: Recorder) -> None:
    worker = FakeWorker()
    worker.gate.clear()
    worker.due.extend(range(5))
    engine = Engine(recorder.outcomes.append, recorder.alarm)
    engine.start_worker(worker, slots=2, batch=8)
    await worker.reached_full.wait()
    worker.disk_is_full = True
    await engine.stop(timedelta(milliseconds=50))
    assert [str(error) for error in recorder.alarms] == ["the disk is full"]


async def test_a_worker_whose_stop_was_cancelled_is_ended_by_the_engines_stop(
    recorder: Recorder,
) -> None:
    worker = FakeWorker()
    worker.gate.clear()
    worker.due.extend(range(3))
    engine = Engine(recorder.outcomes.append, recorder.alarm)
    engine.start_worker(worker, slots=2, batch=8)
    await worker.reached_full.wait()
    replacing = asyncio.ensure_future(engine.stop_worker("read", timedelta(hours=1)))
    await asyncio.sleep(0)
    replacing.cancel()
    await asyncio.wait({replacing})
    await engine.stop(timedelta(milliseconds=50))
    assert sorted(worker.requeued) == [0, 1, 2]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_endless_work_does_not_delay_the_stop(recorder: Recorder) -> None:
    worker = FakeWorker()
    worker.gate.clear()
    worker.full = 1
    worker.due.append(1)
    engine = Engine(recorder.outcomes.append, recorder.alarm)
    engine.start_worker(worker, slots=1, batch=1)
    await worker.reached_full.wait()
    async with patience():
        await engine.stop(timedelta(milliseconds=50))
    assert worker.done == []


async def test_the_tick_wakes_every_worker(recorder: Recorder) -> None:
    worker = FakeWorker()
    async with engine_of(worker, recorder) as engine:
        await engine.wait_until_idle()
        worker.full = 1
        worker.due.append(1)
        engine.start()
        async with patience():
            await worker.reached_full.wait()
            await engine.wait_until_idle()
    assert worker.done == [1]


@pytest.mark.parametrize("step", [timedelta(days=-2), timedelta(days=365)], ids=str)
async def test_the_tick_goes_on_after_a_step_of_the_wall_clock(
    recorder: Recorder, step: timedelta
) -> None:
    worker = FakeWorker()
    async with engine_of(worker, recorder) as engine:
        engine.start()
        with time_machine.travel(datetime.now(UTC) + step):
            for number in range(3):
                await engine.wait_until_idle()
                worker.due.append(number)
                await until(lambda: len(worker.done) > number, "a tick")  # noqa: B023
    assert recorder.alarms == []
