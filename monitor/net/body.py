"""A body, whole and unpacked within its limit, or an error: never a part taken for the whole."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import aiohttp

from monitor.net import answer
from monitor.net.faults import TooSlow
from monitor.net.inflate import Inflater, TooLarge

LEAST_BYTES_PER_S = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`size` in bytes, packed and unpacked alike. `cut`: keep the beginning of what is larger."""

    size: int
    patience_s: float  # after so long, LEAST_BYTES_PER_S must have come on average
    cut: bool = False


async def read(response: aiohttp.ClientResponse, limits: Limits, now: Callable[[], float]) -> bytes:
    """Raises TooLarge, TooSlow, BrokenEncoding, and what aiohttp raises for a body cut short."""
    if not limits.cut and (answer.content_length(response.headers) or 0) > limits.size:
        raise TooLarge(_too_large(limits))
    try:
        return await _unpacked(response, limits, now)
    except TooLarge:
        raise TooLarge(_too_large(limits)) from None


async def _unpacked(
    response: aiohttp.ClientResponse, limits: Limits, now: Callable[[], float]
) -> bytes:
    inflater = Inflater(answer.content_encoding(response.headers), limits.size)
    kept = BytesIO()
    came, began = 0, now()
    async for chunk in response.content.iter_any():
        came += len(chunk)
        if came > limits.size and not limits.cut:
            raise TooLarge
        if came < LEAST_BYTES_PER_S * (waited := now() - began) and waited > limits.patience_s:
            raise TooSlow(f"too slow: {came} bytes in {waited:.0f} s")
        for piece in inflater.feed(chunk):
            kept.write(piece)
            if kept.tell() > limits.size:
                if limits.cut:
                    return kept.getvalue()[: limits.size]
                raise TooLarge
    inflater.finish()
    return kept.getvalue()


def _too_large(limits: Limits) -> str:
    return f"larger than {limits.size / 1e6:g} MB (network.max_body)"
