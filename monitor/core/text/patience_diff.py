"""Patience diff of two sequences; near linear where difflib alone would be quadratic.

Items that occur once in each sequence are the anchors. What lies between two anchors is compared
in full by difflib if it is small, and replaced as one block if not.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

EditBlock = tuple[int, int, int, int]  # (a, b, c, d): old[a:b] became new[c:d]

_MAX_COMPARISONS = 1024  # old items times new items of a stretch that difflib compares in full
_MAX_DEPTH = 32  # of the recursion into the stretches between anchors


def diff_blocks(old: Sequence[str], new: Sequence[str]) -> list[EditBlock]:
    """Return the blocks in which the sequences differ, in order; everything between is equal."""
    return list(_diff_stretch(old, new, (0, len(old), 0, len(new)), 0))


def _diff_stretch(
    old: Sequence[str], new: Sequence[str], block: EditBlock, depth: int
) -> Iterator[EditBlock]:
    a, b, c, d = _trim_equal_ends(old, new, block)
    if a == b and c == d:
        return
    if a == b or c == d:
        yield a, b, c, d
    elif (b - a) * (d - c) <= _MAX_COMPARISONS:
        yield from _compare_in_full(old[a:b], new[c:d], a, c)
    elif depth < _MAX_DEPTH and (anchors := _anchors(old[a:b], new[c:d])):
        i, k = a, c
        for j, m in [*((a + j, c + m) for j, m in anchors), (b, d)]:
            yield from _diff_stretch(old, new, (i, j, k, m), depth + 1)
            i, k = j, m
    else:
        yield a, b, c, d


def _trim_equal_ends(old: Sequence[str], new: Sequence[str], block: EditBlock) -> EditBlock:
    a, b, c, d = block
    while a < b and c < d and old[a] == new[c]:
        a, c = a + 1, c + 1
    while a < b and c < d and old[b - 1] == new[d - 1]:
        b, d = b - 1, d - 1
    return a, b, c, d


def _compare_in_full(old: Sequence[str], new: Sequence[str], a: int, c: int) -> Iterator[EditBlock]:
    for op, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op != "equal":
            yield a + i, a + j, c + k, c + m


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Positions (old, new) of items that occur once on each side, increasing on both sides."""
    at_old, at_new = _unique_positions(old), _unique_positions(new)
    shared = sorted((i, at_new[item]) for item, i in at_old.items() if item in at_new)
    return _longest_increasing(shared)


def _unique_positions(items: Sequence[str]) -> dict[str, int]:
    counts = Counter(items)
    return {item: i for i, item in enumerate(items) if counts[item] == 1}


def _longest_increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence whose second members increase (patience sorting)."""
    tops: list[int] = []  # second member of each pile's top pair
    top_pairs: list[int] = []  # index in `pairs` of each pile's top
    predecessors: list[int] = []  # per pair: index of the top of the pile to its left, -1 if none
    for index, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        predecessors.append(top_pairs[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [j]
        top_pairs[pile : pile + 1] = [index]
    increasing, index = [], top_pairs[-1] if top_pairs else -1
    while index >= 0:
        increasing.append(pairs[index])
        index = predecessors[index]
    return increasing[::-1]
