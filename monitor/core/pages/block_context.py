"""Features of a block from its surroundings: enclosing elements, neighbours, similar blocks.

The order of the features is fixed by the trained model: to change it, train again with
tools/train_block_classifier.py.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log1p
from typing import NamedTuple

from monitor.core.pages.blocks import Block, Container

Features = list[float]

PARAGRAPH_LENGTH = 80  # characters from which a block looks like a paragraph
_TAGS = {
    "p": 1, "h1": 2, "h2": 3, "h3": 4, "h4": 5, "h5": 6, "h6": 6, "li": 7, "blockquote": 8,
    "figcaption": 9, "td": 10, "th": 10, "dd": 11, "dt": 11, "pre": 12, "div": 13, "section": 14,
    "article": 15, "summary": 16, "details": 16, "label": 17, "button": 18,
}  # fmt: skip
_MAX_DISTANCE = 99  # blocks

_NAME_WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")


@dataclass(frozen=True, slots=True)
class WordWeights:
    """Log odds that a block is article text, by word of its class names and of its short text."""

    names: Mapping[str, float]
    words: Mapping[str, float]


class _NameWeights(NamedTuple):
    """Weight of a container's class names; minimum, maximum and sum include its ancestors."""

    own: float
    least: float
    most: float
    sum: float


_NO_NAME_WEIGHTS = _NameWeights(own=0.0, least=0.0, most=0.0, sum=0.0)


def name_words(name: str) -> list[str]:
    """Split a class or id name such as `article-bodyText` into lower-case words."""
    return [word.lower() for word in _NAME_WORD.findall(name)]


