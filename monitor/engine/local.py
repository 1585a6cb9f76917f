"""Runs the workers of one process: a tick on the event loop's clock, bounded concurrency.

The engine keeps no schedule: the rows do. A ring says "look now", the tick rings every desk,
so a lost ring costs one tick and a doubled one costs nothing. The wall clock plays no part here.
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
Alarm = Callable[[str, Exception], None]  # the desk, and what it did not expect


class WorkerState:
    """State of one desk: rows taken and not begun, and the tasks under way with their rows."""

    def __init__(self, desk: Worker[Any], slots: int, batch: int) -> None:
        self.desk = desk
        self.slots = slots
        self.batch = batch
        self.waiting: deque[Any] = deque()
        self.active: dict[asyncio.Task[None], Any] = {}
        self.hungry = True  # whether a take may bring more
        self.bell = asyncio.Event()
        self.leaving = False
        self.unreturned: list[tuple[Any, Exception]] = []
        self.refusals = 0  # how often in a row the database said no
        self.refused: Exception | None = None

    @property
    def idle(self) -> bool:
        return not (self.waiting or self.active or self.hungry)


class Engine:
    """Runs the desks until stopped. Implements ports.Bell."""

    def __init__(self, observe: Observe, alarm: Alarm) -> None:
        self._observe = observe
        self._alarm = alarm
        self._posts: dict[str, WorkerState] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ticking: asyncio.Task[None] | None = None
        self._quiet = asyncio.Event()
        self._ticked_at: float | None = None  # of the loop's clock

    def ring(self, *desks: str) -> None:
        for name in desks:
            if post := self._posts.get(name):
                post.hungry = True
                post.bell.set()

    def start(self) -> None:
        self._ticking = asyncio.get_running_loop().create_task(self._tick(), name="tick")

    @property
    def since_tick(self) -> timedelta | None:
        """How long ago the last tick was; None before the first."""
        if self._ticked_at is None:
            return None
        return timedelta(seconds=asyncio.get_running_loop().time() - self._ticked_at)

    async def _tick(self) -> None:
        """Rings every desk, at once and then at every TICK of the loop's clock."""
        while True:
            self._ticked_at = asyncio.get_running_loop().time()
            self.ring(*self._posts)
            await asyncio.sleep(TICK.total_seconds())

    def hire(self, desk: Worker[Any], *, slots: int, batch: int) -> None:
        """Puts a desk to work, or to work again after it was dismissed."""
        post = self._posts[desk.name] = WorkerState(desk, slots, batch)
        self._tasks[desk.name] = asyncio.get_running_loop().create_task(
            self._attend(post), name=desk.name
        )

    async def dismiss(self, name: str, grace: timedelta) -> None:
        """Stops a desk: what is under way may finish within `grace`, the rest is requeued.

        Requeued work is as it was before it was taken: due now, no attempt or failure counted.
        Where this is cancelled the desk stays, stopping, for `stop` to finish.
        """
        post, attending = self._posts[name], self._tasks[name]
        post.leaving = True
        post.bell.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace.total_seconds()):
                await asyncio.wait({attending})
                while post.active:
                    await asyncio.wait(set(post.active))
        unfinished = [*post.active.values()]
        await _cancel({attending, *post.active})
        await self._requeue(post, unfinished)
        self._posts.pop(name, None)
        self._tasks.pop(name, None)
        self._quiet.set()

    async def _requeue(self, post: WorkerState, unfinished: list[Any]) -> None:
        """A database that takes nothing now has every lease ended at the next start anyway."""
        try:
            async with asyncio.timeout(REQUEUE.total_seconds()):
                await self._return(post)
                if unfinished or post.waiting:
                    await post.desk.requeue([*unfinished, *post.waiting])
        except Exception as error:  # nothing may keep a desk from stopping
            self._alarm(post.desk.name, error)

    async def quiet(self) -> None:
        """Returns once no desk has anything taken, under way, or to look for.

        Raises the error of a desk that could not take or settle for several times in a row: the
        database does not let it, and waiting longer would be waiting for ever.
        """
        while not all(post.idle for post in self._posts.values()):
            for post in self._posts.values():
                if post.refused is not None and post.refusals >= REFUSALS:
                    raise post.refused
            self._quiet.clear()
            await self._quiet.wait()

    async def pulse(self) -> None:
        """Waits for the next tick, and has every desk look."""
        await asyncio.sleep(TICK.total_seconds() / 10)
        self.ring(*self._posts)

    async def stop(self, grace: timedelta) -> None:
        """Takes nothing more, waits for what is under way, and cancels it after `grace`."""
        if self._ticking is not None:
            await _cancel({self._ticking})
        await asyncio.gather(*(self.dismiss(name, grace) for name in list(self._posts)))

    async def _attend(self, post: WorkerState) -> None:
        while not post.leaving:
            post.bell.clear()
            await self._fill(post)
            self._begin(post)
            if post.idle:
                self._quiet.set()
            await self._rest(post)

    async def _fill(self, post: WorkerState) -> None:
        if not post.hungry or len(post.waiting) > post.batch // 2:
            return
        post.hungry = False
        await self._return(post)
        try:
            taken = await post.desk.take(post.batch)
        except Exception as error:  # a row nobody can read must not end the desk
            self._alarm(post.desk.name, error)
            post.hungry = True
            self._refuse(post, error)
            await asyncio.sleep(FAILED_TAKE.total_seconds())
            return
        post.waiting.extend(taken)
        post.hungry = post.hungry or len(taken) == post.batch

    def _refuse(self, post: WorkerState, error: Exception) -> None:
        post.refused, post.refusals = error, post.refusals + 1
        self._quiet.set()

    def _begin(self, post: WorkerState) -> None:
        while post.waiting and len(post.active) < post.slots and not post.leaving:
            taken = post.waiting.popleft()
            task = asyncio.get_running_loop().create_task(self._one(post, taken))
            post.active[task] = taken
            task.add_done_callback(lambda task: self._ended(post, task))

    def _ended(self, post: WorkerState, task: asyncio.Task[None]) -> None:
        """Begins the next piece; the desk itself is woken when it runs short of them."""
        post.active.pop(task, None)
        self._begin(post)
        if len(post.waiting) <= post.batch // 2 or post.leaving:
            post.bell.set()

    async def _rest(self, post: WorkerState) -> None:
        """Until somebody rings, a piece of work ends, or the desk says that more is due."""
        if post.leaving:
            return
        if post.hungry and len(post.waiting) <= post.batch // 2:
            return
        try:
            async with asyncio.timeout(post.desk.pause()):
                await post.bell.wait()
        except TimeoutError:
            post.hungry = True

    async def _one(self, post: WorkerState, taken: object) -> None:
        """One piece of work. Whatever goes wrong with it, the desk goes on."""
        now = asyncio.get_running_loop().time
        began = now()
        try:
            outcome = await post.desk.work(taken)
        except Exception as error:
            self._alarm(post.desk.name, error)
            await self._give_back(post, taken, error)
        else:
            post.refusals = 0
            self._observe(replace(outcome, seconds=now() - began))

    async def _give_back(self, post: WorkerState, taken: object, error: Exception) -> None:
        """Has the desk note the failure; where it cannot now (a full disk), with the next take."""
        try:
            await post.desk.failed(taken, error)
        except Exception as second:
            post.unreturned.append((taken, error))
            self._refuse(post, second)

    async def _return(self, post: WorkerState) -> None:
        """What could not be given back before."""
        unreturned, post.unreturned = post.unreturned, []
        for taken, error in unreturned:
            await self._give_back(post, taken, error)


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    """Cancels them, and waits a moment for them to end."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=UNWIND.total_seconds())
