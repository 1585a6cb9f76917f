"""How tests wait: for an event, under one limit that no machine comes near."""

import asyncio
from collections.abc import Callable

PATIENCE_S = 600.0  # a machine with twenty times its load needs a tenth of it


async def until(true: Callable[[], bool], what: str) -> None:
    """Waits for what sets no event of ours: another process, a file, a row."""
    try:
        async with patience():
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never happened: {what}") from None


def patience() -> asyncio.Timeout:
    """Ends a wait that would be for ever."""
    return asyncio.timeout(PATIENCE_S)
