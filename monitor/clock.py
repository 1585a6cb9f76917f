"""The wall clock is set while we run: by a person, by NTP, by a machine that wakes.

Every `due_at` is a wall time. A step is seen by comparing the wall with the monotonic clock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from time import monotonic

LOOK_S = 1.0
STEP = timedelta(seconds=60)  # less is drift, and does no harm


class StepWatch:
    """Tells how far the wall clock was set since the last question."""

    def __init__(self, wall: datetime, monotonic_s: float) -> None:
        self._wall, self._monotonic_s = wall, monotonic_s

    def step(self, wall: datetime, monotonic_s: float) -> timedelta | None:
        """None: it ran on as it should."""
        expected = self._wall + timedelta(seconds=monotonic_s - self._monotonic_s)
        self._wall, self._monotonic_s = wall, monotonic_s
        moved = wall - expected
        return moved if abs(moved) > STEP else None


async def watch(now: Callable[[], datetime], moved: Callable[[timedelta], Awaitable[None]]) -> None:
    """Calls `moved` with every step, until cancelled."""
    steps = StepWatch(now(), monotonic())
    while True:
        await asyncio.sleep(LOOK_S)
        by = steps.step(now(), monotonic())
        if by is not None:
            await moved(by)