class PageContext:
    """Statistics of a page, computed once, from which the features of its blocks are taken."""

    def __init__(
        self,
        blocks: Sequence[Block],
        containers: Sequence[Container],
        candidates: Iterable[int],
        word_weights: WordWeights,
    ) -> None:
        self.blocks = blocks
        self.containers = containers
        self.lengths = [len(block.text) for block in blocks]
        self.chars_before = list(accumulate(self.lengths, initial=0))
        self.total_chars = self.chars_before[-1]
        self.paragraph_blocks = [
            index
            for index, block in enumerate(blocks)
            if self.lengths[index] >= PARAGRAPH_LENGTH
            and block.link < 0.3 * self.lengths[index]
            and not containers[block.container].excluded
        ]
        self._weigh_names(candidates, word_weights)
        self._measure_containers()
        self._find_core()
        self._count_similar()
        self._container_features: dict[int, Features] = {}

    def _weigh_names(self, candidates: Iterable[int], word_weights: WordWeights) -> None:
        needed: set[int] = set()
        for index in candidates:
            container = self.blocks[index].container
            while container >= 0 and container not in needed:
                needed.add(container)
                container = self.containers[container].parent
        self.weights = {-1: _NO_NAME_WEIGHTS}
        weight_of: dict[str, float] = {"": 0.0}
        for index in sorted(needed):  # parents precede their children
            name = self.containers[index].name
            if name not in weight_of:
                weight_of[name] = sum(
                    [word_weights.names.get(word, 0.0) for word in name_words(name)]
                )
            self.weights[index] = self._with_ancestors(index, weight_of[name])

    def _with_ancestors(self, index: int, own: float) -> _NameWeights:
        container = self.containers[index]
        ancestors = self.weights[container.parent]
        if container.parent < 0:
            return _NameWeights(own, own, own, own)
        return _NameWeights(
            own, min(own, ancestors.least), max(own, ancestors.most), own + ancestors.sum
        )

    def _measure_containers(self) -> None:
        """Sum up for each container, with its descendants, the characters, links and blocks."""
        size = len(self.containers)
        self.chars, self.links = [0] * size, [0] * size
        self.paragraphs, self.count = [0] * size, [0] * size
        for index in self.paragraph_blocks:
            self.paragraphs[self.blocks[index].container] += self.lengths[index]
        for block, length in zip(self.blocks, self.lengths, strict=True):
            self.chars[block.container] += length
            self.links[block.container] += block.link
            self.count[block.container] += 1
        for index in range(size - 1, 0, -1):
            up = self.containers[index].parent
            if self.count[index] and up >= 0:
                self.chars[up] += self.chars[index]
                self.links[up] += self.links[index]
                self.paragraphs[up] += self.paragraphs[index]
                self.count[up] += self.count[index]
        self.all_paragraphs = max(1, sum(self.lengths[index] for index in self.paragraph_blocks))

    def _find_core(self) -> None:
        """Find the container that holds most paragraph text, and its ancestors.

        The weight of a paragraph decreases by 30% with each level of ancestors.
        """
        score: defaultdict[int, float] = defaultdict(float)
        for index in self.paragraph_blocks:
            weight = min(self.lengths[index], 500) * 1.0
            container = self.blocks[index].container
            for _ in range(4):
                container = self.containers[container].parent
                if container < 0:
                    break
                score[container] += weight
                weight *= 0.7
        self.core = max(score, key=lambda container: score[container], default=0)
        self.core_ancestors: dict[int, int] = {}
        container, steps = self.core, 0
        while container >= 0:
            self.core_ancestors[container] = steps
            container, steps = self.containers[container].parent, steps + 1
        inside = [
            index
            for index in self.paragraph_blocks
            if self._is_in_core(self.blocks[index].container)
        ]
        self.first_core_block = inside[0] if inside else 0
        self.last_core_block = inside[-1] if inside else len(self.blocks) - 1

    def _is_in_core(self, container: int) -> bool:
        while container > self.core:
            container = self.containers[container].parent
        return container == self.core

    def _count_similar(self) -> None:
        """Count similar blocks: same tag and class, same with the parent's, or same depth."""
        self.similarity_keys = [self._similarity_key(block.container) for block in self.blocks]
        self.similar_blocks = Counter(key[0] for key in self.similarity_keys)
        self.similar_links: Counter[object] = Counter()
        self.similar_chars: Counter[object] = Counter()
        for keys, block, length in zip(
            self.similarity_keys, self.blocks, self.lengths, strict=True
        ):
            self.similar_chars[keys[0]] += length
            if block.link:
                self.similar_links[keys[0]] += block.link
        self.similar_paragraphs: Counter[object] = Counter()
        for index in self.paragraph_blocks:
            for key in self.similarity_keys[index]:
                self.similar_paragraphs[key] += self.lengths[index]
        self.headings = [
            index
            for index, block in enumerate(self.blocks)
            if self.containers[block.container].tag == "h1"
        ]

    def _similarity_key(self, index: int) -> tuple[object, object, int]:
        container = self.containers[index]
        up = self.containers[max(container.parent, 0)]
        look = (container.tag, container.name)
        return look, (look, up.tag, up.name), container.depth

    # features

    def features(self, index: int) -> Features:
        """Return the features of a block other than those of its text."""
        container = self.blocks[index].container
        of_container = self._container_features.get(container)
        if of_container is None:
            of_container = self._container_features[container] = self._of_container(container)
        return of_container + self._of_neighbours(index) + self._of_position(index)

    def _of_container(self, index: int) -> Features:
        container = self.containers[index]
        up = max(container.parent, 0)
        above = max(self.containers[up].parent, 0)
        common, steps = index, 0  # lowest common ancestor with the core
        while common not in self.core_ancestors and common >= 0:
            common, steps = self.containers[common].parent, steps + 1
        weights = self.weights[index]
        return [
            _TAGS.get(container.tag, 0),
            _TAGS.get(self.containers[up].tag, 0),
            container.depth,
            steps,
            self.core_ancestors.get(common, 20),
            weights.own,
            self.weights[up].own,
            self.weights[above].own,
            weights.least,
            weights.most,
            weights.sum,
            *self._shares(up),
            *self._shares(above),
        ]

    def _shares(self, index: int) -> Features:
        chars = self.chars[index] or 1
        return [
            self.paragraphs[index] / self.all_paragraphs,
            self.links[index] / chars,
            self.count[index],
            chars / (self.count[index] or 1),
        ]

    def _of_neighbours(self, index: int) -> Features:
        features: Features = []
        up = self.containers[self.blocks[index].container].parent
        for other in (index - 1, index - 2, index + 1, index + 2):
            if 0 <= other < len(self.blocks):
                block, length = self.blocks[other], self.lengths[other]
                is_sibling = self.containers[block.container].parent == up
                features += (log1p(length), block.link / length, is_sibling)
            else:
                features += (0.0, 1.0, 0.0)
        return features

    def _of_position(self, index: int) -> Features:
        preceding = bisect_left(self.paragraph_blocks, index)
        heading = self.headings[0] if self.headings else -1
        look, path, depth = self.similarity_keys[index]
        return [
            index / len(self.blocks),
            self.chars_before[index] / self.total_chars,
            min(index - self.paragraph_blocks[preceding - 1], _MAX_DISTANCE)
            if preceding
            else _MAX_DISTANCE,
            index - self.first_core_block,
            index - self.last_core_block,
            min(max(index - heading, -50), 200) if heading >= 0 else -_MAX_DISTANCE,
            len(self.paragraph_blocks),
            log1p(self.all_paragraphs),
            bisect_left(self.headings, index),
            self.similar_blocks[look],
            self.similar_links[look] / self.similar_chars[look],
            self.similar_paragraphs[look] / self.all_paragraphs,
            self.similar_paragraphs[path] / self.all_paragraphs,
            self.similar_paragraphs[depth] / self.all_paragraphs,
        ]
