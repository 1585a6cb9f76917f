"""Evaluates an ensemble of decision trees, all trees at once, on plain numbers.

After QuickScorer (Lucchese et al., SIGIR 2015): the leaves of all trees are bits of one integer. A
condition that does not hold rules out the leaves on its left side; what is left of each tree,
lowest bit first, is the leaf where a walk from its root would end. Conditions of one feature are
sorted by their threshold, so those that do not hold are a prefix, and its leaves are ruled out by
one mask made beforehand.
"""

import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from math import exp
from operator import getitem
from typing import NamedTuple

WIDTH = 16  # leaves of one tree, at most: the bits of an unsigned short

Probability = Callable[..., float]  # features, one argument each → from 0 to 1


class Tree(NamedTuple):
    """Node n asks `row[feature[n]] <= threshold[n]`; a negative child c is the leaf ~c."""

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    leaf: list[float]


def ensemble_of(trees: Sequence[Tree]) -> Probability:
    """Return the function that adds up the trees' leaves and squashes the sum (logistic).

    Raises:
        ValueError: a tree has more leaves than `WIDTH`.
    """
    leaves, conditions = _leaves_and_conditions(trees)
    lowest = sum(1 << WIDTH * number for number in range(len(trees)))
    every = sum(((1 << len(values)) - 1) << WIDTH * n for n, values in enumerate(leaves))
    features = [_prefix_masks(number, conditions[number], every) for number in sorted(conditions)]
    values = [{1 << bit: value for bit, value in enumerate(one)} for one in leaves]
    size = WIDTH // 8 * len(trees)

    def probability(*row: float) -> float:
        left = every
        for feature, thresholds, masks in features:
            left &= masks[bisect_left(thresholds, row[feature])]
        exits = left & ~(left - lowest)  # of each tree its lowest bit
        words = memoryview(exits.to_bytes(size, sys.byteorder)).cast("H")
        if sys.byteorder == "big":
            words = words[::-1]
        return 1 / (1 + exp(-sum(map(getitem, values, words))))

    return probability


def _prefix_masks(
    feature: int, conditions: list[tuple[float, int]], every: int
) -> tuple[int, list[float], list[int]]:
    """The feature, its thresholds in order, and which leaves stay where the first n do not hold."""
    thresholds, masks = [], [every]
    for threshold, ruled_out in sorted(conditions):
        thresholds.append(threshold)
        masks.append(masks[-1] & ~ruled_out)
    return feature, thresholds, masks


def _leaves_and_conditions(
    trees: Sequence[Tree],
) -> tuple[list[list[float]], dict[int, list[tuple[float, int]]]]:
    """The leaves of each tree, left to right; by feature (threshold, the leaves at its left)."""
    leaves: list[list[float]] = []
    conditions: dict[int, list[tuple[float, int]]] = defaultdict(list)

    def walk(tree: Tree, node: int, found: list[float]) -> int:
        if node < 0:
            found.append(float(tree.leaf[~node]))
            return 1 << (len(found) - 1)
        left = walk(tree, tree.left[node], found)
        shifted = left << WIDTH * len(leaves)
        conditions[int(tree.feature[node])].append((float(tree.threshold[node]), shifted))
        return left | walk(tree, tree.right[node], found)

    for tree in trees:
        found: list[float] = []
        walk(tree, 0, found)
        if len(found) > WIDTH:
            raise ValueError(f"a tree has {len(found)} leaves, {WIDTH} are allowed")
        leaves.append(found)
    return leaves, conditions
