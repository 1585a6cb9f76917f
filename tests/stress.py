"""Run the whole suite several times in a row on an overloaded machine.

`make stress [LOAD=20] [TIMES=3]`, about an hour on two cores. The suite runs in ten worker
processes, which are a part of the load, so it ends sooner than two workers would among twenty.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

WORKERS = 10
BUSY_WORKERS = 5  # of the ten, about half wait for a process, a socket or a timer at any moment
BURN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(100_000))"


@contextmanager
def load(processes: int) -> Iterator[None]:
    """Keep `processes` processes busy for the length of the block; they end with this one."""
    burning = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
        for process in burning:
            process.wait()


def suite() -> bool:
    """Run the suite once; return whether every test passed."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", str(WORKERS), "--dist", "loadfile"]
    return subprocess.run(pytest, check=False).returncode == 0


def main(runnable: int, times: int) -> int:
    with load(max(runnable - BUSY_WORKERS, 0)):
        for turn in range(1, times + 1):
            passed = suite()
            average = os.getloadavg()[0]
            print(f"{turn} of {times}: {'passed' if passed else 'FAILED'}, load {average:.0f}")
            if not passed:
                return 1
    return 0


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*(given + [20, 3][len(given) :])))
