"""Compares lxml and feedparser over whole feeds: CPU time, equality, why lxml declines.

python bench/lanes.py [DIRECTORY]: over every feed there, and over one of 20 entries made here.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

from monitor.core.feeds import lxml_parser
from monitor.core.feeds.parse import parse
from monitor.core.feeds.preprocess import (
    entry_starts,
    feedparser_content_type,
    limit_entries,
    repair,
)
from monitor.errors import ParseError
from monitor.model import Feed

CORPUS = Path(__file__).parents[2] / "shared" / "data" / "feeds"
ENTRIES = 20
SENTENCE = "The minister said on Tuesday that talks about the strike at two ports had failed."
ROUNDS = 20


def ordinary() -> bytes:
    """A news feed of 20 entries and about 33 kB, as weblogs and papers write it."""
    text = f"{SENTENCE} " * 14
    items = "".join(
        f"<item><title>Story {n}: a port strike</title><link>https://news.test/2026/story-{n}</link>"
        f'<guid isPermaLink="false">https://news.test/?p={n}</guid>'
        f"<pubDate>Tue, 24 Nov 2026 {n:02}:10:11 +0000</pubDate>"
        f"<dc:creator><![CDATA[Ada]]></dc:creator><category>trade</category>"
        f"<description><![CDATA[<p>{text[:200]}</p>]]></description>"
        f"<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>\n"
        for n in range(ENTRIES)
    )
    namespaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    )
    return f'<rss version="2.0" {namespaces}><channel>{items}</channel></rss>'.encode()


def timed(body: bytes) -> tuple[Feed | str, float]:
    begun = time.process_time()
    try:
        feed: Feed | str = parse(body, url="https://news.test/feed")
    except ParseError as error:
        feed = str(error)
    return feed, time.process_time() - begun


def judged(body: bytes) -> tuple[Feed | str, float]:
    with patch.object(lxml_parser, "parse_document", lambda *_: "not asked"):
        return timed(body)


def reason(body: bytes) -> str:
    bounded, _ = limit_entries(body, entry_starts(body), 10_000)
    parsed = lxml_parser.parse_document(repair(bounded), feedparser_content_type(bounded, None))
    return parsed if isinstance(parsed, str) else "an odd date"


@dataclass
class Tally:
    lanes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unequal: list[str] = field(default_factory=list)
    fast_s: float = 0
    judge_s: float = 0

    def count(self, name: str, body: bytes) -> None:
        ours, spent = timed(body)
        theirs, spent_by_judge = judged(body)
        if not isinstance(ours, Feed) or not isinstance(theirs, Feed):
            self.unequal += [name] if ours != theirs else []
            self.lanes["no feed"] += 1
            return
        self.lanes[ours.parser] += 1
        if replace(ours, parser="", entry_cache=b"") != replace(theirs, parser="", entry_cache=b""):
            self.unequal.append(name)
        if ours.parser == "lxml":
            self.fast_s += spent
            self.judge_s += spent_by_judge
        elif ours.parser == "feedparser":
            self.reasons[reason(body)] += 1

    def show(self, title: str) -> None:
        print(f"{title}: {dict(self.lanes)}, unequal {len(self.unequal)} {self.unequal[:5]}")
        if self.fast_s:
            print(f"  what it read: {self.judge_s / self.fast_s:.1f} times as fast")
        print("  declined:", ", ".join(f"{why} {n}" for why, n in self.reasons.most_common(15)))


def tallied(paths: Iterable[Path]) -> Tally:
    tally = Tally()
    for path in paths:
        tally.count(path.name, path.read_bytes())
    return tally


def main() -> None:
    body = ordinary()
    fast = min(timed(body)[1] for _ in range(ROUNDS))
    slow = min(judged(body)[1] for _ in range(ROUNDS))
    print(f"{len(body):,} bytes, {ENTRIES} entries: {1000 * fast:.2f} ms a first poll,")
    print(f"  {1000 * slow:.2f} ms with feedparser: {slow / fast:.1f} times as fast")
    corpus = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    if not corpus.is_dir():
        sys.exit(f"no feeds at {corpus}")
    tallied(sorted((corpus / "feeds").iterdir())).show("feeds of eleven test suites and captures")
    tallied(sorted(corpus.glob("series/*/*.xml"))).show("series")


if __name__ == "__main__":
    main()
