"""Guesses under which name a topic that left the configuration continues, by its rule."""

import re
from collections.abc import Iterable

from monitor.settings import Topic

_WORD = re.compile(r"[^\W_]+")
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR", "ONEAR", "ATLEAST"})
MIN_SIMILARITY = 0.5  # of the words of both rules


def likely_successor(rule: str, topics: Iterable[Topic]) -> Topic | None:
    """The topic whose rule has the most words in common with this one; None below half."""
    best = max(topics, key=lambda topic: _similarity(rule, topic.query), default=None)
    return best if best is not None and _similarity(rule, best.query) >= MIN_SIMILARITY else None


def _similarity(one: str, other: str) -> float:
    mine, theirs = _words(one), _words(other)
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0


def _words(rule: str) -> frozenset[str]:
    return frozenset(w.casefold() for w in _WORD.findall(rule) if w not in _OPERATORS)
