"""Aligns two sequences on what they share; near linear even where difflib would be quadratic."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Block = tuple[int, int, int, int]  # old[a:b] became new[c:d]

_LARGEST_GAP = 1024  # old × new items that are compared each with each
_DEEPEST = 32  # anchors within anchors


def changes(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """The blocks that differ, in order; all between them is equal.

    Items that are unique on both sides are the anchors (patience diff); what lies between two
    anchors is compared in full if it is small, and else replaced as one block.
    """
    return list(_between(old, new, (0, len(old), 0, len(new)), 0))


def _between(old: Sequence[str], new: Sequence[str], block: Block, depth: int) -> Iterator[Block]:
    a, b, c, d = _trimmed(old, new, block)
    if a == b and c == d:
        return
    if a == b or c == d:
        yield a, b, c, d
    elif (b - a) * (d - c) <= _LARGEST_GAP:
        yield from _compared(old[a:b], new[c:d], a, c)
    elif depth < _DEEPEST and (anchors := _anchors(old[a:b], new[c:d])):
        i, k = a, c
        for j, m in [*((a + j, c + m) for j, m in anchors), (b, d)]:
            yield from _between(old, new, (i, j, k, m), depth + 1)
            i, k = j, m
    else:
        yield a, b, c, d


def _trimmed(old: Sequence[str], new: Sequence[str], block: Block) -> Block:
    a, b, c, d = block
    while a < b and c < d and old[a] == new[c]:
        a, c = a + 1, c + 1
    while a < b and c < d and old[b - 1] == new[d - 1]:
        b, d = b - 1, d - 1
    return a, b, c, d


def _compared(old: Sequence[str], new: Sequence[str], a: int, c: int) -> Iterator[Block]:
    for op, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op != "equal":
            yield a + i, a + j, c + k, c + m


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of items that are unique on both sides, in rising order on both."""
    at_old, at_new = _unique(old), _unique(new)
    shared = sorted((i, at_new[item]) for item, i in at_old.items() if item in at_new)
    return _longest_rise(shared)


def _unique(items: Sequence[str]) -> dict[str, int]:
    counts = Counter(items)
    return {item: i for i, item in enumerate(items) if counts[item] == 1}


def _longest_rise(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence whose second members rise (patience sorting)."""
    tops: list[int] = []
    last: list[int] = []  # index in pairs of each pile's top
    before: list[int] = []  # of each pair, the top of the pile to its left
    for index, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        before.append(last[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [j]
        last[pile : pile + 1] = [index]
    rise, index = [], last[-1] if last else -1
    while index >= 0:
        rise.append(pairs[index])
        index = before[index]
    return rise[::-1]
