"""Evaluates an ensemble of decision trees, all trees at once, in pure Python.

Implements QuickScorer (Lucchese et al., SIGIR 2015). The leaves of all trees are bits of one
integer. A condition that is false rules out the leaves of its left subtree; the lowest bit that
remains of a tree is the leaf where a walk from its root would end. The conditions of a feature are
sorted by threshold, so the false ones are a prefix of them, for which one precomputed mask serves.
"""

import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from math import exp
from operator import getitem
from typing import NamedTuple

MAX_LEAVES = 16  # of one tree: the bits of an unsigned short

Probability = Callable[..., float]  # takes the features as arguments; returns 0 to 1


class Tree(NamedTuple):
    """Decision tree as parallel arrays.

    Node n goes left if `row[feature[n]] <= threshold[n]`; a negative child c is the leaf ~c.
    """

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    leaf: list[float]


def compile_ensemble(trees: Sequence[Tree]) -> Probability:
    """Compile trees into a function that returns the logistic of their summed leaf values.

    Raises:
        ValueError: a tree has more leaves than `MAX_LEAVES`.
    """
    leaves, conditions = _leaves_and_conditions(trees)
    lowest = sum(1 << MAX_LEAVES * number for number in range(len(trees)))
    all_leaves = sum(((1 << len(values)) - 1) << MAX_LEAVES * n for n, values in enumerate(leaves))
    features = [
        _prefix_masks(number, conditions[number], all_leaves) for number in sorted(conditions)
    ]
    values = [{1 << bit: value for bit, value in enumerate(tree)} for tree in leaves]
    size = MAX_LEAVES // 8 * len(trees)

    def probability(*row: float) -> float:
        remaining = all_leaves
        for feature, thresholds, masks in features:
            remaining &= masks[bisect_left(thresholds, row[feature])]
        exits = remaining & ~(remaining - lowest)  # the lowest bit of each tree
        words = memoryview(exits.to_bytes(size, sys.byteorder)).cast("H")
        if sys.byteorder == "big":
            words = words[::-1]
        return 1 / (1 + exp(-sum(map(getitem, values, words))))

    return probability


def _prefix_masks(
    feature: int, conditions: list[tuple[float, int]], all_leaves: int
) -> tuple[int, list[float], list[int]]:
    """Return the feature, its sorted thresholds, and the leaves left if the first n are false."""
    thresholds, masks = [], [all_leaves]
    for threshold, ruled_out in sorted(conditions):
        thresholds.append(threshold)
        masks.append(masks[-1] & ~ruled_out)
    return feature, thresholds, masks


def _leaves_and_conditions(
    trees: Sequence[Tree],
) -> tuple[list[list[float]], dict[int, list[tuple[float, int]]]]:
    """Return each tree's leaf values, left to right, and the conditions by feature.

    A condition is its threshold and the mask of the leaves in its left subtree.
    """
    leaves: list[list[float]] = []
    conditions: dict[int, list[tuple[float, int]]] = defaultdict(list)

    def walk(tree: Tree, node: int, found: list[float]) -> int:
        if node < 0:
            found.append(float(tree.leaf[~node]))
            return 1 << (len(found) - 1)
        left = walk(tree, tree.left[node], found)
        shifted = left << MAX_LEAVES * len(leaves)
        conditions[int(tree.feature[node])].append((float(tree.threshold[node]), shifted))
        return left | walk(tree, tree.right[node], found)

    for tree in trees:
        found: list[float] = []
        walk(tree, 0, found)
        if len(found) > MAX_LEAVES:
            raise ValueError(f"a tree has {len(found)} leaves, {MAX_LEAVES} are allowed")
        leaves.append(found)
    return leaves, conditions
