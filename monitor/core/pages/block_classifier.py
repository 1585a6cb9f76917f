"""Which blocks of a page are the article: a small learned filter, trees as plain arrays.

It looks twice: at each block by itself, then again knowing how its neighbours were judged.
tools/train_block_filter.py writes block_classifier.json.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources
from math import exp
from typing import Any, NamedTuple

from monitor.core.pages.block_context import Hints
from monitor.core.pages.block_features import candidates, context, rows
from monitor.core.pages.blocks import Layout


class Tree(NamedTuple):
    """Node n asks `row[feature[n]] <= threshold[n]`; a negative child c is the leaf ~c."""

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    leaf: list[float]


Chance = Callable[..., float]  # a row, number by number → from 0 to 1, that the block is text


class Model(NamedTuple):
    hints: Hints
    first: Chance
    second: Chance


@lru_cache(maxsize=1)
def model() -> Model:
    weights = resources.files("monitor.core.pages") / "block_classifier.json"
    return model_of(json.loads(weights.read_text("utf-8")))


def model_of(raw: dict[str, Any]) -> Model:
    return Model(
        hints=Hints(raw["names"], raw["words"]),
        first=compiled([Tree(*tree) for tree in raw["first"]]),
        second=compiled([Tree(*tree) for tree in raw["second"]]),
    )


def compiled(trees: Sequence[Tree]) -> Chance:
    """The trees as one expression of Python: a fifth of the time of a walk through the arrays.

    Nothing of the file but numbers gets into the expression.
    """
    width = 1 + max((max(tree.feature) for tree in trees), default=0)
    names = ", ".join(f"f{number}" for number in range(width))
    total = " + ".join(_expression(tree, 0) for tree in trees) or "0.0"
    chance: Chance = eval(f"lambda {names}, *_: 1 / (1 + exp(-({total})))", {"exp": exp})
    return chance


def _expression(tree: Tree, node: int) -> str:
    if node < 0:
        return repr(float(tree.leaf[~node]))
    yes, no = _expression(tree, tree.left[node]), _expression(tree, tree.right[node])
    question = f"f{int(tree.feature[node])} <= {float(tree.threshold[node])!r}"
    return f"({yes} if {question} else {no})"


def kept(layout: Layout, description: str, model: Model) -> list[int]:
    """The indexes of the blocks that are text, in order; `description`: the page's, squeezed."""
    blocks, places = layout.blocks, layout.places
    wanted = candidates(blocks, places)
    found = rows(blocks, places, wanted, model.hints, description)
    first = [model.first(*row) for row in found]
    around = context(blocks, places, wanted, first)
    second = [model.second(*row, *more) for row, more in zip(found, around, strict=True)]
    least = threshold([len(blocks[index].text) for index in wanted], second)
    return [index for index, chance in zip(wanted, second, strict=True) if chance >= least]


def threshold(lengths: Sequence[int], chances: Sequence[float]) -> float:
    """The probability from which on keeping promises the best F1, by characters."""
    promised = sum(length * chance for length, chance in zip(lengths, chances, strict=True))
    best, least = 0.0, 1.0
    kept, right = 0, 0.0
    for chance, length in sorted(zip(chances, lengths, strict=True), reverse=True):
        kept += length
        right += length * chance
        if right > best * (kept + promised):
            best, least = right / (kept + promised), chance
    return least
