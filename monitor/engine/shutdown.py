"""Runs closing work within a time limit, also where it blocks a thread."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any


async def run_within(limit: timedelta, *closing: Coroutine[Any, Any, None]) -> None:
    """Run all coroutines concurrently and cancel those that have not ended within `limit`.

    Returns without waiting for the cancelled ones. Raises the first error of those that ended,
    after the others have ended too.
    """
    tasks = [asyncio.ensure_future(each) for each in closing]
    if not tasks:
        return
    try:
        ended, _ = await asyncio.wait(tasks, timeout=limit.total_seconds())
    finally:
        for task in tasks:
            task.cancel()
    await asyncio.sleep(0)  # lets the cancelled ones start to unwind
    for task in ended:
        task.result()


async def run_in_daemon_thread(work: Callable[[], None]) -> None:
    """Run `work` in a thread that is not joined when the process exits, and wait for it.

    Unlike `asyncio.to_thread`, whose thread keeps the process alive. Errors of `work` go to
    `threading.excepthook`.
    """
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            work()
        finally:
            with suppress(RuntimeError):  # the loop is closed: nothing waits any more
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name="closing", daemon=True).start()
    await done.wait()
