"""A reload that renames or replaces thousands of sources, while polls are settled beside it.

    python bench/reload.py [--sources 10000] [--articles 10] [--unread 3]

Each source has articles that are due to be read again, and entries that were never read. `longest
wait` is of one settlement of a poll, from asking for it until it is durable, during the reload and
while its articles follow.
"""

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.contracts import Polled
from monitor.model import Entry, Validators
from monitor.settings import Source
from monitor.store.rows import entry_to_json
from monitor.store.store import SqliteStore

NOW = datetime(2026, 11, 24, tzinfo=UTC)
STAMP = "2026-11-20T00:00:00Z"
TOTAL_S, WAIT_S = 5.0, 0.1  # targets
SETTLING = 4  # polls at a time that are settled beside the reload
SAID = entry_to_json(Entry(key="0", title="A story"))
TEXT = "Officials said that the lanes would open again before the end of the week. " * 40


def source(name: str, number: int) -> Source:
    url = f"https://paper{number}.example.org/rss"
    return Source(name=f"{name}{number}", url=url, every=timedelta(minutes=15))


def fill(store: SqliteStore, sources: int, articles: int, unread: int) -> None:
    """Articles and entries of each source, all due."""
    with sqlite3.connect(store.path) as conn:
        for number in range(sources):
            name, site = f"old{number}", f"paper{number}.example.org"
            conn.executemany(
                "INSERT INTO articles (source, url, title, first_seen_at, last_seen_at, text, site,"
                " due_at) VALUES (?, ?, 'A story', ?, ?, ?, ?, ?)",
                [
                    (name, f"https://{site}/{n}", STAMP, STAMP, TEXT, site, STAMP)
                    for n in range(articles)
                ],
            )
            conn.executemany(
                "INSERT INTO entries (source, key, link, site, digest, said, announced_at,"
                " last_seen_at, due_at) VALUES (?, ?, ?, ?, '1', ?, ?, ?, ?)",
                [
                    (name, f"{n}", f"https://{site}/{n}", site, SAID, STAMP, STAMP, STAMP)
                    for n in range(unread)
                ],
            )
    conn.close()


async def settling(store: SqliteStore, waits: list[float]) -> None:
    """Takes and settles polls for ever; what was leased by a row that leaves is of no account."""
    while True:
        watches = await store.take_polls(1)
        for watch in watches:
            outcome = Polled(validators=Validators(), due_at=NOW)
            began = time.perf_counter()
            await store.settle_poll(watch, outcome)
            waits.append(time.perf_counter() - began)
        if not watches:
            began = time.perf_counter()
            await store.note("alive_at", "now")
            waits.append(time.perf_counter() - began)


async def measured(
    sources: int, articles: int, unread: int, after: Callable[[int], Source]
) -> tuple[float, float, float, float]:
    """Seconds of the reload, the longest wait beside it; the same until the articles followed."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        store = SqliteStore(Path(folder) / "news.db", lambda: NOW)
        await store.start()
        await store.sync([source("old", n) for n in range(sources)], {})
        fill(store, sources, articles, unread)
        waits: list[float] = []
        tasks = [asyncio.create_task(settling(store, waits)) for _ in range(SETTLING)]
        began = time.perf_counter()
        await store.sync([after(n) for n in range(sources)], {})
        reloaded, longest = time.perf_counter() - began, max(waits)
        waits.clear()
        while (await store.backlog([])).reads_due > sources * (articles + unread):
            await store.take_reads(1, [], 1)
        followed, longest_later = time.perf_counter() - began, max(waits, default=0.0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.close()
    return reloaded, longest, followed, longest_later


def replaced(number: int) -> Source:
    return source("new", number + 1_000_000)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sources", type=int, default=10_000)
    asked.add_argument("--articles", type=int, default=10)
    asked.add_argument("--unread", type=int, default=3)
    given = asked.parse_args()
    kinds: dict[str, Callable[[int], Source]] = {
        "renamed": lambda number: source("new", number),
        "replaced by others": replaced,
    }
    for kind, after in kinds.items():
        reloaded, wait, followed, later = asyncio.run(
            measured(given.sources, given.articles, given.unread, after)
        )
        met = reloaded <= TOTAL_S and max(wait, later) <= WAIT_S
        print(
            f"| reload, {given.sources:,} sources {kind} | {reloaded:.1f} s, longest wait"
            f" {wait * 1000:.0f} ms; articles followed after {followed:.1f} s, longest wait"
            f" {later * 1000:.0f} ms | – | – | ≤ {TOTAL_S:.0f} s, ≤ {WAIT_S * 1000:.0f} ms |"
            f" {'yes' if met else 'no'} |"
        )


if __name__ == "__main__":
    main()
