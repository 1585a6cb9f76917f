"""Runs the workers of one process as asyncio tasks, each with bounded concurrency.

The engine keeps no schedule; the `due_at` column of the rows does. `wake` makes a worker look for
due rows at once, and a tick wakes all of them every TICK: a lost `wake` costs one tick, a doubled
one nothing. The tick runs on the event loop's monotonic clock, so steps of the wall clock do not
affect it.
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
MAX_STORE_ERRORS = 3  # in a row, after which `wait_until_idle` gives up
RETRY_TAKE = timedelta(seconds=1)  # pause after a failed take
UNWIND = timedelta(seconds=0.5)  # for cancelled tasks to end
REQUEUE = timedelta(seconds=0.5)  # for the database to requeue unfinished work

Observe = Callable[[Outcome], None]
Alarm = Callable[[str, Exception], None]  # worker name, unexpected error


class WorkerState:
    """State of one worker: items waiting for a slot, and the running tasks with their items."""

    def __init__(self, worker: Worker[Any], slots: int, batch: int) -> None:
        self.worker = worker
        self.slots = slots
        self.batch = batch
        self.waiting: deque[Any] = deque()
        self.active: dict[asyncio.Task[None], Any] = {}
        self.may_have_work = True  # whether a take may return items
        self.woken = asyncio.Event()
        self.stopping = False
        self.unrecorded: list[tuple[Any, Exception]] = []  # failures not yet written to the store
        self.store_errors = 0  # in a row
        self.last_store_error: Exception | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is waiting or running, and no take is due."""
        return not (self.waiting or self.active or self.may_have_work)

    @property
    def is_low(self) -> bool:
        """Whether so few items wait that another batch should be taken."""
        return len(self.waiting) <= self.batch // 2


