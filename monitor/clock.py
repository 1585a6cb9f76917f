"""Clocks: the wall clock in UTC, a steady clock, and detection of steps of the wall clock.

A person, NTP or a wake from sleep may set the wall clock while the daemon runs. Every `due_at` is
a wall time, so all parts read one steady clock; a step is found by comparing the two, and the
steady clock and every `due_at` follow it at the same moment.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

CHECK_INTERVAL_S = 1.0
STEP = timedelta(seconds=60)  # less is drift, and does no harm


def utc_now() -> datetime:
    """Return the wall clock's time, aware UTC."""
    return datetime.now(UTC)


class SteadyClock:
    """Clock that steps of the wall clock do not move before the next `resync`."""

    def __init__(
        self,
        wall: Callable[[], datetime] = utc_now,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic_s = wall, monotonic_s
        self._at, self._at_s = wall(), monotonic_s()

    def __call__(self) -> datetime:
        """Return the wall time of the last resync plus the monotonic time since, aware UTC."""
        return self._at + timedelta(seconds=self._monotonic_s() - self._at_s)

    def resync(self) -> timedelta | None:
        """Adopt the wall clock's time; return the step it made. None: at most drift."""
        moved = self._wall() - self()
        self._at, self._at_s = self._wall(), self._monotonic_s()
        return moved if abs(moved) > STEP else None


async def watch(steady: SteadyClock, on_step: Callable[[timedelta], Awaitable[None]]) -> None:
    """Call `on_step` with every step of the wall clock, at once after the resync; never returns."""
    while True:
        await asyncio.sleep(CHECK_INTERVAL_S)
        step = steady.resync()
        if step is not None:
            await on_step(step)
