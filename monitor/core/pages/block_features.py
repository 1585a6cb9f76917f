"""Feature vectors for the block classifier, and the rules that complement it.

The order of the features is fixed by the trained model: to change it, train again with
tools/train_block_classifier.py.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from math import log1p

from monitor.core.pages.block_context import PARAGRAPH_LENGTH, Features, PageContext, WordWeights
from monitor.core.pages.block_exclusion import is_sentence
from monitor.core.pages.blocks import Block, Container, Layout
from monitor.core.pages.metadata import PageMetadata

_SENTENCE_LINK_LENGTH = 60  # characters from which a link may be a sentence
_NOTICE_REPEATS = 3  # a long text that occurs so often in a page is a notice
_PREFIX_LENGTH = 20  # characters; compared first, since they distinguish most texts
_NEAR_BLOCKS = 3
_WORD = re.compile(r"[^\W_]+")
_MAX_LEAD_DISTANCE = 12  # blocks after the headline
_LEAD_NAME = re.compile(
    r"lead|teaser|summary|excerpt|standfirst|sub-?title|sub-?head|intro|\bdeck?\b|vorspann|chapo"
    r"|bajada|entradilla|description|sommario|ingress|abstract|preamble",
    re.IGNORECASE,
)
_PARTS = frozenset(
    {"table", "thead", "tbody", "tfoot", "tr", "td", "th", "ul", "ol", "li", "dl", "dt", "dd"}
)  # of a list or table
_SAMPLE_WORDS = 30
_SENTENCE_ENDS = frozenset('.!?"”’»。…)')


def squeeze(text: str) -> str:
    """Reduce a text to its letters and digits in lower case, to compare it without punctuation."""
    return "".join(_WORD.findall(text.lower()))


def squeezed_description(page: PageMetadata) -> str:
    """Return the squeezed description that the page declares; empty if none."""
    return squeeze(page.first("og:description", "description") or "")


def leading_words(text: str) -> list[str]:
    """Return up to eight lower-case words of the first 60 characters."""
    return _WORD.findall(text[:60].lower())[:8]


def candidate_blocks(blocks: Sequence[Block], containers: Sequence[Container]) -> list[int]:
    """Return the indexes of the blocks that may be article text.

    Leaves out short links, excluded containers, machine text, repeated notices, and blocks far
    from any sentence; if no sentence remains, only the short links.
    """
    repeats = Counter(block.text for block in blocks)
    not_links = [
        index
        for index, block in enumerate(blocks)
        if block.link < 0.9 * len(block.text) or len(block.text) >= _SENTENCE_LINK_LENGTH
    ]
    possible = [
        index
        for index in not_links
        if not containers[blocks[index].container].excluded
        and not _is_machine_text(blocks[index].text)
        and (
            repeats[blocks[index].text] < _NOTICE_REPEATS
            or len(blocks[index].text) < PARAGRAPH_LENGTH
        )
    ]
    if not any(is_sentence(blocks[index]) for index in possible):
        return not_links
    return _near_paragraphs(blocks, containers, possible)


def _near_paragraphs(
    blocks: Sequence[Block], containers: Sequence[Container], indexes: Sequence[int]
) -> list[int]:
    """Keep the blocks close to a sentence, or inside an element that holds one."""
    near: set[int] = set()
    enclosing: set[int] = set()
    for index in indexes:
        block = blocks[index]
        if is_sentence(block):
            near.update(range(index - _NEAR_BLOCKS, index + _NEAR_BLOCKS + 1))
            enclosing.update((block.container, containers[block.container].parent))
    return [
        index
        for index in indexes
        if index in near
        or not enclosing.isdisjoint(_ancestors(containers, blocks[index].container))
    ]


def _ancestors(containers: Sequence[Container], container: int) -> tuple[int, int, int]:
    """Return the first container that is no part of a list or table, its parent and grandparent.

    -2 stands in place of the root or none.
    """
    while containers[container].tag in _PARTS and containers[container].parent > 0:
        container = containers[container].parent
    parent = containers[container].parent
    above = containers[parent].parent if parent > 0 else -2
    return container, parent if parent > 0 else -2, above if above > 0 else -2


def _is_machine_text(text: str) -> bool:
    """Whether this is a URL, code or data: long, ASCII, with hardly a space."""
    return len(text) > PARAGRAPH_LENGTH and text.isascii() and text.count(" ") * 40 < len(text)


def lead_blocks(
    layout: Layout, headline: int, chosen: Sequence[int], description: str
) -> list[int]:
    """Return the indexes of the lead: sentences between headline and text, recognized by rule.

    They are named so in their class, or are part of the page's description. The classifier alone
    is unreliable here: some of its training sets do not count leads as text.
    """
    first = min(chosen[0] if chosen else 0, headline + _MAX_LEAD_DISTANCE)
    return [
        index
        for index in range(headline + 1, first)
        if is_sentence(layout.blocks[index])
        and not layout.containers[layout.blocks[index].container].excluded
        and (
            _is_named_lead(layout, index)
            or _is_in_description(layout.blocks[index].text, description)
        )
    ]


def find_next_article(layout: Layout, headline: int, end: int) -> int | None:
    """Return the index of the next headline, if the page shows one article after another.

    It has the tag of this headline (h1) and a container of the same class. None if there is none.
    """
    blocks, containers = layout.blocks, layout.containers
    own = containers[blocks[headline].container]
    if own.tag != "h1":
        return None
    title = squeeze(blocks[headline].text)
    for index in range(headline + 1, end):
        other = containers[blocks[index].container]
        if _is_similar(containers, own, other) and squeeze(blocks[index].text) != title:
            return index
    return None


def _is_similar(containers: Sequence[Container], one: Container, other: Container) -> bool:
    """Whether two elements have the same tag and class, in different parents of the same class."""
    if other.tag != one.tag or other.parent == one.parent:
        return False
    is_parent_similar = containers[one.parent].name == containers[other.parent].name
    return is_parent_similar and one.name.partition(" ")[0] == other.name.partition(" ")[0]


def _is_named_lead(layout: Layout, index: int) -> bool:
    container = layout.containers[layout.blocks[index].container]
    return (
        _LEAD_NAME.search(f"{container.name} {layout.containers[container.parent].name}")
        is not None
    )


def _is_in_description(text: str, description: str) -> bool:
    if not description or squeeze(text[:_PREFIX_LENGTH]) not in description:
        return False
    return squeeze(text[:200]) in description


def first_stage_features(
    blocks: Sequence[Block],
    containers: Sequence[Container],
    candidates: Sequence[int],
    word_weights: WordWeights,
    description: str,
) -> list[Features]:
    """Return one feature vector per candidate; `description` is the page's, squeezed."""
    if not candidates:
        return []
    page = PageContext(blocks, containers, candidates, word_weights)
    return [
        _text_features(blocks[index], word_weights, description) + page.features(index)
        for index in candidates
    ]


