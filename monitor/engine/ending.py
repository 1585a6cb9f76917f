"""Ends that do not wait for ever: closing within a limit, and work in threads nobody joins."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any


async def bounded(limit: timedelta, *closing: Coroutine[Any, Any, None]) -> None:
    """Runs all of them at once, and cancels what has not ended within `limit`.

    Raises the first error of those that ended with one; the others are run to their end all the
    same.
    """
    tasks = [asyncio.ensure_future(each) for each in closing]
    if not tasks:
        return
    try:
        ended, _ = await asyncio.wait(tasks, timeout=limit.total_seconds())
    finally:
        for task in tasks:
            task.cancel()
    await asyncio.sleep(0)  # the cancelled ones begin to unwind; nobody waits for their end
    for task in ended:
        task.result()


async def in_thread(work: Callable[[], None]) -> None:
    """Runs `work` in a thread that does not outlive the process, and waits for it."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            work()
        finally:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name="closing", daemon=True).start()
    await done.wait()
