"""Where a block of a page stands: the elements around it, its neighbours, its kin.

The order of the numbers is the block filter's: whoever changes it trains anew.
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

Row = list[float]

LONG = 80  # characters of a block that looks like a paragraph
_TAGS = {
    "p": 1, "h1": 2, "h2": 3, "h3": 4, "h4": 5, "h5": 6, "h6": 6, "li": 7, "blockquote": 8,
    "figcaption": 9, "td": 10, "th": 10, "dd": 11, "dt": 11, "pre": 12, "div": 13, "section": 14,
    "article": 15, "summary": 16, "details": 16, "label": 17, "button": 18,
}  # fmt: skip
_FAR = 99  # blocks

_NAME_WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")


@dataclass(frozen=True, slots=True)
class Hints:
    """How much more often the words of class names, and of short texts, stand in articles (log)."""

    names: Mapping[str, float]
    words: Mapping[str, float]


class _Weights(NamedTuple):
    """Weights of a container's class names: its own; the least, greatest and sum of those above."""

    own: float
    least: float
    most: float
    sum: float


_NO_WEIGHTS = _Weights(own=0.0, least=0.0, most=0.0, sum=0.0)


def name_words(name: str) -> list[str]:
    return [word.lower() for word in _NAME_WORD.findall(name)]


