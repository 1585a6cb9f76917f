"""A pass over N feeds: ours against bare aiohttp and lemon24's reader, CPU of the process tree.

python bench/poll.py [--feeds 1000] [--rounds 2] [--keep] [--hosts many|one] [--only ours …]

The server ends every connection after its answer, as after a quarter of an hour nobody holds one;
with --keep it holds them. A warm row is the median of its passes.
"""

import argparse
import json
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent / "polling"
PEER = Path(__file__).parents[1] / "build" / "peers" / "reader"
WARM_UP = 5  # feeds that start everything, before anything is measured
PASSES = 3  # of each warm row, in a round
CHANGED = 20  # one in so many has a new entry
Cost = dict[tuple[str, str], list[float]]

TARGETS = {  # row: (at most so many times the bare GET, and the peer)
    "304": (1.15, 0.30),
    "200 unchanged": (1.20, 0.06),
    "5 % changed": (1.6, 0.30),
    "first poll": (None, 0.25),
}


@contextmanager
def served() -> Iterator[int]:
    command: list[str | Path] = [sys.executable, HERE / "server.py", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


class Contender:
    """A process that polls what it is told to."""

    def __init__(self, name: str) -> None:
        python = PEER / "bin" / "python" if name == "lemon24" else sys.executable
        self._process = subprocess.Popen(
            [python, HERE / f"{name}.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said()

    def _said(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("a contender gave up")
        said: dict[str, float] = json.loads(line)
        return said

    def poll(self, urls: Sequence[str]) -> float:
        """CPU milliseconds a feed."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(list(urls)) + "\n")
        self._process.stdin.flush()
        return self._said()["cpu_s"] / len(urls) * 1000

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def peer_installed() -> None:
    """The peer's own environment, made once."""
    if not (PEER / "bin" / "python").exists():
        venv.create(PEER, with_pip=True)
    subprocess.run(
        [PEER / "bin" / "python", "-m", "pip", "install", "--quiet", "reader", "sgmllib3k"],
        check=True,
    )


def measure(name: str, port: int, feeds: int, *, many: bool) -> Iterator[tuple[str, float]]:
    """One process through all rows."""

    def url(n: int) -> str:
        host = f"127.0.{1 + n // 250}.{1 + n % 250}" if many else "127.0.0.1"
        return f"http://{host}:{port}/feed/{n}"

    def tell(what: str) -> None:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/{what}").read()

    urls = [url(n) for n in range(feeds)]
    contender = Contender(name)
    contender.poll([url(n) for n in range(feeds, feeds + WARM_UP)])
    yield "first poll", contender.poll(urls)
    for _ in range(PASSES):
        yield "304", contender.poll(urls)
    for number in range(PASSES):
        some = feeds // CHANGED
        tell(f"edit/{number * some}/{(number + 1) * some}")
        yield "5 % changed", contender.poll(urls)
    tell("mode/plain")
    contender.poll(urls)
    for _ in range(PASSES):
        yield "200 unchanged", contender.poll(urls)
    tell("mode/conditional")
    contender.close()


def table(costs: Cost, feeds: int) -> Iterator[str]:
    for row, targets in TARGETS.items():
        ours = median(costs[row, "ours"])
        for against, target in zip(("bare", "lemon24"), targets, strict=True):
            if target is None or (row, against) not in costs:
                continue
            theirs = median(costs[row, against])
            ratio = ours / theirs
            yield (
                f"| {feeds:,} feeds, {row} | {ours:.3f} ms | {against} {theirs:.3f} ms |"
                f" {ratio:.2f} | ≤ {target} | {'yes' if ratio <= target else 'no'} |"
            )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--feeds", type=int, default=1_000)
    asked.add_argument("--rounds", type=int, default=2)
    asked.add_argument("--keep", action="store_true", help="the server keeps its connections")
    asked.add_argument("--hosts", choices=("many", "one"), default="many")
    asked.add_argument("--only", nargs="+", default=("bare", "ours", "lemon24"))
    given = asked.parse_args()
    if "lemon24" in given.only:
        peer_installed()
    costs: Cost = {}
    for _ in range(given.rounds):
        for name in given.only:
            with served() as port:
                if not given.keep:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/mode/close").read()
                for row, ms in measure(name, port, given.feeds, many=given.hosts == "many"):
                    costs.setdefault((row, name), []).append(ms)
                    print(f"{name} {row}: {ms:.3f} ms", file=sys.stderr)
    print(*table(costs, given.feeds), sep="\n")


if __name__ == "__main__":
    main()
