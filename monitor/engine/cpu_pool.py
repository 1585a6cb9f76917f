"""Runs CPU-bound pure functions in worker processes that are killed at a time or memory limit.

Processes, because a parser stuck in C or a regular expression that holds the interpreter cannot be
stopped in another way. The main limit is of processor time, so that a busy machine does not kill
ordinary work. Worker processes ignore SIGTERM and SIGINT, which a service manager sends to the
whole process group; the parent ends them. They start with the first piece of work.

There are two lanes. Large inputs, and work that exceeds the quick lane's time limit, run in the
slow lane: one at a time, each in a fresh process. So input that exhausts a parser delays only other
such input, and its memory is returned to the system.
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
from concurrent.futures import TimeoutError as PoolTimeout
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from monitor.errors import WorkerError
from monitor.malloc import limit_heap, trim_heap

P = ParamSpec("P")
T = TypeVar("T")

QUICK_MEMORY, SLOW_MEMORY = 24 << 20, 56 << 20  # bytes of address space beyond a fresh worker's
MAX_GROWTH = 2 << 20  # bytes a piece of work may leave allocated before the worker trims its heap
EXIT_NO_MEMORY = 70  # exit status of a worker that exceeded its memory limit
QUICK_CPU = timedelta(seconds=1.5)  # processor time; an ordinary feed of 2 MB takes 1.2 s
TASK_NAMES = {  # of functions, as messages call their work
    "parse": "parsing the feed",
    "process_article": "reading the page",
    "matching_silences": "matching the silences",
    "diff_edit_run": "comparing the edits",
}
LARGE_INPUT = 500_000  # bytes of pickled arguments from which work goes to the slow lane
WALL_FACTOR = 4  # wall-clock limit as a multiple of the processor time limit
PRELOADED = ("monitor.core.warmup", "monitor.cli", "monitor.engine.cpu_pool")  # by the fork server
MAX_QUICK_WORKERS = 2  # together they read a hundred pages a second
CONSTS.term_timeout = 0.1  # seconds from SIGTERM, which our workers ignore, to SIGKILL
TASKS_PER_WORKER = 5_000  # then a quick worker is replaced, which bounds memory leaks


class Lane:
    """A process pool behind a semaphore, so that waiting work is not yet pickled."""

    def __init__(self, count: int, tasks: int, memory: int, context: Any) -> None:
        self._slots = asyncio.Semaphore(count)
        self._memory = memory
        self._pool = ProcessPool(
            max_workers=count,
            max_tasks=tasks,
            initializer=_initialize,
            context=context,
        )

    async def start(self) -> None:
        """Start a worker, and the server that workers are forked from."""
        await _result(self._pool.schedule(_do_nothing))

    async def run(
        self, cpu: timedelta, wall: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """Return the result of `work`, run within `cpu` of processor time and `wall` of real time.

        Raises PoolTimeout past either limit, MemoryError past the lane's memory limit,
        ProcessExpired if the worker died, and whatever `work` raises.
        """
        given = [cpu.total_seconds(), self._memory, work, args, kw]
        async with self._slots:
            try:
                async with asyncio.timeout(wall.total_seconds()):
                    return cast(T, await _result(self._pool.schedule(_run_limited, given)))
            except ProcessExpired as error:
                if error.exitcode == -signal.SIGPROF:
                    raise PoolTimeout from error
                if error.exitcode == EXIT_NO_MEMORY:
                    raise MemoryError from error
                raise
            finally:
                given.clear()  # as in `_result`

    def stop(self) -> None:
        """Kill the lane's workers."""
        self._pool.stop()  # type: ignore[no-untyped-call]

    def join(self) -> None:
        """Block until the lane's workers have ended."""
        self._pool.join()