def second_stage_features(
    blocks: Sequence[Block],
    containers: Sequence[Container],
    candidates: Sequence[int],
    scores: Sequence[float],
) -> list[Features]:
    """Return features per candidate from the first-stage scores of it and its neighbours."""
    lengths = [float(len(blocks[index].text)) for index in candidates]
    expected = [score * length for score, length in zip(scores, lengths, strict=True)]
    expected_before = list(accumulate(expected, initial=0.0))
    chars_before = list(accumulate(lengths, initial=0.0))
    total = expected_before[-1] or 1.0
    by_container = _mean_scores_by(
        [blocks[index].container for index in candidates], expected, lengths
    )
    above = [containers[blocks[index].container].parent for index in candidates]
    by_parent = _mean_scores_by(above, expected, lengths)
    strong = [i for i, score in enumerate(scores) if score > 0.6 and lengths[i] > 60]
    last = len(candidates)
    features = []
    for at, score in enumerate(scores):
        low, high = max(0, at - 6), min(last, at + 7)
        before = expected_before[at] - expected_before[low]
        after = expected_before[high] - expected_before[at + 1]
        position = bisect_left(strong, at)
        here = position < len(strong) and strong[position] == at
        following = position + here
        features.append(
            [
                score,
                expected_before[at + 1] / total,
                by_container[blocks[candidates[at]].container],
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
    return features


def _mean_scores_by(
    keys: Sequence[int], expected: Sequence[float], lengths: Sequence[float]
) -> dict[int, float]:
    sums: dict[int, float] = {}
    chars: dict[int, float] = {}
    for key, chars_of_text, length in zip(keys, expected, lengths, strict=True):
        sums[key] = sums.get(key, 0.0) + chars_of_text
        chars[key] = chars.get(key, 0.0) + length
    return {key: sums[key] / chars[key] for key in sums}


def _text_features(block: Block, word_weights: WordWeights, description: str) -> Features:
    text = block.text
    length = len(text)
    words = text.split()
    count = len(words)
    capitals = len([1 for word in words[:_SAMPLE_WORDS] if word[0].isupper()])
    weights = (
        [word_weights.words.get(word, 0.0) for word in leading_words(text)] if length < 300 else []
    )
    return [
        log1p(length),
        count,
        block.link / length,
        block.strong / length,
        text[-1] in _SENTENCE_ENDS,
        text.count(",") / count,
        capitals / min(count, _SAMPLE_WORDS),
        text.count("\n"),
        sum(weights) / len(weights) if weights else 0.0,
        min(weights, default=0.0),
        _is_in_description(text, description),
    ]
