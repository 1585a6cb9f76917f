"""Runs the workers of one process: a tick on the event loop's clock, bounded concurrency.

The engine keeps no schedule: the rows do. `wake` says "look now", and the tick wakes every worker,
so a lost call costs one tick and a doubled one costs nothing. The wall clock plays no part here.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.contracts import Outcome
from monitor.ports import Worker

TICK = timedelta(milliseconds=500)
REFUSALS = 3  # in a row, after which a pass gives up
FAILED_TAKE = timedelta(seconds=1)  # how long to wait after the database said no
UNWIND = timedelta(seconds=0.5)  # for tasks that were cancelled to end
REQUEUE = timedelta(seconds=0.5)  # for the database to take back what was not finished

Observe = Callable[[Outcome], None]
Alarm = Callable[[str, Exception], None]  # the worker, and what it did not expect


class WorkerState:
    """State of one worker: rows taken and not begun, and the tasks under way with their rows."""

    def __init__(self, worker: Worker[Any], slots: int, batch: int) -> None:
        self.worker = worker
        self.slots = slots
        self.batch = batch
        self.waiting: deque[Any] = deque()
        self.active: dict[asyncio.Task[None], Any] = {}
        self.may_have_work = True  # whether a take may bring more
        self.woken = asyncio.Event()
        self.leaving = False
        self.unreturned: list[tuple[Any, Exception]] = []
        self.refusals = 0  # how often in a row the database said no
        self.refused: Exception | None = None

    @property
    def idle(self) -> bool:
        return not (self.waiting or self.active or self.may_have_work)


class Engine:
    """Runs the workers until stopped. Implements ports.Notifier."""

    def __init__(self, observe: Observe, alarm: Alarm) -> None:
        self._observe = observe
        self._alarm = alarm
        self._states: dict[str, WorkerState] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ticking: asyncio.Task[None] | None = None
        self._quiet = asyncio.Event()
        self._ticked_at: float | None = None  # of the loop's clock

    def wake(self, *names: str) -> None:
        for name in names:
            if state := self._states.get(name):
                state.may_have_work = True
                state.woken.set()

    def start(self) -> None:
        self._ticking = asyncio.get_running_loop().create_task(self._tick(), name="tick")

    @property
    def since_tick(self) -> timedelta | None:
        """How long ago the last tick was; None before the first."""
        if self._ticked_at is None:
            return None
        return timedelta(seconds=asyncio.get_running_loop().time() - self._ticked_at)

    async def _tick(self) -> None:
        """Wakes every worker, at once and then at every TICK of the loop's clock."""
        while True:
            self._ticked_at = asyncio.get_running_loop().time()
            self.wake(*self._states)
            await asyncio.sleep(TICK.total_seconds())

    def start_worker(self, worker: Worker[Any], *, slots: int, batch: int) -> None:
        """Starts a worker, or starts it again after it was stopped."""
        state = self._states[worker.name] = WorkerState(worker, slots, batch)
        self._tasks[worker.name] = asyncio.get_running_loop().create_task(
            self._attend(state), name=worker.name
        )

    async def stop_worker(self, name: str, grace: timedelta) -> None:
        """Stops a worker: what is under way may finish within `grace`, the rest is requeued.

        Requeued work is as it was before it was taken: due now, no attempt or failure counted.
        Where this is cancelled the worker stays, stopping, for `stop` to finish.
        """
        state, attending = self._states[name], self._tasks[name]
        state.leaving = True
        state.woken.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace.total_seconds()):
                await asyncio.wait({attending})
                while state.active:
                    await asyncio.wait(set(state.active))
        unfinished = [*state.active.values()]
        await _cancel({attending, *state.active})
        await self._requeue(state, unfinished)
        self._states.pop(name, None)
        self._tasks.pop(name, None)
        self._quiet.set()

    async def _requeue(self, state: WorkerState, unfinished: list[Any]) -> None:
        """A database that takes nothing now has every lease ended at the next start anyway."""
        try:
            async with asyncio.timeout(REQUEUE.total_seconds()):
                await self._return(state)
                if unfinished or state.waiting:
                    await state.worker.requeue([*unfinished, *state.waiting])
        except Exception as error:  # nothing may keep a worker from stopping
            self._alarm(state.worker.name, error)

    async def until_idle(self) -> None:
        """Returns once no worker has anything taken, under way, or to look for.

        Raises the error of a worker that could not take or settle for several times in a row: the
        database does not let it, and waiting longer would be waiting for ever.
        """
        while not all(state.idle for state in self._states.values()):
            for state in self._states.values():
                if state.refused is not None and state.refusals >= REFUSALS:
                    raise state.refused
            self._quiet.clear()
            await self._quiet.wait()

    async def wake_all(self) -> None:
        """Waits for the next tick, and has every worker look."""
        await asyncio.sleep(TICK.total_seconds() / 10)
        self.wake(*self._states)

    async def stop(self, grace: timedelta) -> None:
        """Takes nothing more, waits for what is under way, and cancels it after `grace`."""
        if self._ticking is not None:
            await _cancel({self._ticking})
        await asyncio.gather(*(self.stop_worker(name, grace) for name in list(self._states)))

    async def _attend(self, state: WorkerState) -> None:
        while not state.leaving:
            state.woken.clear()
            await self._fill(state)
            self._begin(state)
            if state.idle:
                self._quiet.set()
            await self._rest(state)

    async def _fill(self, state: WorkerState) -> None:
        if not state.may_have_work or len(state.waiting) > state.batch // 2:
            return
        state.may_have_work = False
        await self._return(state)
        try:
            taken = await state.worker.take(state.batch)
        except Exception as error:  # a row nobody can read must not end the worker
            self._alarm(state.worker.name, error)
            state.may_have_work = True
            self._refuse(state, error)
            await asyncio.sleep(FAILED_TAKE.total_seconds())
            return
        state.waiting.extend(taken)
        state.may_have_work = state.may_have_work or len(taken) == state.batch

    def _refuse(self, state: WorkerState, error: Exception) -> None:
        state.refused, state.refusals = error, state.refusals + 1
        self._quiet.set()

    def _begin(self, state: WorkerState) -> None:
        while state.waiting and len(state.active) < state.slots and not state.leaving:
            taken = state.waiting.popleft()
            task = asyncio.get_running_loop().create_task(self._one(state, taken))
            state.active[task] = taken
            task.add_done_callback(lambda task: self._ended(state, task))

    def _ended(self, state: WorkerState, task: asyncio.Task[None]) -> None:
        """Begins the next piece; the worker itself is woken when it runs short of them."""
        state.active.pop(task, None)
        self._begin(state)
        if len(state.waiting) <= state.batch // 2 or state.leaving:
            state.woken.set()

    async def _rest(self, state: WorkerState) -> None:
        """Until somebody wakes it, a piece of work ends, or the worker says that more is due."""
        if state.leaving:
            return
        if state.may_have_work and len(state.waiting) <= state.batch // 2:
            return
        try:
            async with asyncio.timeout(state.worker.pause()):
                await state.woken.wait()
        except TimeoutError:
            state.may_have_work = True

    async def _one(self, state: WorkerState, taken: object) -> None:
        """One piece of work. Whatever goes wrong with it, the worker goes on."""
        now = asyncio.get_running_loop().time
        began = now()
        try:
            outcome = await state.worker.work(taken)
        except Exception as error:
            self._alarm(state.worker.name, error)
            await self._give_back(state, taken, error)
        else:
            state.refusals = 0
            self._observe(replace(outcome, seconds=now() - began))

    async def _give_back(self, state: WorkerState, taken: object, error: Exception) -> None:
        """Has the worker note the failure; where it cannot (a full disk), with the next take."""
        try:
            await state.worker.failed(taken, error)
        except Exception as second:
            state.unreturned.append((taken, error))
            self._refuse(state, second)

    async def _return(self, state: WorkerState) -> None:
        """What could not be given back before."""
        unreturned, state.unreturned = state.unreturned, []
        for taken, error in unreturned:
            await self._give_back(state, taken, error)


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    """Cancels them, and waits a moment for them to end."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=UNWIND.total_seconds())
