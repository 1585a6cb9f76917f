"""`make bench`: every figure of docs/performance.md in one table; takes a quarter of an hour.

    python bench/table.py [SCRIPT…]

A script's rows are `| row | ours | against | ratio | target | met |`; what else it says goes to
stderr. One that fails has a row that says so.
"""

import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = ("poll", "reuse", "pages", "scale", "latency", "writer", "reload", "startup")


def main() -> None:
    print(
        machine(), "\n\n| row | ours | against | ratio | target | met |\n|---|---|---|---|---|---|"
    )
    for name in sys.argv[1:] or SCRIPTS:
        for row in rows(HERE / f"{name}.py"):
            print(row, flush=True)


def machine() -> str:
    names = ("aiohttp", "feedparser", "lxml", "selectolax")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Linux {platform.release()},"
        f" Python {platform.python_version()}, {libraries}"
    )


def rows(script: Path) -> Iterator[str]:
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True)
    yield from (line for line in done.stdout.splitlines() if line.startswith("| "))
    if done.returncode:
        yield f"| {script.stem} | failed | – | – | – | no |"


if __name__ == "__main__":
    main()
