"""A million articles of 10,000 sources: what an upgrade, each list and each hot statement costs.

    python bench/million.py [--articles 1000000] [--sources 10000] [--statements]

The database is built once (three minutes, 10 GB) and kept in --cache, by default
$XDG_CACHE_HOME/news-monitor; a copy of it is upgraded, measured and removed. A command's figure is
its CPU less that of the same command on an empty database; a statement's is the median of the CPU
until its last row.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "archive"))

from build import END, World, build
from timed import Cost, StatementCosts, measured
from work import Day, renamed

from monitor.store.sqlite import prepare

LIST_MS, HOT_MS, SOURCES_S, RELOAD_S, WAIT_MS = 150, 1, 1, 5, 100
REPEATS = 5
# These are bounded by a slice, and hold the writer so long at most.
SLICED = {"retention": 50, "shift the schedule": 50, "start": 50, "metrics, beside the writer": 150}
CONFIG = """\
database: news.db
timezone: UTC
sources: [{name: paper00001, url: "https://paper00001.example.org/rss"}]
topics: [{name: rare, match: tariff}, {name: topic1, match: council}]
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--articles", type=int, default=1_000_000)
    asked.add_argument("--sources", type=int, default=10_000)
    asked.add_argument("--cache", type=Path, default=cache())
    asked.add_argument("--statements", action="store_true", help="Each statement, on stderr.")
    given = asked.parse_args()
    kept = given.cache / f"v3-{given.articles}x{given.sources}.db"
    if not kept.exists():
        given.cache.mkdir(parents=True, exist_ok=True)
        print(f"building {kept}", file=sys.stderr)
        unfinished = kept.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        build(unfinished, given.articles, given.sources)
        unfinished.rename(kept)
    with tempfile.TemporaryDirectory(dir=given.cache) as name:
        for row in rows(kept, Path(name), given.articles, given.sources, given.statements):
            print(row, flush=True)


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "news-monitor"


def rows(kept: Path, folder: Path, articles: int, sources: int, each: bool) -> Iterator[str]:
    database = folder / "news.db"
    shutil.copyfile(kept, database)
    yield upgraded(database)
    (folder / "config.yaml").write_text(CONFIG, "utf-8")
    empty = folder / "empty"
    empty.mkdir()
    prepare(empty / "news.db").close()
    (empty / "config.yaml").write_text(CONFIG, "utf-8")
    yield from lists(folder, empty)
    with measured():
        asyncio.run(Day(database, World(articles, sources)).run())
    yield from hot(each)
    took, waited = asyncio.run(renamed(database, sources))
    yield row(f"reload, {sources:,} sources renamed", took, "s", RELOAD_S)
    yield row("  longest wait of a settlement meanwhile", waited, "ms", WAIT_MS)


def row(name: str, figure: float, unit: str, target: float | None) -> str:
    met = "–" if target is None else "yes" if figure <= target else "**no**"
    wanted = "–" if target is None else f"≤ {target:g} {unit}"
    return f"| {name} | {figure:.3g} {unit} | – | – | {wanted} | {met} |"


def upgraded(database: Path) -> str:
    began = time.perf_counter()
    conn = prepare(database)
    took = time.perf_counter() - began
    log = Path(f"{database}-wal").stat().st_size / 1e6
    conn.close()
    return row(f"upgrade from version 3 (its log grows to {log:.0f} MB)", took, "s", None)


def lists(folder: Path, empty: Path) -> Iterator[str]:
    for name, target, command in commands():
        on_many = [cpu_ms(folder, command) for _ in range(REPEATS)]
        on_none = [cpu_ms(empty, command) for _ in range(REPEATS)]
        cost = min(on_many) - min(on_none)  # what else the machine does only adds
        yield row(f"`{name}`", max(0.0, cost), "ms", target)


def commands() -> Iterator[tuple[str, float, list[str]]]:
    age = (datetime.now(UTC) - END) // timedelta(days=1)
    for line in (
        "status",
        "articles",
        "articles --json",
        "articles --topic topic1",
        "articles --topic rare",
        "articles --source paper00001",
        "articles --since 2d",
        "articles --topic topic1 --since 30d",
        "articles --silenced",
        "articles --changed",
        "articles --changed --since 7d",
        "articles --changed --topic rare",
        "search tariff",
        "search tariff --by relevance",
        "search tariff --topic rare",
        "deliveries",
        "deliveries --state dead",
        "silence",
        "show 77",
        "sources --limit 50",
        "sources --json",
    ):
        words = [
            f"{int(word[:-1]) + age}d" if word[:-1].isdecimal() and word[-1] == "d" else word
            for word in line.split()
        ]
        yield line, SOURCES_S * 1000 if line == "sources --json" else LIST_MS, words


def cpu_ms(folder: Path, command: list[str]) -> float:
    """CPU of one run, user and system."""
    whole = [sys.executable, "-m", "monitor", *command, "-c", str(folder / "config.yaml")]
    with subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode == 2:
            assert process.stderr is not None
            print(f"{command}: {process.stderr.read().decode()}", file=sys.stderr)
    return (used.ru_utime + used.ru_stime) * 1000


def hot(each: bool) -> Iterator[str]:
    by_operation: dict[str, list[Cost]] = {}
    for cost in StatementCosts.costs.values():
        by_operation.setdefault(cost.operation, []).append(cost)
    for name, costs in by_operation.items():
        costs.sort(key=lambda cost: -cost.median)
        for cost in costs if each else costs[:3]:
            head = " ".join(cost.sql.split())[:110]
            line = f"{name}: {cost.median:.3f} ms (worst {max(cost.ms):.2f}) {len(cost.ms)}x {head}"
            print(line, file=sys.stderr)
        if name in SLICED:
            longest = max(max(cost.ms) for cost in costs)
            yield row(f"{name}: the longest statement", longest, "ms", SLICED[name])
        else:
            yield row(f"{name}: its slowest statement", costs[0].median, "ms", HOT_MS)


if __name__ == "__main__":
    main()
