"""Classifies which blocks of a page are article text, with a small trained model.

Two stages of gradient-boosted decision trees: the first scores each block from its own features,
the second also from the first-stage scores of its neighbours. tools/train_block_classifier.py
writes the weights, block_classifier.json; docs/model-card.md describes the training data.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from monitor.core.pages.block_context import WordWeights
from monitor.core.pages.block_features import (
    candidate_blocks,
    first_stage_features,
    second_stage_features,
)
from monitor.core.pages.blocks import Layout
from monitor.core.pages.tree_ensemble import Probability, Tree, compile_ensemble


class BlockClassifier(NamedTuple):
    """Trained model: word weights, and a function per stage from features to a probability."""

    word_weights: WordWeights
    first: Probability
    second: Probability


@lru_cache(maxsize=1)
def load_model() -> BlockClassifier:
    """Load the model that comes with the package."""
    weights = resources.files("monitor.core.pages") / "block_classifier.json"
    return build_model(json.loads(weights.read_text("utf-8")))


def build_model(raw: dict[str, Any]) -> BlockClassifier:
    """Build a model from decoded weights, as tools/train_block_classifier.py writes them."""
    return BlockClassifier(
        word_weights=WordWeights(raw["names"], raw["words"]),
        first=compile_ensemble([Tree(*tree) for tree in raw["first"]]),
        second=compile_ensemble([Tree(*tree) for tree in raw["second"]]),
    )


def select_text_blocks(layout: Layout, description: str, model: BlockClassifier) -> list[int]:
    """Return the indexes of the blocks that are article text, in order.

    `description` is the page's own, squeezed (`block_features.squeezed_description`).
    """
    blocks, containers = layout.blocks, layout.containers
    candidates = candidate_blocks(blocks, containers)
    features = first_stage_features(blocks, containers, candidates, model.word_weights, description)
    first = [model.first(*row) for row in features]
    neighbours = second_stage_features(blocks, containers, candidates, first)
    second = [model.second(*row, *more) for row, more in zip(features, neighbours, strict=True)]
    cut_off = best_threshold([len(blocks[index].text) for index in candidates], second)
    return [
        index
        for index, probability in zip(candidates, second, strict=True)
        if probability >= cut_off
    ]


def best_threshold(lengths: Sequence[int], probabilities: Sequence[float]) -> float:
    """Return the cut-off probability that maximizes the expected character-level F1.

    `lengths` are the blocks' in characters, `probabilities` those of being article text.
    """
    pairs = list(zip(probabilities, lengths, strict=True))
    expected_text = sum(length * probability for probability, length in pairs)
    best_score, cut_off = 0.0, 1.0
    selected, correct = 0, 0.0
    for probability, length in sorted(pairs, reverse=True):
        selected += length
        correct += length * probability
        if correct > best_score * (selected + expected_text):
            best_score, cut_off = correct / (selected + expected_text), probability
    return cut_off
