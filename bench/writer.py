"""Settlements of polls a second, durable, while 64 desks wait for the writer.

    python bench/writer.py [--sources 20000] [--rounds 3]

A settlement counts when `settle_poll` has answered: its transaction is on the disk
(`synchronous=FULL`). One row is of polls where nothing changed, one of polls with a new entry each.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from monitor.contracts import ClaimedSource, Polled
from monitor.model import Entry, Feed, Validators
from monitor.settings import Source
from monitor.store.store import SqliteStore

DESKS = 64
TARGET = 5_000
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def unchanged(watch: ClaimedSource, turn: int) -> Polled:
    return Polled(
        validators=Validators(etag=f'"{watch.source}"'),
        publish_rate=watch.publish_rate,
        due_at=NOW + timedelta(minutes=15),
    )


def one_new(watch: ClaimedSource, turn: int) -> Polled:
    """As it is with entry reuse: the entry that is new, of a feed of many."""
    link = f"https://{watch.source}.example.org/2026/story-{turn}"
    entry = Entry(
        key=link,
        id=link,
        link=link,
        title=f"Story {turn} of {watch.source}",
        published=NOW,
        summary="A few words that say what the story is about, as feeds do. " * 8,
        digest=f"{watch.source}-{turn}",
    )
    return replace(
        unchanged(watch, turn),
        feed=Feed(format="rss20", entries=(entry,)),
        sites=(f"{watch.source}.example.org",),
        body_digest=f"{watch.source}-{turn}",
    )


async def rate(
    store: SqliteStore, poll: Callable[[ClaimedSource, int], Polled], turn: int
) -> float:
    """Settlements a second of one pass over every source."""
    await store.make_due(None)
    watches: list[ClaimedSource] = []
    while taken := await store.take_polls(1_000):
        watches += taken
    waiting = iter([(watch, poll(watch, turn)) for watch in watches])
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(DESKS):
            group.create_task(settle(store, waiting))
    return len(watches) / (time.perf_counter() - began)


async def settle(store: SqliteStore, waiting: Iterable[tuple[ClaimedSource, Polled]]) -> None:
    for watch, polled in waiting:
        assert await store.settle_poll(watch, polled) is not None


async def measured(sources: int, rounds: int) -> Iterator[tuple[str, float]]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        store = SqliteStore(Path(folder) / "news.db", lambda: NOW)
        await store.start()
        await store.sync([source(n) for n in range(sources)], {})
        rates: dict[str, list[float]] = {"nothing changed": [], "a new entry each": []}
        for turn in range(rounds):
            rates["nothing changed"].append(await rate(store, unchanged, turn))
            rates["a new entry each"].append(await rate(store, one_new, turn))
        await store.close()
    return iter([(name, median(found)) for name, found in rates.items()])


def source(number: int) -> Source:
    url = f"https://paper{number}.example.org/rss"
    return Source(name=f"paper{number}", url=url, every=timedelta(minutes=15))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sources", type=int, default=20_000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    for name, figure in asyncio.run(measured(given.sources, given.rounds)):
        print(
            f"| writer, {DESKS} desks wait: {name} | {figure:,.0f}/s | – | – |"
            f" ≥ {TARGET:,}/s | {'yes' if figure >= TARGET else 'no'} |"
        )


if __name__ == "__main__":
    main()
