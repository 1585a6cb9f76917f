"""The memory of a process and of all its children, as the kernel counts it."""

from contextlib import suppress
from pathlib import Path


def proportional_bytes(pid: int) -> int:
    """PSS: what is shared counts in parts."""
    total = 0
    for one in _tree(pid):
        with suppress(OSError):  # it ended meanwhile
            for line in Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def _tree(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, children.read_text(encoding="ascii").split())
    return found
