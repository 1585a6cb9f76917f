"""The real daemon as a process of its own, with a real config.yaml."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from waiting import PATIENCE_S, until

__all__ = ["COMMAND", "PATIENCE_S", "command", "running", "status", "until"]

COMMAND = (sys.executable, "-m", "monitor")


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
async def running(config: Path, log: Path, name: str = "run") -> AsyncIterator[Process]:
    """`news-monitor run`, or another command, ended by SIGTERM; its log goes to a file."""
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, name, "--config", str(config), stderr=stderr
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()
