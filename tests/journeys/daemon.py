"""The real daemon as a process of its own, with a real config.yaml."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0
COMMAND = (sys.executable, "-m", "monitor")


async def until(true: Callable[[], bool], what: str) -> None:
    """Waits for the outside world, and not for ever."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not true():  # noqa: ASYNC110 - another process sets no event of ours
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never happened: {what}") from None


async def command(*args: str, config: Path) -> tuple[int, str, str]:
    """Runs one command to its end: (exit status, stdout, stderr)."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *args,
        "--config",
        str(config),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def status(config: Path) -> dict[str, Any]:
    code, out, err = await command("status", "--json", config=config)
    assert code == 0, err
    answer: dict[str, Any] = json.loads(out)
    return answer


@asynccontextmanager
async def running(config: Path, log: Path) -> AsyncIterator[Process]:
    """`news-monitor run`, ended by SIGTERM; its log goes to a file."""
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "run", "--config", str(config), stderr=stderr
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()
