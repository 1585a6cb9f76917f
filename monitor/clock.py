"""The wall clock is set while we run: by a person, by NTP, by a machine that wakes.

Every `due_at` is a wall time. So that none is written under another clock than the one it will be
compared with, all go by a clock that runs steadily; a step of the wall is seen by comparing the
two, and taken over at one moment, together with every `due_at`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

LOOK_S = 1.0
STEP = timedelta(seconds=60)  # less is drift, and does no harm


def utc_now() -> datetime:
    return datetime.now(UTC)


class SteadyClock:
    """The wall clock as it was when last looked at, and the monotonic time since. Aware UTC."""

    def __init__(
        self,
        wall: Callable[[], datetime] = utc_now,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic_s = wall, monotonic_s
        self._at, self._at_s = wall(), monotonic_s()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=self._monotonic_s() - self._at_s)

    def look(self) -> timedelta | None:
        """Goes by the wall again; by how much that was a step, or None: it ran on as it should."""
        moved = self._wall() - self()
        self._at, self._at_s = self._wall(), self._monotonic_s()
        return moved if abs(moved) > STEP else None


async def watch(steady: SteadyClock, moved: Callable[[timedelta], Awaitable[None]]) -> None:
    """Calls `moved` with every step, until cancelled; nothing else runs between the two."""
    while True:
        await asyncio.sleep(LOOK_S)
        by = steady.look()
        if by is not None:
            await moved(by)
