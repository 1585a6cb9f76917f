"""The workbench: pure functions in processes that can be killed.

A worker that runs past its limit is killed and replaced; a parser stuck in C, or a regular
expression that holds the interpreter, cannot be stopped in any other way. Workers ignore the
signals that a service manager sends to the whole group: their parent ends them. They start with
the first piece of work, not before.
"""

import asyncio
import multiprocessing
import resource
import signal
from collections.abc import Callable
from concurrent.futures import TimeoutError as Late
from datetime import timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from monitor.errors import WorkerError

P = ParamSpec("P")
T = TypeVar("T")

MEMORY = 1 << 30  # bytes of address space beyond what a fresh worker has
TASKS = 5_000  # a worker is replaced after so many, so that what leaks stays small


class Workers:
    """Implements ports.Workbench over a pool of processes."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["monitor.core.read", "monitor.core.feeds"])
        self._pool = ProcessPool(
            max_workers=count, max_tasks=TASKS, initializer=_begin, context=context
        )

    async def run(self, limit: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        future = self._pool.schedule(work, args, kw, timeout=limit.total_seconds())
        try:
            result: T = await asyncio.wrap_future(future)
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
        return result

    def close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


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
