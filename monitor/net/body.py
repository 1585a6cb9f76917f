"""A body, whole and unpacked within its limit, or an error: never a part taken for the whole.

Few bodies at a time may be large. Another one that turns out to be is left unread where it stands,
at its server, until a place is free: what many servers send at once is not held at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import aiohttp

from monitor.net.content_encoding import BodyTooLarge, Inflater
from monitor.net.errors import TooSlow
from monitor.net.response import content_encoding, content_length

LEAST_BYTES_PER_S = 1_000
LARGE = 500_000  # bytes


class LargeBodyLimit:
    """Places for large bodies. Who has one keeps it until his task ends: so long the body lives."""

    def __init__(self, places: int) -> None:
        self._free = asyncio.Semaphore(places)
        self._inside: set[asyncio.Task[object]] = set()

    async def enter(self) -> None:
        task = asyncio.current_task()
        if task is None or task in self._inside:
            return  # a second place could be waited for by all who hold a first
        await self._free.acquire()
        self._inside.add(task)
        task.add_done_callback(self._leave)

    def _leave(self, task: asyncio.Task[object]) -> None:
        self._inside.discard(task)
        self._free.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`size` in bytes, packed and unpacked alike. `cut`: keep the beginning of what is larger."""

    size: int
    patience_s: float  # after so long, LEAST_BYTES_PER_S must have come on average
    room: LargeBodyLimit
    cut: bool = False


async def read(
    response: aiohttp.ClientResponse,
    limits: Limits,
    now: Callable[[], float],
    ends: asyncio.Timeout,
) -> bytes:
    """Raises BodyTooLarge, TooSlow, BrokenEncoding, and what aiohttp raises for a body cut short.

    `ends` is the time-out around the call; waiting for a place does not use it up.
    """
    length = content_length(response.headers) or 0
    if not limits.cut and length > limits.size:
        raise BodyTooLarge(_too_large(limits))
    if length > LARGE:
        await _admission(limits.room, ends, now)
    try:
        return await _unpacked(response, limits, now, ends)
    except BodyTooLarge:
        raise BodyTooLarge(_too_large(limits)) from None


async def _unpacked(
    response: aiohttp.ClientResponse,
    limits: Limits,
    now: Callable[[], float],
    ends: asyncio.Timeout,
) -> bytes:
    inflater = Inflater(content_encoding(response.headers), limits.size)
    kept = BytesIO()
    came, began, admitted = 0, now(), False
    async for chunk in response.content.iter_any():
        came += len(chunk)
        if came > limits.size and not limits.cut:
            raise BodyTooLarge
        if came < LEAST_BYTES_PER_S * (waited := now() - began) and waited > limits.patience_s:
            raise TooSlow(f"too slow: {came} bytes in {waited:.0f} s")
        for piece in inflater.feed(chunk):
            kept.write(piece)
            if kept.tell() > limits.size:
                if limits.cut:
                    return kept.getvalue()[: limits.size]
                raise BodyTooLarge
            if kept.tell() > LARGE and not admitted:
                began += await _admission(limits.room, ends, now)
                admitted = True
    inflater.finish()
    return kept.getvalue()


async def _admission(
    room: LargeBodyLimit, ends: asyncio.Timeout, now: Callable[[], float]
) -> float:
    """Waits for a place with the clock stopped; how many seconds that took."""
    before, end = now(), ends.when()
    ends.reschedule(None)
    await room.enter()
    waited = now() - before
    ends.reschedule(None if end is None else end + waited)
    return waited


def _too_large(limits: Limits) -> str:
    return f"larger than {limits.size / 1e6:g} MB (network.max_body)"