class ProcessCpuPool:
    """Implements ports.CpuPool with up to `count` quick workers and one in the slow lane."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*PRELOADED])
        self._quick = Lane(min(count, MAX_QUICK_WORKERS), TASKS_PER_WORKER, QUICK_MEMORY, context)
        self._slow = Lane(1, 1, SLOW_MEMORY, context)
        self._starting = asyncio.Lock()
        self._started = False

    async def run(self, limit: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        """Return `work(*args, **kw)`, computed in a worker process.

        `limit` is of processor time; wall-clock time is limited to WALL_FACTOR times as much.
        Raises WorkerError past a limit or if the worker died, and whatever `work` raises.
        """
        try:
            await self._start()
            wall = WALL_FACTOR * limit
            if limit > QUICK_CPU and _pickled_size((args, kw)) < LARGE_INPUT:
                with suppress(PoolTimeout):
                    return await self._quick.run(QUICK_CPU, wall, work, *args, **kw)
            return await self._slow.run(limit, wall, work, *args, **kw)
        except PoolTimeout as error:
            raise WorkerError(
                f"{_task_name(work)} took longer than {limit.total_seconds():g} s and was stopped"
            ) from error
        except MemoryError as error:
            raise WorkerError(
                f"{_task_name(work)} needed too much memory and was stopped"
            ) from error
        except ProcessExpired as error:
            raise WorkerError(f"{_task_name(work)} crashed its worker process ({error})") from error
        except RecursionError as error:
            raise WorkerError(
                f"{_task_name(work)} failed on input that is nested too deeply"
            ) from error

    async def _start(self) -> None:
        # Before the first work: importing modules on a cold machine would use up its limit.
        async with self._starting:
            if not self._started:
                await self._quick.start()
                self._started = True

    def close(self) -> None:
        """Kill all workers and block until they have ended."""
        self._quick.stop()
        self._slow.stop()
        self._quick.join()
        self._slow.join()


async def _result(scheduled: ProcessFuture[Any]) -> Any:
    """Wait for the result of scheduled work, and stop the work if this is cancelled.

    The result, the error and its traceback are released at once, for they refer to large inputs:
    pebble holds its last future until the next one comes, and `asyncio.wrap_future` would create a
    reference cycle.
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


def _do_nothing() -> None:
    pass


def _pickled_size(value: object) -> int:
    """Size in bytes of the pickled value, computed without keeping the pickle."""
    counter = _ByteCounter()
    pickle.Pickler(counter, pickle.HIGHEST_PROTOCOL).dump(value)
    return counter.bytes


class _ByteCounter:
    """Writable file that counts bytes and drops them."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, piece: bytes) -> int:
        self.bytes += len(piece)
        return len(piece)


def _task_name(work: Callable[..., object]) -> str:
    return TASK_NAMES.get(work.__name__, work.__name__)


def _initialize() -> None:
    """Set up a new worker process."""
    limit_heap()
    sys.excepthook = _exit_without_memory
    gc.freeze()  # keeps pages shared with the fork server: the collector would write into them
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _exit_without_memory(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """End the process on a MemoryError that a C callback could not raise."""
    if issubclass(kind, MemoryError):
        os._exit(EXIT_NO_MEMORY)
    sys.__excepthook__(kind, error, trace)


def _run_limited(
    cpu_s: float, memory: int, work: Callable[..., T], args: tuple[Any, ...], kw: dict[str, Any]
) -> T:
    """Return `work(*args, **kw)`; the process ends when processor time or memory is used up."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    space, size = _memory()
    resource.setrlimit(resource.RLIMIT_AS, (space + memory, hard))
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return work(*args, **kw)
    except MemoryError:
        os._exit(EXIT_NO_MEMORY)  # not raised: exiting frees all memory at once
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _trim_if_grown(size)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _trim_if_grown(before: int) -> None:
    """Return freed memory to the system if resident size grew by more than MAX_GROWTH.

    `before` is the resident size in bytes before the work. Collecting garbage matters, since lxml
    trees and the frames of errors are reference cycles.
    """
    if _memory()[1] > before + MAX_GROWTH:
        gc.collect()
        trim_heap()


def _memory() -> tuple[int, int]:
    """Address space and resident size of this process in bytes; see statm in proc(5)."""
    space, resident, *_ = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(space) * resource.getpagesize(), int(resident) * resource.getpagesize()
