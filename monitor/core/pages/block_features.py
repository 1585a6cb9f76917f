"""What the block filter looks at: one row of numbers for each block of a page.

The order of the numbers is the filter's: whoever changes it trains anew, by
tools/train_block_classifier.py.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from math import log1p

from monitor.core.pages.block_context import LONG, Hints, Row, Surroundings
from monitor.core.pages.blocks import Block, Container, Layout
from monitor.core.pages.metadata import Declared

_LONG_LINK = 60  # characters of a link that may be a sentence
_AGAIN = 3  # times that only a notice stands on one page
_ENOUGH = 400  # characters without which nothing is left out
_SENTENCE = 60  # characters
_START = 20  # characters that tell most texts apart
_NEAR = 3  # blocks
_WORD = re.compile(r"[^\W_]+")
_LEAD_WITHIN = 12  # blocks behind the headline
_LEAD = re.compile(
    r"lead|teaser|summary|excerpt|standfirst|sub-?title|sub-?head|intro|\bdeck?\b|vorspann|chapo"
    r"|bajada|entradilla|description|sommario|ingress|abstract|preamble",
    re.IGNORECASE,
)
_SAMPLE_WORDS = 30
_ENDS = frozenset('.!?"”’»。…)')


def squeezed(text: str) -> str:
    """Letters and digits only, lower case: what is equal whatever the spaces and quotes."""
    return "".join(_WORD.findall(text.lower()))


def described(page: Declared) -> str:
    """The page's own description, squeezed."""
    return squeezed(page.first("og:description", "description") or "")


def short_words(text: str) -> list[str]:
    return _WORD.findall(text[:60].lower())[:8]


def candidates(blocks: Sequence[Block], containers: Sequence[Container]) -> list[int]:
    """The blocks that may be text at all.

    Not the short ones that are nothing but a link, what stands apart, machine text, and what
    stands on the page again and again.
    """
    twins = Counter(block.text for block in blocks)
    open_to = [
        index
        for index, block in enumerate(blocks)
        if block.link < 0.9 * len(block.text) or len(block.text) >= _LONG_LINK
    ]
    told = [
        index
        for index in open_to
        if not containers[blocks[index].container].apart
        and not _is_machine_text(blocks[index].text)
        and (twins[blocks[index].text] < _AGAIN or len(blocks[index].text) < LONG)
    ]
    enough = sum(len(blocks[index].text) for index in told) > _ENOUGH
    return _near_paragraphs(blocks, containers, told) if enough else open_to


def _near_paragraphs(
    blocks: Sequence[Block], containers: Sequence[Container], indexes: Sequence[int]
) -> list[int]:
    """Those that stand close to what may be a paragraph, or in an element that holds one."""
    near: set[int] = set()
    homes: set[int] = set()
    for index in indexes:
        block = blocks[index]
        if _is_sentence(block):
            near.update(range(index - _NEAR, index + _NEAR + 1))
            homes.update((block.container, containers[block.container].parent))
    return [
        index
        for index in indexes
        if index in near or not homes.isdisjoint(_ancestors(containers, blocks[index].container))
    ]


def _ancestors(containers: Sequence[Container], container: int) -> tuple[int, int, int]:
    """Return the container and the two around it; those of the root are none."""
    parent = containers[container].parent
    above = containers[parent].parent if parent > 0 else -2
    return container, parent if parent > 0 else -2, above if above > 0 else -2


def _is_machine_text(text: str) -> bool:
    """An address, code or data: hardly a space in it."""
    return len(text) > LONG and text.isascii() and text.count(" ") * 40 < len(text)


def leads(layout: Layout, headline: int, chosen: Sequence[int], description: str) -> list[int]:
    """The blocks between the headline and the text that by name, or by the page's own description,
    lead into it. The filter alone is unsure of them: not every set that it learns from has them.
    """
    first = min(chosen[0] if chosen else 0, headline + _LEAD_WITHIN)
    return [
        index
        for index in range(headline + 1, first)
        if _is_sentence(layout.blocks[index])
        and not layout.containers[layout.blocks[index].container].apart
        and (_is_named_lead(layout, index) or _is_of(layout.blocks[index].text, description))
    ]


