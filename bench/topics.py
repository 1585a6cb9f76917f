"""Precision and recall of the built-in topics on invented news items (bench/topic_corpus).

    python bench/topics.py [--errors {1,2}]

The sealed third round is printed first. Intervals are Wilson's, at 95 %.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from monitor.config.topics import builtin_topics
from monitor.core.rules import hits
from monitor.model import Level

CORPUS = Path(__file__).parent / "topic_corpus"
ROUNDS = {3: "sealed", 2: "watched", 1: "tuned on"}
RULES = tuple((topic.name, topic.query) for topic in builtin_topics())
Item = dict[str, Any]
Z = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one rule made of one item. `level` None: no match."""

    topic: str
    item: Item
    level: Level | None

    @property
    def wanted(self) -> bool:
        return self.topic in self.item["topics"]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--errors", type=int, choices=[1, 2], help="list the errors of a round")
    chosen = options.parse_args()
    if chosen.errors:
        print_errors(judge("headlines", chosen.errors))
        print_errors(judge("articles", chosen.errors))
        return
    for kind in ("headlines", "articles"):
        print(f"{kind}\n\n| round | topic | language | items | precision | recall | F1 |")
        print("|---|---|---|---|---|---|---|")
        for number, use in ROUNDS.items():
            print_figures(f"{number}, {use}", list(judge(kind, number)))
        print()
    print_levels([each for number in ROUNDS for each in judge("headlines", number)])


def judge(kind: str, number: int) -> Iterator[Judged]:
    """Match every item of a round against each topic."""
    lines = (CORPUS / f"round{number}-{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    for item in map(json.loads, lines):
        text = item.get("lede") or item["text"]
        found = hits(item["title"], text, language=item["lang"], source=None, topics=RULES)
        levels = {hit.topic: hit.level for hit in found}
        for topic, _ in RULES:
            yield Judged(topic=topic, item=item, level=levels.get(topic))


def print_figures(name: str, judged: list[Judged]) -> None:
    for topic, _ in RULES:
        for language in ("en", "es", "both"):
            chosen = [
                each
                for each in judged
                if each.topic == topic and language in (each.item["lang"], "both")
            ]
            print(f"| {name} | {topic} | {language} | {len(chosen)} | {row(chosen)} |")


def print_levels(judged: list[Judged]) -> None:
    """All rounds together, by the level from which on a topic would alert."""
    print("headlines of all rounds, by at_least\n\n| topic | at_least | precision | recall | F1 |")
    print("|---|---|---|---|---|")
    for topic, _ in RULES:
        for least in Level:
            chosen = [each for each in judged if each.topic == topic]
            print(f"| {topic} | {least} | {row(chosen, least)} |")


def row(judged: Iterable[Judged], least: Level = Level.MENTION) -> str:
    """Return precision and recall with their intervals, and F1, as cells of a table."""
    count = Counter(
        (each.level is not None and each.level.reaches(least), each.wanted) for each in judged
    )
    right, false, missed = count[True, True], count[True, False], count[False, True]
    f1 = 2 * right / (2 * right + false + missed or 1)
    return f"{share(right, right + false)} | {share(right, right + missed)} | {f1:.3f}"


def share(part: int, whole: int) -> str:
    """Return part / whole with its Wilson interval; `–` of nothing."""
    if not whole:
        return "–"
    middle = (part + Z * Z / 2) / (whole + Z * Z)
    half = Z / (whole + Z * Z) * sqrt(part * (whole - part) / whole + Z * Z / 4)
    return f"{part / whole:.3f} ({middle - half:.2f}–{middle + half:.2f})"


def print_errors(judged: Iterable[Judged]) -> None:
    for each in judged:
        if (each.level is not None) != each.wanted:
            kind = "missed" if each.wanted else "false"
            text = each.item.get("lede") or each.item["text"]
            print(each.topic, each.item["lang"], kind, each.item["title"], text[:300], sep=" | ")


if __name__ == "__main__":
    main()
