"""Whether a topic that left the configuration goes on under another name, by their rules."""

import re
from collections.abc import Iterable

from monitor.settings import Topic

_WORD = re.compile(r"[^\W_]+")
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR", "ONEAR", "ATLEAST"})
SIMILAR = 0.5  # of the words of both rules


def likely_successor(rule: str, topics: Iterable[Topic]) -> Topic | None:
    """The topic whose rule shares most words with this one, if half of them or more."""
    best = max(topics, key=lambda topic: _shared(rule, topic.query), default=None)
    return best if best is not None and _shared(rule, best.query) >= SIMILAR else None


def _shared(one: str, other: str) -> float:
    mine, theirs = _words(one), _words(other)
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0


def _words(rule: str) -> frozenset[str]:
    return frozenset(w.casefold() for w in _WORD.findall(rule) if w not in _OPERATORS)
