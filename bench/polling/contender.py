"""What every contender does: for each line of addresses that it reads, poll them, tell the cost."""

import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

Poll = Callable[[Sequence[str]], Awaitable[None]]


async def perform(poll: Poll) -> None:
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        before, began = cpu_s(), time.perf_counter()
        await poll(json.loads(line))
        spent = {"cpu_s": cpu_s() - before, "wall_s": time.perf_counter() - began}
        print(json.dumps(spent), flush=True)


def cpu_s() -> float:
    """Of this process and every living one below it, and what those have waited for."""
    return time.process_time() + sum(map(_others_cpu_s, _below(os.getpid())))


def _below(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found += [child, *_below(child)]
    return found


def _others_cpu_s(pid: int) -> float:
    """User and system time, with that of the children it has waited for (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