class Engine:
    """Runs workers until stopped. Implements ports.Notifier."""

    def __init__(self, observe: Observe, alarm: Alarm) -> None:
        self._observe = observe
        self._alarm = alarm
        self._states: dict[str, WorkerState] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ticking: asyncio.Task[None] | None = None
        self._may_be_idle = asyncio.Event()  # set whenever `wait_until_idle` must look again
        self._ticked_at: float | None = None  # of the loop's clock

    def wake(self, *names: str) -> None:
        """Make these workers look for due work now; unknown names are ignored."""
        for name in names:
            if state := self._states.get(name):
                state.may_have_work = True
                state.woken.set()

    def start(self) -> None:
        """Start the tick."""
        self._ticking = asyncio.get_running_loop().create_task(self._tick(), name="tick")

    @property
    def since_tick(self) -> timedelta | None:
        """Time since the last tick; None before the first."""
        if self._ticked_at is None:
            return None
        return timedelta(seconds=asyncio.get_running_loop().time() - self._ticked_at)

    async def _tick(self) -> None:
        while True:
            self._ticked_at = asyncio.get_running_loop().time()
            self.wake(*self._states)
            await asyncio.sleep(TICK.total_seconds())

    def start_worker(self, worker: Worker[Any], *, slots: int, batch: int) -> None:
        """Start a worker that runs up to `slots` items at a time and takes `batch` at once."""
        state = self._states[worker.name] = WorkerState(worker, slots, batch)
        self._tasks[worker.name] = asyncio.get_running_loop().create_task(
            self._run_worker(state), name=worker.name
        )

    async def stop_worker(self, name: str, grace: timedelta) -> None:
        """Stop a worker: running items may finish within `grace`, the rest is requeued.

        A requeued item is as it was before it was taken: due now, no attempt or failure counted.
        If this call is cancelled, the worker stays in the stopping state until `stop` ends it.
        """
        state, loop_task = self._states[name], self._tasks[name]
        state.stopping = True
        state.woken.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace.total_seconds()):
                await asyncio.wait({loop_task})
                while state.active:
                    await asyncio.wait(set(state.active))
        unfinished = [*state.active.values()]
        await _cancel({loop_task, *state.active})
        await self._requeue(state, unfinished)
        self._states.pop(name, None)
        self._tasks.pop(name, None)
        self._may_be_idle.set()

    async def _requeue(self, state: WorkerState, unfinished: list[Any]) -> None:
        # Limited in time: what is not requeued now is recovered at the next start.
        try:
            async with asyncio.timeout(REQUEUE.total_seconds()):
                await self._record_pending_failures(state)
                if unfinished or state.waiting:
                    await state.worker.requeue([*unfinished, *state.waiting])
        except Exception as error:  # nothing may keep a worker from stopping
            self._alarm(state.worker.name, error)

    async def wait_until_idle(self) -> None:
        """Return once no worker has anything waiting or running, or a take due.

        Raises a worker's last store error after MAX_STORE_ERRORS in a row: it would never be idle.
        """
        while not all(state.idle for state in self._states.values()):
            for state in self._states.values():
                if state.last_store_error is not None and state.store_errors >= MAX_STORE_ERRORS:
                    raise state.last_store_error
            self._may_be_idle.clear()
            await self._may_be_idle.wait()

    async def wake_all(self) -> None:
        """Wake every worker after a short pause, so that a loop around this call does not spin."""
        await asyncio.sleep(TICK.total_seconds() / 10)
        self.wake(*self._states)

    async def stop(self, grace: timedelta) -> None:
        """Stop the tick and every worker; running items are cancelled after `grace`."""
        if self._ticking is not None:
            await _cancel({self._ticking})
        await asyncio.gather(*(self.stop_worker(name, grace) for name in list(self._states)))

    async def _run_worker(self, state: WorkerState) -> None:
        while not state.stopping:
            state.woken.clear()
            await self._take(state)
            self._start_items(state)
            if state.idle:
                self._may_be_idle.set()
            await self._wait_for_work(state)

    async def _take(self, state: WorkerState) -> None:
        if not (state.may_have_work and state.is_low):
            return
        state.may_have_work = False
        await self._record_pending_failures(state)
        try:
            taken = await state.worker.take(state.batch)
        except Exception as error:  # an unreadable row must not end the worker
            self._alarm(state.worker.name, error)
            state.may_have_work = True
            self._count_store_error(state, error)
            await asyncio.sleep(RETRY_TAKE.total_seconds())
            return
        state.waiting.extend(taken)
        state.may_have_work = state.may_have_work or len(taken) == state.batch

    def _count_store_error(self, state: WorkerState, error: Exception) -> None:
        state.last_store_error, state.store_errors = error, state.store_errors + 1
        self._may_be_idle.set()

    def _start_items(self, state: WorkerState) -> None:
        while state.waiting and len(state.active) < state.slots and not state.stopping:
            taken = state.waiting.popleft()
            task = asyncio.get_running_loop().create_task(self._process(state, taken))
            state.active[task] = taken
            task.add_done_callback(lambda task: self._finish_item(state, task))

    def _finish_item(self, state: WorkerState, task: asyncio.Task[None]) -> None:
        """Start the next item; wake the worker's loop only when it must take more or stop."""
        state.active.pop(task, None)
        self._start_items(state)
        if state.is_low or state.stopping:
            state.woken.set()

    async def _wait_for_work(self, state: WorkerState) -> None:
        """Wait until the worker is woken, items run low, or the worker's own pause is over."""
        if state.stopping or (state.may_have_work and state.is_low):
            return
        try:
            async with asyncio.timeout(state.worker.pause()):
                await state.woken.wait()
        except TimeoutError:
            state.may_have_work = True

    async def _process(self, state: WorkerState, taken: object) -> None:
        """Work on one item and report its outcome; an unexpected error does not end the worker."""
        now = asyncio.get_running_loop().time
        began = now()
        try:
            outcome = await state.worker.work(taken)
        except Exception as error:
            self._alarm(state.worker.name, error)
            await self._record_failure(state, taken, error)
        else:
            state.store_errors = 0
            self._observe(replace(outcome, seconds=now() - began))

    async def _record_failure(self, state: WorkerState, taken: object, error: Exception) -> None:
        """Have the worker store the failure; if it cannot (disk full), before the next take."""
        try:
            await state.worker.failed(taken, error)
        except Exception as second:
            state.unrecorded.append((taken, error))
            self._count_store_error(state, second)

    async def _record_pending_failures(self, state: WorkerState) -> None:
        unrecorded, state.unrecorded = state.unrecorded, []
        for taken, error in unrecorded:
            await self._record_failure(state, taken, error)


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel the tasks and wait up to UNWIND for them to end."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=UNWIND.total_seconds())
