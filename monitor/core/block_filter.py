"""Which blocks of a page are the article: a small learned filter, trees as plain arrays.

It looks twice: at each block by itself, then again knowing how its neighbours were judged.
tools/train_block_filter.py writes block_filter.json.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from math import exp
from typing import Any, NamedTuple

from monitor.core.block_features import candidates, context, rows
from monitor.core.block_surroundings import Hints, Row
from monitor.core.blocks import Layout


class Tree(NamedTuple):
    """Node n asks `row[feature[n]] <= threshold[n]`; a negative child c is the leaf ~c."""

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    leaf: list[float]


class Model(NamedTuple):
    hints: Hints
    first: list[Tree]
    second: list[Tree]


@lru_cache(maxsize=1)
def model() -> Model:
    text = resources.files("monitor.core").joinpath("block_filter.json").read_text("utf-8")
    return model_of(json.loads(text))


def model_of(raw: dict[str, Any]) -> Model:
    return Model(
        hints=Hints(raw["names"], raw["words"]),
        first=[Tree(*tree) for tree in raw["first"]],
        second=[Tree(*tree) for tree in raw["second"]],
    )


def kept(layout: Layout, description: str, model: Model) -> list[int]:
    """The indexes of the blocks that are text, in order; `description`: the page's, squeezed."""
    blocks, places = layout.blocks, layout.places
    wanted = candidates(blocks, places)
    found = rows(blocks, places, wanted, model.hints, description)
    first = probabilities(model.first, found)
    around = context(blocks, places, wanted, first)
    both = [row + more for row, more in zip(found, around, strict=True)]
    second = probabilities(model.second, both)
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


def probabilities(trees: Sequence[Tree], rows: Sequence[Row]) -> list[float]:
    """From 0 to 1, for each row."""
    found = []
    for row in rows:
        score = 0.0
        for feature, threshold, left, right, leaf in trees:
            node = 0
            while node >= 0:
                node = left[node] if row[feature[node]] <= threshold[node] else right[node]
            score += leaf[~node]
        found.append(1 / (1 + exp(-score)))
    return found
