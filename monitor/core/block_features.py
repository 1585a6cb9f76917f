"""What the block filter looks at: one row of numbers for each block of a page.

The order of the numbers is the filter's: whoever changes it trains anew (tools/train_blocks.py).
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log1p

from monitor.core.blocks import Block, Place

Row = list[float]

LONG = 80  # characters of a block that looks like a paragraph
_TAGS = {
    "p": 1, "h1": 2, "h2": 3, "h3": 4, "h4": 5, "h5": 6, "h6": 6, "li": 7, "blockquote": 8,
    "figcaption": 9, "td": 10, "th": 10, "dd": 11, "dt": 11, "pre": 12, "div": 13, "section": 14,
    "article": 15, "summary": 16, "details": 16, "label": 17, "button": 18,
}  # fmt: skip
_KINDS = ("article", "main", "aside", "nav", "footer", "header", "figure", "figcaption",
          "blockquote", "table", "ul", "ol", "form", "section", "button")  # fmt: skip
_BITS = {tag: 1 << bit for bit, tag in enumerate(_KINDS)}
_MASKS = [1 << bit for bit in range(len(_KINDS))]

_WORD = re.compile(r"[^\W_]+")
_NAME_WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")
_STOP = re.compile(r"[.!?。…:]['\"”’»)]*(?=\s|$)|[。！？]")
_DATE = re.compile(r"\d{1,2}:\d\d|\b(?:19|20)\d\d\b|\d+\s+(?:min|hour|day|ago)|\bhace\b|\bvor\s\d")
_BYLINE = re.compile(r"\s*(?:by|von|por|par|di|door|text|words)[\s:]", re.IGNORECASE)
_NOTICE = re.compile(
    r"©|all rights reserved|copyright|cookie|newsletter|subscri|sign up|sign in|log in|@\w|https?:"
    r"|follow us|read more|click here|advertis|getty|photo:|image:|share this|comment|www\.",
    re.IGNORECASE,
)
_ENDS = frozenset('.!?"”’»。…)')


@dataclass(frozen=True, slots=True)
class Hints:
    """How much more often the words of class names, and of short texts, stand in articles (log)."""

    names: Mapping[str, float]
    words: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Told:
    """What the page itself says of its article, letters and digits only; empty: nothing."""

    title: str
    description: str
    body: str


def squeezed(text: str) -> str:
    """Letters and digits only, lower case: what is equal whatever the spaces and quotes."""
    return "".join(_WORD.findall(text.lower()))


def name_words(name: str) -> list[str]:
    return [word.lower() for word in _NAME_WORD.findall(name)]


def short_words(text: str) -> list[str]:
    return _WORD.findall(text[:60].lower())[:8]


def candidates(blocks: Sequence[Block]) -> list[int]:
    """The blocks that may be text at all: not the short ones that are nothing but a link."""
    return [
        index
        for index, block in enumerate(blocks)
        if block.link < 0.9 * len(block.text) or len(block.text) >= 60
    ]


def rows(
    blocks: Sequence[Block],
    places: Sequence[Place],
    wanted: Sequence[int],
    hints: Hints,
    told: Told,
) -> list[Row]:
    """One row for each wanted block, in order."""
    if not wanted:
        return []
    ground = _Ground(blocks, places, hints)
    return [
        _of_text(blocks[index], hints, told)
        + ground.of_place(blocks[index].place)
        + ground.of_neighbours(index)
        + ground.of_position(index)
        + ground.of_kin(index)
        for index in wanted
    ]


def context(
    blocks: Sequence[Block], places: Sequence[Place], wanted: Sequence[int], scores: Sequence[float]
) -> list[Row]:
    """For each wanted block, how the first look judged it and those around it."""
    lengths = [float(len(blocks[index].text)) for index in wanted]
    worth = [score * length for score, length in zip(scores, lengths, strict=True)]
    worth_before = list(accumulate(worth, initial=0.0))
    chars_before = list(accumulate(lengths, initial=0.0))
    total = worth_before[-1] or 1.0
    by_place = _shares_by([blocks[index].place for index in wanted], worth, lengths)
    above = [places[blocks[index].place].parent for index in wanted]
    by_parent = _shares_by(above, worth, lengths)
    strong = [at for at, score in enumerate(scores) if score > 0.6 and lengths[at] > 60]
    last = len(wanted)
    found = []
    for at, score in enumerate(scores):
        low, high = max(0, at - 6), min(last, at + 7)
        before = worth_before[at] - worth_before[low]
        after = worth_before[high] - worth_before[at + 1]
        place = bisect_left(strong, at)
        here = place < len(strong) and strong[place] == at
        following = place + here
        found.append(
            [
                score,
                worth_before[at + 1] / total,
                by_place[blocks[wanted[at]].place],
                by_parent[above[at]],
                at - strong[place - 1] if place else 99,
                strong[following] - at if following < len(strong) else 99,
                scores[at - 1] if at else 0.0,
                scores[at + 1] if at + 1 < last else 0.0,
                scores[at - 2] if at > 1 else 0.0,
                scores[at + 2] if at + 2 < last else 0.0,
                before / (chars_before[at] - chars_before[low] or 1.0),
                after / (chars_before[high] - chars_before[at + 1] or 1.0),
                total,
            ]
        )
    return found


def _shares_by(
    keys: Sequence[int], worth: Sequence[float], lengths: Sequence[float]
) -> dict[int, float]:
    sums: dict[int, float] = {}
    chars: dict[int, float] = {}
    for key, one, length in zip(keys, worth, lengths, strict=True):
        sums[key] = sums.get(key, 0.0) + one
        chars[key] = chars.get(key, 0.0) + length
    return {key: sums[key] / chars[key] for key in sums}


def _of_text(block: Block, hints: Hints, told: Told) -> Row:
    text = block.text
    length = len(text)
    words = text.split()
    count = len(words)
    squeezed_text = squeezed(text[:200])
    weights = [hints.words.get(word, 0.0) for word in short_words(text)] if length < 300 else []
    return [
        log1p(length),
        count,
        block.link / length,
        block.strong / length,
        text[-1] in _ENDS,
        len(_STOP.findall(text[:2000])),
        text.count(",") / count,
        sum(map(str.isdigit, text[:200])) / min(length, 200),
        sum(1 for word in words[:30] if word[0].isupper()) / min(count, 30),
        text[0].islower(),
        text[0] in "\"“«„'‘",
        text[-1] == ":",
        length / count,
        text.count("\n"),
        sum(weights) / len(weights) if weights else 0.0,
        min(weights, default=0.0),
        _DATE.search(text[:200]) is not None if length < 300 else False,
        _BYLINE.match(text) is not None if length < 300 else False,
        _NOTICE.search(text[:300]) is not None,
        _within(squeezed_text, told.title),
        _within(squeezed_text, told.description),
        _within(squeezed_text[:80], told.body),
    ]


def _within(squeezed_text: str, whole: str) -> int:
    """1 for a part of it, 0 for none, -1 where there is nothing to be a part of."""
    if not whole:
        return -1
    return int(len(squeezed_text) > 3 and squeezed_text in whole)


class _Ground:
    """What is computed once for all blocks of a page."""

    def __init__(self, blocks: Sequence[Block], places: Sequence[Place], hints: Hints) -> None:
        self.blocks = blocks
        self.places = places
        self.lengths = [len(block.text) for block in blocks]
        self.before = list(accumulate(self.lengths, initial=0))
        self.total = self.before[-1]
        self.long = [
            index
            for index, block in enumerate(blocks)
            if self.lengths[index] >= LONG and block.link < 0.3 * self.lengths[index]
        ]
        self._weigh_names(hints)
        self._measure_places()
        self._find_core()
        self._place_rows: dict[int, Row] = {}
        self._count_kin()

    def _weigh_names(self, hints: Hints) -> None:
        """For each place: its own weight, and the least, greatest and summed on the way to it."""
        own: list[float] = []
        least: list[float] = []
        most: list[float] = []
        total: list[float] = []
        kinds: list[int] = []
        known: dict[str, float] = {"": 0.0}
        for place in self.places:
            weight = known.get(place.name)
            if weight is None:
                found = [hints.names.get(word, 0.0) for word in name_words(place.name)]
                weight = known[place.name] = sum(found) if found else 0.0
            up = place.parent
            bit = _BITS.get(place.tag, 0)
            own.append(weight)
            least.append(min(weight, least[up]) if up >= 0 else weight)
            most.append(max(weight, most[up]) if up >= 0 else weight)
            total.append(weight + total[up] if up >= 0 else weight)
            kinds.append(bit | kinds[up] if up >= 0 else bit)
        self.own, self.least, self.most, self.sum, self.kinds = own, least, most, total, kinds

    def _measure_places(self) -> None:
        """For each place, all below it: characters, of links, of paragraphs, and blocks."""
        size = len(self.places)
        self.chars, self.links = [0] * size, [0] * size
        self.paragraphs, self.count = [0] * size, [0] * size
        for index in self.long:
            self.paragraphs[self.blocks[index].place] += self.lengths[index]
        for block, length in zip(self.blocks, self.lengths, strict=True):
            self.chars[block.place] += length
            self.links[block.place] += block.link
            self.count[block.place] += 1
        for index in range(size - 1, 0, -1):
            up = self.places[index].parent
            if up >= 0:
                self.chars[up] += self.chars[index]
                self.links[up] += self.links[index]
                self.paragraphs[up] += self.paragraphs[index]
                self.count[up] += self.count[index]
        self.all_paragraphs = max(1, sum(self.lengths[index] for index in self.long))

    def _find_core(self) -> None:
        """The place that holds most paragraphs most closely, and the way up from it."""
        score: defaultdict[int, float] = defaultdict(float)
        for index in self.long:
            worth = min(self.lengths[index], 500) * 1.0
            place = self.blocks[index].place
            for _ in range(4):
                place = self.places[place].parent
                if place < 0:
                    break
                score[place] += worth
                worth *= 0.7
        self.core = max(score, key=lambda place: score[place], default=0)
        self.way_up: dict[int, int] = {}
        place, steps = self.core, 0
        while place >= 0:
            self.way_up[place] = steps
            place, steps = self.places[place].parent, steps + 1
        inside = [index for index in self.long if self._under_core(self.blocks[index].place)]
        self.first = inside[0] if inside else 0
        self.last = inside[-1] if inside else len(self.blocks) - 1

    def _under_core(self, place: int) -> bool:
        while place > self.core:
            place = self.places[place].parent
        return place == self.core

    def _count_kin(self) -> None:
        """Blocks that look alike: same tag and name of the place; and equal texts."""
        self.kin_key = [
            (self.places[block.place].tag, self.places[block.place].name) for block in self.blocks
        ]
        self.kin_count = Counter(self.kin_key)
        self.kin_chars: Counter[tuple[str, str]] = Counter()
        self.kin_links: Counter[tuple[str, str]] = Counter()
        for key, block, length in zip(self.kin_key, self.blocks, self.lengths, strict=True):
            self.kin_chars[key] += length
            self.kin_links[key] += block.link
        self.twins = Counter(block.text for block in self.blocks)
        self.headings = [
            index for index, block in enumerate(self.blocks) if self.places[block.place].tag == "h1"
        ]

    # the rows

    def of_place(self, index: int) -> Row:
        row = self._place_rows.get(index)
        if row is None:
            row = self._place_rows[index] = self._of_place(index)
        return row

    def _of_place(self, index: int) -> Row:
        place = self.places[index]
        up = max(place.parent, 0)
        above = max(self.places[up].parent, 0)
        meeting, steps = index, 0
        while meeting not in self.way_up and meeting >= 0:
            meeting, steps = self.places[meeting].parent, steps + 1
        kinds = self.kinds[index]
        return [
            _TAGS.get(place.tag, 0),
            _TAGS.get(self.places[up].tag, 0),
            *[bool(kinds & mask) for mask in _MASKS],
            place.hidden,
            place.depth,
            steps,
            self.way_up.get(meeting, 20),
            self.own[index],
            self.own[up],
            self.own[above],
            self.least[index],
            self.most[index],
            self.sum[index],
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

    def of_neighbours(self, index: int) -> Row:
        row: Row = []
        mine = self.blocks[index]
        up = self.places[mine.place].parent
        for other in (index - 1, index + 1, index - 2, index + 2):
            if not 0 <= other < len(self.blocks):
                row += (0.0, 1.0, 0.0, 0.0)
                continue
            block, length = self.blocks[other], self.lengths[other]
            row += (
                log1p(length),
                block.link / length,
                _TAGS.get(self.places[block.place].tag, 0),
                2 * (block.place == mine.place) + (self.places[block.place].parent == up),
            )
        return row

    def of_position(self, index: int) -> Row:
        at = bisect_left(self.long, index)
        earlier = index - self.long[at - 1] if at else 99
        after = at + 1 if at < len(self.long) and self.long[at] == index else at
        later = self.long[after] - index if after < len(self.long) else 99
        heading = self.headings[0] if self.headings else -1
        return [
            index / len(self.blocks),
            self.before[index] / self.total,
            min(earlier, 99),
            min(later, 99),
            index - self.first,
            index - self.last,
            min(max(index - heading, -50), 200) if heading >= 0 else -99,
            len(self.long),
            log1p(self.all_paragraphs),
        ]

    def of_kin(self, index: int) -> Row:
        key = self.kin_key[index]
        count = self.kin_count[key]
        chars = self.kin_chars[key]
        return [
            count,
            chars / count,
            self.kin_links[key] / chars,
            self.twins[self.blocks[index].text],
            self.own_inline(index),
        ]

    def own_inline(self, index: int) -> float:
        return 1.0 if self.blocks[index].inline else 0.0
