"""`make model`: many random scripts; a summary with the seed, or the shortest script that fails."""

import random
import sys
from collections import Counter
from time import monotonic

from model.script import failure, quick, script, shortest, written

EPISODE = 2_000  # steps on one database


def main(steps: int, seed: int) -> int:
    quick()
    began, done = monotonic(), Counter[str]()
    print(f"seed {seed}: {steps:,} steps, {EPISODE:,} on each database", flush=True)
    for episode in range(max(1, steps // EPISODE)):
        one = seed + episode
        steps_of_one = script(one, min(EPISODE, steps))
        done.update(step.do for step in steps_of_one)
        if (found := failure(steps_of_one)) is not None:
            print(f"\n{found.text}\nfails with seed {one}; looking for the shortest script …")
            left = shortest(steps_of_one[: found.at + 1], found.kind)
            print(f"replay with model.script.replay({written(left)})")
            return 1
        print(f"  seed {one}: {monotonic() - began:,.0f} s", flush=True)
    names = ", ".join(f"{name} {count:,}" for name, count in done.most_common())
    print(f"{done.total():,} steps in {monotonic() - began:,.0f} s, no difference: {names}")
    return 0


if __name__ == "__main__":
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, chosen))
