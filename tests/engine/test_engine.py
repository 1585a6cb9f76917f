"""The engine: bounded work, no lost ring, an end in time."""

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


class FakeDesk:
    """Hands out numbers; each is worked on until its gate opens."""

    def __init__(self, name: str = "read") -> None:
        self.name = name
        self.due: deque[int] = deque()
        self.done: list[int] = []
        self.takes = 0
        self.at_once = 0
        self.most_at_once = 0
        self.full = 2
        self.is_full = asyncio.Event()  # set while `full` pieces are under way
        self.gate = asyncio.Event()
        self.gate.set()
        self.refusals = 0
        self.lost = False
        self.given_back: list[int] = []
        self.requeued: list[int] = []

    async def take(self, limit: int) -> list[int]:
        self.takes += 1
        if self.refusals:
            self.refusals -= 1
            raise StoreError("the database is locked")
        return [self.due.popleft() for _ in range(min(limit, len(self.due)))]

    async def failed(self, taken: int, error: Exception) -> None:
        if self.lost:
            raise StoreError("the disk is full")
        self.given_back.append(taken)

    async def requeue(self, taken: Sequence[int]) -> None:
        if self.lost:
            raise StoreError("the disk is full")
        self.requeued += taken

    def pause(self) -> float | None:
        return None

    async def work(self, taken: int) -> Outcome:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.at_once == self.full:
            self.is_full.set()
        await asyncio.sleep(0)
        await self.gate.wait()
        self.at_once -= 1
        if taken < 0:
            raise ZeroDivisionError("a defect")
        self.done.append(taken)
        return Outcome(desk=self.name, subject=str(taken), result="done")


