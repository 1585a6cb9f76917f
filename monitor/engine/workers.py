"""The workbench: pure functions in processes that can be killed.

A worker that runs past its limit is killed and replaced; a parser stuck in C, or a regular
expression that holds the interpreter, cannot be stopped in any other way. Limits are of processor
time, so that a busy machine kills nothing honest. Workers ignore the signals that a service
manager sends to the whole group: their parent ends them. They start with the first piece of work,
not before.

There are two lanes. What is heavy, and what is not done in a moment, is worked in the slow lane: so
what is made to exhaust a parser holds up only its like, and an ordinary feed never waits for it.
"""

import asyncio
import multiprocessing
import pickle
import resource
import signal
from collections.abc import Callable
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from monitor.errors import WorkerError

P = ParamSpec("P")
T = TypeVar("T")

MEMORY = 1 << 28  # bytes of address space beyond what a fresh worker has
MOMENT = timedelta(seconds=1.5)  # of processor time; an honest feed of 2 MB takes 1.2 s
HEAVY = 500_000  # bytes of what a worker is given
PATIENCE = 4  # how much longer than its processor time a piece of work may take
TASKS = {"quick": 5_000, "slow": 50}  # then a worker is replaced, so that what leaks stays small


class Lane:
    """A pool, and a queue in front of it: what waits there is not yet copied."""

    def __init__(self, name: str, count: int, context: Any) -> None:
        self._slots = asyncio.Semaphore(count)
        self._pool = ProcessPool(
            max_workers=count,
            max_tasks=TASKS[name],
            initializer=_begin,
            context=context,
        )

    async def run(self, limit: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        """Raises Late past the limit, and what `work` raises."""
        cpu_s = limit.total_seconds()
        async with self._slots:
            future = self._pool.schedule(
                _bounded, (cpu_s, work, args, kw), timeout=PATIENCE * cpu_s
            )
            try:
                result: T = await asyncio.wrap_future(future)
            except ProcessExpired as error:
                if error.exitcode == -signal.SIGPROF:
                    raise Late from error
                raise
        return result

    def stop(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]

    def join(self) -> None:
        self._pool.join()


class Workers:
    """Implements ports.Workbench with `count` workers, and half as many in the slow lane."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["monitor.core.read", "monitor.core.feeds"])
        self._quick = Lane("quick", count, context)
        self._slow = Lane("slow", max(1, count // 2), context)

    async def run(self, limit: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        try:
            if limit > MOMENT and _weight((args, kw)) < HEAVY:
                with suppress(Late):
                    return await self._quick.run(MOMENT, work, *args, **kw)
            return await self._slow.run(limit, work, *args, **kw)
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

    def close(self) -> None:
        self._quick.stop()
        self._slow.stop()
        self._quick.join()
        self._slow.join()


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    now = pages * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, hard))


def _bounded(cpu_s: float, work: Callable[..., T], args: tuple[Any, ...], kw: dict[str, Any]) -> T:
    """In the worker: SIGPROF ends the process once it has used its time."""
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return work(*args, **kw)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
