"""Tells which blocks of a page are the article's text, by a small learned model.

Two boosted ensembles of decision trees: the first sees each block by itself, the second knows too
what the first made of its neighbours. tools/train_block_classifier.py writes the weights,
block_classifier.json; docs/model-card.md says what they were learned from.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from monitor.core.pages.block_context import Hints
from monitor.core.pages.block_features import candidates, context, rows
from monitor.core.pages.blocks import Layout
from monitor.core.pages.tree_ensemble import Probability, Tree, ensemble_of


class Model(NamedTuple):
    hints: Hints
    first: Probability
    second: Probability


@lru_cache(maxsize=1)
def model() -> Model:
    """Load the weights that come with the package."""
    weights = resources.files("monitor.core.pages") / "block_classifier.json"
    return model_of(json.loads(weights.read_text("utf-8")))


def model_of(raw: dict[str, Any]) -> Model:
    """Build a model from its weights, as tools/train_block_classifier.py writes them."""
    return Model(
        hints=Hints(raw["names"], raw["words"]),
        first=ensemble_of([Tree(*tree) for tree in raw["first"]]),
        second=ensemble_of([Tree(*tree) for tree in raw["second"]]),
    )


def text_blocks(layout: Layout, description: str, model: Model) -> list[int]:
    """Return the indexes of the blocks that are text, in order.

    `description` is the page's own, lower case and without spaces.
    """
    blocks, containers = layout.blocks, layout.containers
    wanted = candidates(blocks, containers)
    found = rows(blocks, containers, wanted, model.hints, description)
    first = [model.first(*row) for row in found]
    around = context(blocks, containers, wanted, first)
    second = [model.second(*row, *more) for row, more in zip(found, around, strict=True)]
    least = threshold([len(blocks[index].text) for index in wanted], second)
    return [index for index, chance in zip(wanted, second, strict=True) if chance >= least]


def threshold(lengths: Sequence[int], chances: Sequence[float]) -> float:
    """Return the cut-off that maximises the expected F1, by characters.

    `lengths` are the blocks' in characters, `chances` the probabilities that they are text.
    """
    promised = sum(length * chance for length, chance in zip(lengths, chances, strict=True))
    best, least = 0.0, 1.0
    kept, right = 0, 0.0
    for chance, length in sorted(zip(chances, lengths, strict=True), reverse=True):
        kept += length
        right += length * chance
        if right > best * (kept + promised):
            best, least = right / (kept + promised), chance
    return least