class Heard:
    """What the engine told of."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.alarms: list[Exception] = []

    def alarm(self, desk: str, error: Exception) -> None:
        self.alarms.append(error)


@asynccontextmanager
async def engine_of(desk: FakeDesk, heard: Heard, *, slots: int = 4) -> AsyncIterator[Engine]:
    engine = Engine(heard.outcomes.append, heard.alarm)
    engine.start_worker(desk, slots=slots, batch=8)
    try:
        yield engine
    finally:
        await engine.stop(timedelta(seconds=5))


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def test_all_that_is_due_is_done_within_the_slots(heard: Heard) -> None:
    desk = FakeDesk()
    desk.due.extend(range(100))
    async with engine_of(desk, heard) as engine:
        await engine.until_idle()
    assert sorted(desk.done) == list(range(100))
    assert desk.most_at_once == 4
    assert len(heard.outcomes) == 100


async def test_a_ring_wakes_a_desk_that_rests(heard: Heard) -> None:
    desk = FakeDesk()
    async with engine_of(desk, heard) as engine:
        await engine.until_idle()
        desk.due.append(7)
        engine.wake("read")
        await engine.until_idle()
    assert desk.done == [7]


async def test_a_ring_during_a_take_is_not_lost(heard: Heard) -> None:
    desk = FakeDesk()
    taken = desk.take

    async def take_while_somebody_rings(limit: int) -> list[int]:
        found = await taken(limit)
        if desk.takes == 1:
            desk.due.append(1)
            engine.wake("read")
        return found

    desk.take = take_while_somebody_rings  # type: ignore[method-assign]
    async with engine_of(desk, heard) as engine:
        await engine.until_idle()
    assert desk.done == [1]


async def test_a_ring_for_nobody_does_no_harm(heard: Heard) -> None:
    async with engine_of(FakeDesk(), heard) as engine:
        engine.wake("no such desk")
        await engine.until_idle()


async def test_a_defect_in_one_piece_is_told_and_the_desk_goes_on(heard: Heard) -> None:
    desk = FakeDesk()
    desk.due.extend((1, -1, 2))
    async with engine_of(desk, heard) as engine:
        await engine.until_idle()
    assert sorted(desk.done) == [1, 2]
    assert [type(error) for error in heard.alarms] == [ZeroDivisionError]
    assert desk.given_back == [-1]


async def test_a_database_that_says_no_is_asked_again(heard: Heard) -> None:
    desk = FakeDesk()
    desk.refusals = 1
    desk.due.append(1)
    async with engine_of(desk, heard) as engine:
        await engine.until_idle()
    assert desk.done == [1]
    assert [str(error) for error in heard.alarms] == ["the database is locked"]


async def test_a_pass_gives_up_when_the_database_says_no_for_good(heard: Heard) -> None:
    desk = FakeDesk()
    desk.lost = True
    desk.due.extend((-1, -2, -3))
    async with engine_of(desk, heard) as engine:
        with pytest.raises(StoreError, match="the disk is full"):
            await engine.until_idle()


async def test_what_could_not_be_given_back_is_given_back_later(heard: Heard) -> None:
    desk = FakeDesk()
    desk.lost = True
    desk.due.append(-1)
    async with engine_of(desk, heard) as engine:
        await engine.until_idle()
        assert desk.given_back == []
        desk.lost = False
        engine.wake("read")
        await engine.until_idle()
    assert desk.given_back == [-1]


async def test_stopping_finishes_what_is_under_way_and_begins_nothing(heard: Heard) -> None:
    desk = FakeDesk()
    desk.gate.clear()
    desk.due.extend(range(10))
    engine = Engine(heard.outcomes.append, heard.alarm)
    engine.start_worker(desk, slots=2, batch=8)
    await desk.is_full.wait()
    stopping = asyncio.ensure_future(engine.stop(timedelta(seconds=5)))
    await asyncio.sleep(0)
    desk.gate.set()
    await stopping
    assert sorted(desk.done) == [0, 1]
    assert sorted(desk.requeued) == list(range(2, 8))
    assert desk.given_back == []


async def test_work_that_is_interrupted_is_requeued_and_counts_no_failure(heard: Heard) -> None:
    desk = FakeDesk()
    desk.gate.clear()
    desk.due.extend(range(5))
    engine = Engine(heard.outcomes.append, heard.alarm)
    engine.start_worker(desk, slots=2, batch=8)
    await desk.is_full.wait()
    await engine.stop(timedelta(milliseconds=50))
    assert sorted(desk.requeued) == list(range(5))
    assert (desk.done, desk.given_back, heard.alarms) == ([], [], [])


async def test_a_database_that_is_lost_does_not_hold_the_end(heard: Heard) -> None:
    desk = FakeDesk()
    desk.gate.clear()
    desk.due.extend(range(5))
    engine = Engine(heard.outcomes.append, heard.alarm)
    engine.start_worker(desk, slots=2, batch=8)
    await desk.is_full.wait()
    desk.lost = True
    await engine.stop(timedelta(milliseconds=50))
    assert [str(error) for error in heard.alarms] == ["the disk is full"]


async def test_a_desk_whose_dismissal_was_cancelled_is_ended_by_the_stop(heard: Heard) -> None:
    desk = FakeDesk()
    desk.gate.clear()
    desk.due.extend(range(3))
    engine = Engine(heard.outcomes.append, heard.alarm)
    engine.start_worker(desk, slots=2, batch=8)
    await desk.is_full.wait()
    reload = asyncio.ensure_future(engine.stop_worker("read", timedelta(hours=1)))
    await asyncio.sleep(0)
    reload.cancel()
    await asyncio.wait({reload})
    await engine.stop(timedelta(milliseconds=50))
    assert sorted(desk.requeued) == [0, 1, 2]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_work_that_never_ends_does_not_hold_the_end(heard: Heard) -> None:
    desk = FakeDesk()
    desk.gate.clear()
    desk.full = 1
    desk.due.append(1)
    engine = Engine(heard.outcomes.append, heard.alarm)
    engine.start_worker(desk, slots=1, batch=1)
    await desk.is_full.wait()
    async with patience():
        await engine.stop(timedelta(milliseconds=50))
    assert desk.done == []


async def test_the_tick_rings_every_desk(heard: Heard) -> None:
    desk = FakeDesk()
    async with engine_of(desk, heard) as engine:
        await engine.until_idle()
        desk.full = 1
        desk.due.append(1)
        engine.start()
        async with patience():
            await desk.is_full.wait()
            await engine.until_idle()
    assert desk.done == [1]


@pytest.mark.parametrize("step", [timedelta(days=-2), timedelta(days=365)], ids=str)
async def test_the_tick_goes_on_whatever_the_wall_clock_shows(
    heard: Heard, step: timedelta
) -> None:
    desk = FakeDesk()
    async with engine_of(desk, heard) as engine:
        engine.start()
        with time_machine.travel(datetime.now(UTC) + step):
            for number in range(3):
                await engine.until_idle()
                desk.due.append(number)
                await until(lambda: len(desk.done) > number, "a tick")  # noqa: B023
    assert heard.alarms == []