def next_story(layout: Layout, headline: int, end: int) -> int | None:
    """The block of another headline that looks like this page's, where stories are strung up."""
    blocks, containers = layout.blocks, layout.containers
    mine = containers[blocks[headline].container]
    if mine.tag != "h1":
        return None
    title = squeezed(blocks[headline].text)
    for index in range(headline + 1, end):
        other = containers[blocks[index].container]
        if _is_alike(containers, mine, other) and squeezed(blocks[index].text) != title:
            return index
    return None


def _is_alike(containers: Sequence[Container], one: Container, other: Container) -> bool:
    """Whether two are the same kind of element, each in its own of one kind."""
    if other.tag != one.tag or other.parent == one.parent:
        return False
    around = containers[one.parent].name == containers[other.parent].name
    return around and one.name.partition(" ")[0] == other.name.partition(" ")[0]


def _is_sentence(block: Block) -> bool:
    return len(block.text) >= _SENTENCE and block.link < 0.5 * len(block.text)


def _is_named_lead(layout: Layout, index: int) -> bool:
    container = layout.containers[layout.blocks[index].container]
    return _LEAD.search(f"{container.name} {layout.containers[container.parent].name}") is not None


def _is_of(text: str, whole: str) -> bool:
    return bool(whole) and squeezed(text[:_START]) in whole and squeezed(text[:200]) in whole


def rows(
    blocks: Sequence[Block],
    containers: Sequence[Container],
    wanted: Sequence[int],
    hints: Hints,
    description: str,
) -> list[Row]:
    """One row for each wanted block, in order; `description`: the page's own, squeezed."""
    if not wanted:
        return []
    around = Surroundings(blocks, containers, wanted, hints)
    return [_of_text(blocks[index], hints, description) + around.row(index) for index in wanted]


def context(
    blocks: Sequence[Block],
    containers: Sequence[Container],
    wanted: Sequence[int],
    scores: Sequence[float],
) -> list[Row]:
    """For each wanted block, how the first look judged it and those around it."""
    lengths = [float(len(blocks[index].text)) for index in wanted]
    worth = [score * length for score, length in zip(scores, lengths, strict=True)]
    worth_before = list(accumulate(worth, initial=0.0))
    chars_before = list(accumulate(lengths, initial=0.0))
    total = worth_before[-1] or 1.0
    by_container = _shares_by([blocks[index].container for index in wanted], worth, lengths)
    above = [containers[blocks[index].container].parent for index in wanted]
    by_parent = _shares_by(above, worth, lengths)
    strong = [at for at, score in enumerate(scores) if score > 0.6 and lengths[at] > 60]
    last = len(wanted)
    found = []
    for at, score in enumerate(scores):
        low, high = max(0, at - 6), min(last, at + 7)
        before = worth_before[at] - worth_before[low]
        after = worth_before[high] - worth_before[at + 1]
        position = bisect_left(strong, at)
        here = position < len(strong) and strong[position] == at
        following = position + here
        found.append(
            [
                score,
                worth_before[at + 1] / total,
                by_container[blocks[wanted[at]].container],
                by_parent[above[at]],
                at - strong[position - 1] if position else 99,
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


def _of_text(block: Block, hints: Hints, description: str) -> Row:
    text = block.text
    length = len(text)
    words = text.split()
    count = len(words)
    capitals = len([1 for word in words[:_SAMPLE_WORDS] if word[0].isupper()])
    weights = [hints.words.get(word, 0.0) for word in short_words(text)] if length < 300 else []
    return [
        log1p(length),
        count,
        block.link / length,
        block.strong / length,
        text[-1] in _ENDS,
        text.count(",") / count,
        capitals / min(count, _SAMPLE_WORDS),
        text.count("\n"),
        sum(weights) / len(weights) if weights else 0.0,
        min(weights, default=0.0),
        _is_of(text, description),
    ]
