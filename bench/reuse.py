"""Real captures of one feed after another, read with what the last reading left, and without.

python bench/reuse.py [DIRECTORY]: CPU time against feedparser's full parse (ours, and feedparser's
own call alone), and how many results would be stored otherwise than a full parse is.
"""

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import feedparser

from monitor.core.feeds.parse import parse
from monitor.errors import ParseError
from monitor.model import Entry, Feed

SERIES = Path(__file__).parents[2] / "shared" / "data" / "feeds" / "series"
URL = "https://news.test/feed"


@dataclass
class Memory:
    """What the store would hold of one source."""

    digests: dict[str, str] = field(default_factory=dict)

    def told(self, feed: Feed) -> tuple[list[Entry], set[str]]:
        """What would be written: entries new or said anew, and the keys that are listed."""
        last = {entry.key: entry for entry in feed.entries}
        written = [entry for key, entry in last.items() if self.digests.get(key) != entry.digest]
        self.digests |= {entry.key: entry.digest for entry in written}
        return written, {*last, *feed.unchanged.keys}


def stamps(feed: Feed) -> set[object]:
    return {entry.published for entry in feed.entries if entry.published} | feed.unchanged.published


def alone(feed: Feed, entries: list[Entry]) -> list[bool]:
    """For each of the entries, whether its link is no other's."""
    times = Counter(entry.link for entry in feed.entries)
    return [
        bool(e.link) and times[e.link] == 1 and e.link not in feed.unchanged.links for e in entries
    ]


TARGET = 0.10


@dataclass
class Tally:
    polls: int = 0
    reused: int = 0
    unequal: int = 0
    full_s: float = 0
    reuse_s: float = 0
    feedparser_s: float = 0
    lanes: Counter[str] = field(default_factory=Counter)

    def compare(self, bodies: list[bytes]) -> None:
        """One source, poll after poll. Its first poll is no row: nothing is known then."""
        cache, slow, quick = b"", Memory(), Memory()
        for number, body in enumerate(bodies):
            begun = time.process_time()
            full = parse(body, url=URL)
            between = time.process_time()
            some = parse(body, url=URL, cache=cache)
            after = time.process_time()
            feedparser.parse(body)
            cache = some.entry_cache
            expected, found = slow.told(full), quick.told(some)
            heads = [(f.title, f.updated, f.ttl, f.sy_period, stamps(f)) for f in (full, some)]
            turns = [alone(full, expected[0]), alone(some, found[0])]
            if number:
                self.polls += 1
                self.reused += bool(some.unchanged.keys)
                self.lanes[some.parser] += 1
                self.full_s += between - begun
                self.reuse_s += after - between
                self.feedparser_s += time.process_time() - after
                self.unequal += expected != found or heads[0] != heads[1] or turns[0] != turns[1]


def main() -> None:
    series = Path(sys.argv[1]) if len(sys.argv) > 1 else SERIES
    if not series.is_dir():
        sys.exit(f"no captures at {series}")
    tally = Tally()
    for source in sorted(path for path in series.iterdir() if path.is_dir()):
        bodies = [path.read_bytes() for path in sorted(source.glob("*.xml"))]
        try:
            tally.compare(bodies)
        except ParseError as error:
            print(f"{source.name}: {error}", file=sys.stderr)
    print(
        f"{tally.polls} polls, {tally.reused} with reuse, lanes {dict(tally.lanes)},"
        f" {1000 * tally.full_s / tally.polls:.2f} ms a poll where nothing is known",
        file=sys.stderr,
    )
    ratio = tally.reuse_s / tally.feedparser_s
    print(
        f"| captures poll after poll, {tally.unequal} unequal |"
        f" {1000 * tally.reuse_s / tally.polls:.2f} ms | feedparser"
        f" {1000 * tally.feedparser_s / tally.polls:.2f} ms | {ratio:.2f} | ≤ {TARGET}, 0 unequal |"
        f" {'yes' if ratio <= TARGET and not tally.unequal else 'no'} |"
    )


if __name__ == "__main__":
    main()
