"""CPU of the first words: `python -m monitor --help`, which imports the package.

python bench/startup.py
"""

import resource
import subprocess
import sys
from statistics import median

TARGET_S = 0.35
TIMES = 9


def cpu_s(*arguments: str) -> float:
    """Of one Python process, from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    bare = median(cpu_s("-c", "pass") for _ in range(TIMES))
    ours = median(cpu_s("-m", "monitor", "--help") for _ in range(TIMES))
    print(
        f"| `import monitor` + `--help` | {ours:.2f} s CPU | python alone {bare:.2f} s |"
        f" {ours / bare:.1f} | ≤ {TARGET_S} s | {'yes' if ours <= TARGET_S else 'no'} |"
    )


if __name__ == "__main__":
    main()
