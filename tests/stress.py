"""Runs the whole suite several times in a row while the machine does much else.

Run by `make stress [LOAD=20] [TIMES=3]`; takes an hour and more.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

BURN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(100_000))"


@contextmanager
def load(processes: int) -> Iterator[None]:
    """So many processes that each want a processor; they end with this one."""
    burning = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
        for process in burning:
            process.wait()


def suite() -> bool:
    """Whether every test passes."""
    pytest = (sys.executable, "-m", "pytest", "-q", "--numprocesses", "auto", "--dist", "loadfile")
    return subprocess.run(pytest, check=False).returncode == 0


def main(processes: int, times: int) -> int:
    with load(processes):
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
