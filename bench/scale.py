"""A pass over 100,000 sources of an included OPML where nothing changed, against one over 1,000.

    python bench/scale.py [--many 100000] [--few 1000] [--passes 3]

Each size has a process of its own that starts as `run` does: configuration, database, service. What
an earlier poll would have left (validators) is put into the database first. The feed server is
another process and is not counted; it keeps no connection, as between two polls of a quarter of an
hour nobody does. Memory is the main process's PSS after the passes.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

POLLING = Path(__file__).parent / "polling"
sys.path.insert(0, str(POLLING))

LIMITS = {"cpu": 1.1, "mb": 150, "start_s": 15}
CONFIG = """\
database: news.db
http: {listen: ""}
network: {allow_private: ["127.0.0.0/8"]}
sources: [{include: feeds.opml}]
"""
Row = dict[str, Any]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--many", type=int, default=100_000)
    asked.add_argument("--few", type=int, default=1_000)
    asked.add_argument("--passes", type=int, default=3)
    asked.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.measure:
        print(json.dumps(asyncio.run(measured(given.measure, given.passes))))
        return
    few = alone(given.few, 5 * given.passes)
    many = alone(given.many, given.passes)
    print(*rows(few, many), sep="\n")


def rows(few: Row, many: Row) -> Iterator[str]:
    ours, theirs = median(many["cpu_ms"]), median(few["cpu_ms"])
    name = f"{many['sources']:,} sources, warm"
    yield _row(
        f"{name}: CPU a source",
        f"{ours:.3f} ms",
        f"{few['sources']:,} sources {theirs:.3f} ms",
        ours / theirs,
        f"≤ {LIMITS['cpu']}",
        LIMITS["cpu"],
    )
    yield _row(
        f"{name}: main process", f"{many['mb']:.0f} MB", "–", many["mb"], "≤ 150 MB", LIMITS["mb"]
    )
    yield _row(f"{name}: workers started", f"{many['children']}", "–", many["children"], "0", 0)
    yield _row(
        f"{name}: start",
        f"{many['start_s']:.1f} s",
        "–",
        many["start_s"],
        "≤ 15 s",
        LIMITS["start_s"],
    )
    print(
        f"loop held at most {many['held_ms']:.0f} ms in a pass; a reload took "
        f"{many['reload_s']:.1f} s, the peak is {many['peak_mb']:.0f} MB",
        file=sys.stderr,
    )


def _row(name: str, ours: str, against: str, figure: float, target: str, limit: float) -> str:
    met = "yes" if figure <= limit else "no"
    ratio = f"{figure:.2f}" if against != "–" else "–"
    return f"| {name} | {ours} | {against} | {ratio} | {target} | {met} |"


def alone(sources: int, passes: int) -> Row:
    """What a fresh process finds that watches so many."""
    with tempfile.TemporaryDirectory() as name, served() as port:
        folder = Path(name)
        (folder / "config.yaml").write_text(CONFIG, "utf-8")
        (folder / "feeds.opml").write_text(opml(sources, port), "utf-8")
        command = [sys.executable, __file__, "--passes", str(passes), "--measure", str(folder)]
        asyncio.run(seeded(folder))
        found: Row = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


@contextmanager
def served() -> Iterator[int]:
    command = [sys.executable, str(POLLING / "server.py"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            urllib.request.urlopen(f"http://127.0.0.1:{port}/mode/close").close()
            yield port
        finally:
            server.terminate()


def opml(sources: int, port: int) -> str:
    """A site of its own for every source: an address of 127.0.0.0/8."""
    lines = (
        f'<outline type="rss" text="Paper {n}" xmlUrl="http://127.{1 + n // 62_500}.'
        f'{1 + n // 250 % 250}.{1 + n % 250}:{port}/feed/{n}"/>\n'
        for n in range(sources)
    )
    return f'<opml version="2.0"><body>\n{"".join(lines)}</body></opml>\n'


async def seeded(folder: Path) -> None:
    """The database as a first poll leaves it."""
    from monitor import config
    from monitor.clock import utc_now
    from monitor.contracts import ClaimedSource, Polled
    from monitor.model import Validators
    from monitor.store.store import SqliteStore

    settings = config.load(folder / "config.yaml")
    store = SqliteStore(settings.database, utc_now)
    await store.start()
    await store.sync(settings.sources, {})
    later = datetime(2099, 1, 1, tzinfo=UTC)

    async def settle(watch: ClaimedSource) -> None:
        number = watch.url.rpartition("/")[2]
        await store.settle_poll(
            watch,
            Polled(
                validators=Validators(etag=f'"{number}-0"'),
                body_digest="as-before",
                publish_rate=watch.publish_rate,
                due_at=later,
            ),
        )

    await store.make_due(None)
    while taken := await store.take_polls(256):
        await asyncio.gather(*map(settle, taken))
    await store.close()


async def measured(folder: Path, passes: int) -> Row:
    from contender import cpu_s

    from monitor import config, logs
    from monitor.service import open_service

    settings = config.load(folder / "config.yaml")
    logs.configure()
    logs.hide_secrets(settings)
    costs = []
    async with open_service(settings, observe=_observe, alarm=_alarm) as service, _felt() as held:
        start_s = time.time() - _began()
        for _ in range(passes):
            before = cpu_s()
            await service.make_due(None)
            await service.drain()
            costs.append((cpu_s() - before) / len(settings.sources) * 1000)
        mb, children, longest = _memory("smaps_rollup", "Pss"), _children(), max(held)
        began = time.perf_counter()
        await service.apply(config.load(folder / "config.yaml"))
        reload_s = time.perf_counter() - began
    return {
        "sources": len(settings.sources),
        "cpu_ms": costs,
        "mb": mb,
        "peak_mb": _memory("status", "VmHWM"),
        "children": children,
        "start_s": start_s,
        "reload_s": reload_s,
        "held_ms": longest * 1000,
    }


class _felt:
    """How late a loop that wants its turn every 10 ms gets it: seconds, while this is entered."""

    async def __aenter__(self) -> list[float]:
        self._late = [0.0]
        self._task = asyncio.create_task(self._feel())
        return self._late

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _feel(self) -> None:
        now = asyncio.get_running_loop().time
        while True:
            before = now()
            await asyncio.sleep(0.01)
            self._late.append(now() - before - 0.01)


def _observe(outcome: Any) -> None:
    if outcome.result != "unchanged":
        sys.exit(f"{outcome.subject}: {outcome.result} {outcome.error}")


def _alarm(desk: str, error: Exception) -> None:
    sys.exit(f"{desk}: {error!r}")


def _began() -> float:
    """When this process was started, as time.time() counts (proc(5), stat and uptime)."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - up_s + ticks / os.sysconf("SC_CLK_TCK")


def _memory(file: str, field: str) -> float:
    """In MB of 1,000 kB."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/self/{file}").read_text(), re.M)
    assert found is not None
    return int(found[1]) * 1.024 / 1000


def _children() -> int:
    return sum(
        len(children.read_text().split()) for children in Path("/proc/self/task").glob("*/children")
    )


if __name__ == "__main__":
    main()