class Surroundings:
    """What is computed once for the wanted blocks of a page."""

    def __init__(
        self,
        blocks: Sequence[Block],
        containers: Sequence[Container],
        wanted: Iterable[int],
        hints: Hints,
    ) -> None:
        self.blocks = blocks
        self.containers = containers
        self.lengths = [len(block.text) for block in blocks]
        self.before = list(accumulate(self.lengths, initial=0))
        self.total = self.before[-1]
        self.long = [
            index
            for index, block in enumerate(blocks)
            if self.lengths[index] >= LONG
            and block.link < 0.3 * self.lengths[index]
            and not containers[block.container].apart
        ]
        self._weigh_names(wanted, hints)
        self._measure_places()
        self._find_core()
        self._count_kin()
        self._container_rows: dict[int, Row] = {}

    def _weigh_names(self, wanted: Iterable[int], hints: Hints) -> None:
        needed: set[int] = set()
        for index in wanted:
            container = self.blocks[index].container
            while container >= 0 and container not in needed:
                needed.add(container)
                container = self.containers[container].parent
        self.weights = {-1: _NO_WEIGHTS}
        known: dict[str, float] = {"": 0.0}
        for index in sorted(needed):  # parents stand before their children
            name = self.containers[index].name
            if name not in known:
                known[name] = sum([hints.names.get(word, 0.0) for word in name_words(name)])
            self.weights[index] = self._weighed(index, known[name])

    def _weighed(self, index: int, own: float) -> _Weights:
        container = self.containers[index]
        above = self.weights[container.parent]
        if container.parent < 0:
            return _Weights(own, own, own, own)
        return _Weights(own, min(own, above.least), max(own, above.most), own + above.sum)

    def _measure_places(self) -> None:
        """Sum over all below each container: characters, of links, of paragraphs, and blocks."""
        size = len(self.containers)
        self.chars, self.links = [0] * size, [0] * size
        self.paragraphs, self.count = [0] * size, [0] * size
        for index in self.long:
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
        self.all_paragraphs = max(1, sum(self.lengths[index] for index in self.long))

    def _find_core(self) -> None:
        """Find the container that holds most paragraphs most closely, and the way up from it."""
        score: defaultdict[int, float] = defaultdict(float)
        for index in self.long:
            worth = min(self.lengths[index], 500) * 1.0
            container = self.blocks[index].container
            for _ in range(4):
                container = self.containers[container].parent
                if container < 0:
                    break
                score[container] += worth
                worth *= 0.7
        self.core = max(score, key=lambda container: score[container], default=0)
        self.way_up: dict[int, int] = {}
        container, steps = self.core, 0
        while container >= 0:
            self.way_up[container] = steps
            container, steps = self.containers[container].parent, steps + 1
        inside = [index for index in self.long if self._is_in_core(self.blocks[index].container)]
        self.first = inside[0] if inside else 0
        self.last = inside[-1] if inside else len(self.blocks) - 1

    def _is_in_core(self, container: int) -> bool:
        while container > self.core:
            container = self.containers[container].parent
        return container == self.core

    def _count_kin(self) -> None:
        """Count blocks that look alike: by tag and name of the container, its path or depth."""
        self.kin_keys = [self._kin_key(block.container) for block in self.blocks]
        self.kin_count = Counter(key[0] for key in self.kin_keys)
        self.kin_links: Counter[object] = Counter()
        self.kin_chars: Counter[object] = Counter()
        for keys, block, length in zip(self.kin_keys, self.blocks, self.lengths, strict=True):
            self.kin_chars[keys[0]] += length
            if block.link:
                self.kin_links[keys[0]] += block.link
        self.kin_long: Counter[object] = Counter()
        for index in self.long:
            for key in self.kin_keys[index]:
                self.kin_long[key] += self.lengths[index]
        self.headings = [
            index
            for index, block in enumerate(self.blocks)
            if self.containers[block.container].tag == "h1"
        ]

    def _kin_key(self, index: int) -> tuple[object, object, int]:
        container = self.containers[index]
        up = self.containers[max(container.parent, 0)]
        look = (container.tag, container.name)
        return look, (look, up.tag, up.name), container.depth

    # the rows

    def row(self, index: int) -> Row:
        """All of a block but its text."""
        container = self.blocks[index].container
        of_container = self._container_rows.get(container)
        if of_container is None:
            of_container = self._container_rows[container] = self._of_container(container)
        return of_container + self._of_neighbours(index) + self._of_position(index)

    def _of_container(self, index: int) -> Row:
        container = self.containers[index]
        up = max(container.parent, 0)
        above = max(self.containers[up].parent, 0)
        meeting, steps = index, 0
        while meeting not in self.way_up and meeting >= 0:
            meeting, steps = self.containers[meeting].parent, steps + 1
        weights = self.weights[index]
        return [
            _TAGS.get(container.tag, 0),
            _TAGS.get(self.containers[up].tag, 0),
            container.depth,
            steps,
            self.way_up.get(meeting, 20),
            weights.own,
            self.weights[up].own,
            self.weights[above].own,
            weights.least,
            weights.most,
            weights.sum,
            *self._shares(up),
            *self._shares(above),
        ]

    def _shares(self, index: int) -> Row:
        chars = self.chars[index] or 1
        return [
            self.paragraphs[index] / self.all_paragraphs,
            self.links[index] / chars,
            self.count[index],
            chars / (self.count[index] or 1),
        ]

    def _of_neighbours(self, index: int) -> Row:
        row: Row = []
        up = self.containers[self.blocks[index].container].parent
        for other in (index - 1, index - 2, index + 1, index + 2):
            if 0 <= other < len(self.blocks):
                block, length = self.blocks[other], self.lengths[other]
                is_sibling = self.containers[block.container].parent == up
                row += (log1p(length), block.link / length, is_sibling)
            else:
                row += (0.0, 1.0, 0.0)
        return row

    def _of_position(self, index: int) -> Row:
        at = bisect_left(self.long, index)
        heading = self.headings[0] if self.headings else -1
        look, path, depth = self.kin_keys[index]
        return [
            index / len(self.blocks),
            self.before[index] / self.total,
            min(index - self.long[at - 1], _FAR) if at else _FAR,
            index - self.first,
            index - self.last,
            min(max(index - heading, -50), 200) if heading >= 0 else -_FAR,
            len(self.long),
            log1p(self.all_paragraphs),
            bisect_left(self.headings, index),
            self.kin_count[look],
            self.kin_links[look] / self.kin_chars[look],
            self.kin_long[look] / self.all_paragraphs,
            self.kin_long[path] / self.all_paragraphs,
            self.kin_long[depth] / self.all_paragraphs,
        ]
