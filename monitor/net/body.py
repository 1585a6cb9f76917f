"""Reads a response body, decoded and complete, within limits of size and time.

Few bodies may be large at a time. A further one that proves to be large is left unread on its
connection until a slot is free, so that memory stays bounded when many servers send at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import aiohttp

from monitor.net.content_encoding import BodyTooLarge, ContentDecoder
from monitor.net.errors import TooSlow
from monitor.net.response import content_encoding, content_length

MIN_BYTES_PER_S = 1_000
LARGE = 500_000  # bytes, decoded


class LargeBodyLimit:
    """Semaphore for bodies larger than LARGE; a slot is held until the acquiring task ends.

    The task's end, because the body is in memory for as long as the task works on it.
    """

    def __init__(self, slots: int) -> None:
        self._slots = asyncio.Semaphore(slots)
        self._holders: set[asyncio.Task[object]] = set()

    async def acquire(self) -> None:
        """Wait for a slot for the current task; return at once if it holds one."""
        task = asyncio.current_task()
        if task is None or task in self._holders:
            return  # two slots for one task could deadlock
        await self._slots.acquire()
        self._holders.add(task)
        task.add_done_callback(self._release)

    def _release(self, task: asyncio.Task[object]) -> None:
        self._holders.discard(task)
        self._slots.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one body."""

    size: int  # bytes, encoded and decoded alike
    slow_start_s: float  # from then on the average must be at least MIN_BYTES_PER_S
    large_bodies: LargeBodyLimit
    truncate: bool = False  # return the first `size` bytes of a larger body


async def read(
    response: aiohttp.ClientResponse,
    limits: Limits,
    now: Callable[[], float],
    deadline: asyncio.Timeout,
) -> bytes:
    """Return the decoded body.

    `now` is a monotonic clock in seconds; `deadline` is the timeout around this call, which is
    suspended while a large body waits for its slot. Raises BodyTooLarge, TooSlow, BrokenEncoding,
    and what aiohttp raises for a truncated body.
    """
    length = content_length(response.headers) or 0
    if not limits.truncate and length > limits.size:
        raise BodyTooLarge(_too_large(limits))
    if length > LARGE:
        await _acquire_slot(limits.large_bodies, deadline, now)
    try:
        return await _decode(response, limits, now, deadline)
    except BodyTooLarge:
        raise BodyTooLarge(_too_large(limits)) from None


async def _decode(
    response: aiohttp.ClientResponse,
    limits: Limits,
    now: Callable[[], float],
    deadline: asyncio.Timeout,
) -> bytes:
    decoder = ContentDecoder(content_encoding(response.headers), limits.size)
    decoded = BytesIO()
    received, began, has_slot = 0, now(), False
    async for chunk in response.content.iter_any():
        received += len(chunk)
        if received > limits.size and not limits.truncate:
            raise BodyTooLarge
        if received < MIN_BYTES_PER_S * (took := now() - began) and took > limits.slow_start_s:
            raise TooSlow(f"too slow: {received} bytes in {took:.0f} s")
        for piece in decoder.feed(chunk):
            decoded.write(piece)
            if decoded.tell() > limits.size:
                if limits.truncate:
                    return decoded.getvalue()[: limits.size]
                raise BodyTooLarge
            if decoded.tell() > LARGE and not has_slot:
                began += await _acquire_slot(limits.large_bodies, deadline, now)
                has_slot = True
    decoder.finish()
    return decoded.getvalue()


async def _acquire_slot(
    large_bodies: LargeBodyLimit, deadline: asyncio.Timeout, now: Callable[[], float]
) -> float:
    """Wait for a slot with the timeout suspended; return the seconds waited."""
    before, end = now(), deadline.when()
    deadline.reschedule(None)
    await large_bodies.acquire()
    waited = now() - before
    deadline.reschedule(None if end is None else end + waited)
    return waited


def _too_large(limits: Limits) -> str:
    return f"larger than {limits.size / 1e6:g} MB (network.max_body)"
