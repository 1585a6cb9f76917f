"""The workbench: pure functions in processes that can be killed.

A worker that runs past its limit is killed and replaced; a parser stuck in C, or a regular
expression that holds the interpreter, cannot be stopped in any other way. Limits are of processor
time, so that a busy machine kills nothing honest. Workers ignore the signals that a service
manager sends to the whole group: their parent ends them. They start with the first piece of work,
not before.

There are two lanes. What is heavy, and what is not done in a moment, is worked in the slow lane, a
piece at a time and each in a fresh process: so what is made to exhaust a parser holds up only its
like, an ordinary feed never waits for it, and what it took is given back.
"""

import asyncio
import gc
import multiprocessing
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from monitor.errors import WorkerError
from monitor.malloc import frugal, give_back

P = ParamSpec("P")
T = TypeVar("T")

LITTLE, MUCH = 24 << 20, 56 << 20  # bytes of address space beyond what a worker begins with
KEPT = 2 << 20  # bytes that a piece of work may leave behind before a worker gives them back
NO_MEMORY = 70  # exit status of a worker that ran out of it
MOMENT = timedelta(seconds=1.5)  # of processor time; an honest feed of 2 MB takes 1.2 s
HEAVY = 500_000  # bytes of what a worker is given
PATIENCE = 4  # how much longer than its processor time a piece of work may take
SHARED = ("monitor.core.warmup", "monitor.cli", "monitor.engine.workers")  # once, for all workers
QUICK = 2  # at most, whatever the machine has: two read a hundred pages a second
CONSTS.term_timeout = 0.1  # seconds from SIGTERM, which our workers ignore, to SIGKILL
TASKS = 5_000  # then a quick worker is replaced, so that what leaks stays small


class Lane:
    """A pool, and a queue in front of it: what waits there is not yet copied."""

    def __init__(self, count: int, tasks: int, memory: int, context: Any) -> None:
        self._slots = asyncio.Semaphore(count)
        self._memory = memory
        self._pool = ProcessPool(
            max_workers=count,
            max_tasks=tasks,
            initializer=_begin,
            context=context,
        )

    async def start(self) -> None:
        """Start a worker, and the server that workers are forked from."""
        await _result(self._pool.schedule(_nothing))

    async def run(
        self, cpu: timedelta, wall: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """Raise Late past either limit, MemoryError past the lane's memory, and what `work` raises.

        `cpu` is processor time; `wall` ends work that waits instead of computing.
        """
        given = [cpu.total_seconds(), self._memory, work, args, kw]
        async with self._slots:
            try:
                async with asyncio.timeout(wall.total_seconds()):
                    return cast(T, await _result(self._pool.schedule(_bounded, given)))
            except ProcessExpired as error:
                if error.exitcode == -signal.SIGPROF:
                    raise Late from error
                if error.exitcode == NO_MEMORY:
                    raise MemoryError from error
                raise
            finally:
                given.clear()  # as in `_result`

    def stop(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]

    def join(self) -> None:
        self._pool.join()


class Workers:
    """Implements ports.Workbench with up to `count` workers, and one more in the slow lane."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*SHARED])
        self._quick = Lane(min(count, QUICK), TASKS, LITTLE, context)
        self._slow = Lane(1, 1, MUCH, context)
        self._starting = asyncio.Lock()
        self._started = False

    async def run(self, limit: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        try:
            await self._start()
            wall = PATIENCE * limit
            if limit > MOMENT and _weight((args, kw)) < HEAVY:
                with suppress(Late):
                    return await self._quick.run(MOMENT, wall, work, *args, **kw)
            return await self._slow.run(limit, wall, work, *args, **kw)
        except Late as error:
            raise WorkerError(
                f"{_name(work)} took longer than {limit.total_seconds():g} s and was stopped"
            ) from error
        except MemoryError as error:
            raise WorkerError(f"{_name(work)} needed too much memory and was stopped") from error
        except ProcessExpired as error:
            raise WorkerError(f"{_name(work)} ended its worker ({error})") from error
        except RecursionError as error:
            raise WorkerError(f"{_name(work)} met something nested too deeply") from error

    async def _start(self) -> None:
        """Before the first work, whose limit would run while a cold machine imports modules."""
        async with self._starting:
            if not self._started:
                await self._quick.start()
                self._started = True

    def close(self) -> None:
        self._quick.stop()
        self._slow.stop()
        self._quick.join()
        self._slow.join()


async def _result(scheduled: ProcessFuture[Any]) -> Any:
    """Of a piece of work, which is stopped where nobody waits for it any more.

    Nothing of it stays behind. `asyncio.wrap_future` would leave a cycle; and pebble holds its last
    task, with the future, until the next one comes, while a failure's traceback leads to all that
    was worked on.
    """
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def wake(_: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(done.set)

    scheduled.add_done_callback(wake)
    try:
        await done.wait()
        return scheduled.result()
    finally:
        scheduled.cancel()  # type: ignore[no-untyped-call]
        vars(scheduled).update(_result=None, _exception=None)


def _nothing() -> None:
    pass


def _weight(given: object) -> int:
    """In bytes, as it travels to a worker; nothing is copied for it."""
    scales = _Scales()
    pickle.Pickler(scales, pickle.HIGHEST_PROTOCOL).dump(given)
    return scales.bytes


class _Scales:
    def __init__(self) -> None:
        self.bytes = 0

    def write(self, piece: bytes) -> int:
        self.bytes += len(piece)
        return len(piece)


def _name(work: Callable[..., object]) -> str:
    return {"parse": "parsing the feed", "read": "reading the page"}.get(
        work.__name__, work.__name__
    )


def _begin() -> None:
    frugal()
    sys.excepthook = _unraised
    gc.freeze()  # what every worker shares stays shared: the collector would write into it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _unraised(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Callbacks from C cannot raise: one that finds no memory ends the work none the less."""
    if issubclass(kind, MemoryError):
        os._exit(NO_MEMORY)
    sys.__excepthook__(kind, error, trace)


def _bounded(
    cpu_s: float, memory: int, work: Callable[..., T], args: tuple[Any, ...], kw: dict[str, Any]
) -> T:
    """In the worker, whose process ends once its time or memory is used up."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    space, size = _memory()
    resource.setrlimit(resource.RLIMIT_AS, (space + memory, hard))
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return work(*args, **kw)
    except MemoryError:
        os._exit(NO_MEMORY)  # what was taken is given back with the process
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _shrink(size)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _shrink(before: int) -> None:
    """Gives back what a piece of work took, where that was much: a worker waits for hours as well.

    `before` is the resident size it began with. Trees of lxml and frames of errors are cycles.
    """
    if _memory()[1] > before + KEPT:
        gc.collect()
        give_back()


def _memory() -> tuple[int, int]:
    """Address space and resident size, in bytes: proc(5), statm."""
    space, resident, *_ = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(space) * resource.getpagesize(), int(resident) * resource.getpagesize()
