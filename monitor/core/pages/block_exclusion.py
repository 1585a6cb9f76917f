"""Marks the elements of a page that are never article text, whatever they hold.

Reader comments, captions, consent dialogs, footers and hidden elements. Names count as whole words,
and a name or a hidden style counts for nothing on an element that holds most of the text.
"""

import re
from collections.abc import Sequence

from monitor.core.pages.blocks import Block, Container

SENTENCE_LENGTH = 60  # characters
_MAX_OUTWEIGHED = 4  # times the text outside: an element that holds more is the page's content
_ROOT_ELEMENTS = frozenset({"html", "body", "main"})
_CONTROLS = frozenset({"button", "label", "dialog"})
_COMMENT = re.compile(
    r"(?:^|\s)(?!(?:has|no|with|without|show|open|closed|allow|enable)[-_])(?:[a-z]+[-_])?"
    r"comments?(?:list|s?[-_](?:list|body|content|text|area|section|wrap\w*"
    r"|container|thread|block|item|author|meta|\d+))?(?=\s|$)",
    re.IGNORECASE,
)
_CAPTION = re.compile(r"(?<![a-z])(?:[Ff]ig)?[Cc]aptions?(?![a-z])|CAPTION|(?<=[a-z])Captions?\b")
_CONSENT = re.compile(
    r"(?<![a-z])(?:cookies?|consent|gdpr|ccpa|onetrust)(?![a-z])"
    r"|(?<![a-z])(?:cookie|consent)(?:consent|banner|bar|notice|dialog|modal|popup|overlay|law)",
    re.IGNORECASE,
)

# Hidden until the reader opens it, or until a script moves it into place (React's "S:1").
_OPENED_LATER = re.compile(
    r"\b(?:region|tabpanel)\b|accordion|collaps|paywall|\bS:[0-9a-f]+$", re.I
)


def is_sentence(block: Block) -> bool:
    """Whether a block is long enough for a sentence, and not mostly links."""
    return len(block.text) >= SENTENCE_LENGTH and block.link < 0.5 * len(block.text)


def mark_excluded(blocks: Sequence[Block], containers: Sequence[Container]) -> None:
    """Set `excluded` of the elements that are never article text, with all inside them."""
    chars = _sentence_chars(blocks, containers)
    named: dict[str, bool] = {}
    for index, container in enumerate(containers):
        if container.name not in named:
            named[container.name] = _is_excluded_name(container.name)
        is_unlikely = named[container.name] and container.tag not in _ROOT_ELEMENTS
        container.excluded = (
            (container.parent >= 0 and containers[container.parent].excluded)
            or container.tag in _CONTROLS
            or _is_footer(containers, index)
            or (is_unlikely and chars[index] <= _MAX_OUTWEIGHED * (chars[0] - chars[index]))
        )
    _exclude_hidden(blocks, containers)


def _exclude_hidden(blocks: Sequence[Block], containers: Sequence[Container]) -> None:
    """Exclude what stays hidden, unless it outweighs the text that is shown."""
    hides: list[bool] = []
    for container in containers:  # parents precede their children
        is_inside = container.parent >= 0 and hides[container.parent]
        hides.append(
            is_inside or (container.hidden and _OPENED_LATER.search(container.name) is None)
        )
    hidden = shown = 0
    for block in blocks:
        container = containers[block.container]
        if is_sentence(block) and not container.excluded:
            if hides[block.container]:
                hidden += len(block.text)
            else:
                shown += len(block.text)
    if hidden <= _MAX_OUTWEIGHED * shown:
        for container, hides_it in zip(containers, hides, strict=True):
            container.excluded = container.excluded or hides_it


def _is_footer(containers: Sequence[Container], index: int) -> bool:
    """Whether this is the footer of a page, an article or a section; not of a quotation."""
    container = containers[index]
    if container.tag != "footer":
        return False
    return container.parent < 0 or containers[container.parent].tag != "blockquote"


def _sentence_chars(blocks: Sequence[Block], containers: Sequence[Container]) -> list[int]:
    """Return the characters of sentences in each container, with its descendants."""
    chars = [0] * len(containers)
    for block in blocks:
        if is_sentence(block):
            chars[block.container] += len(block.text)
    for index in range(len(containers) - 1, 0, -1):
        chars[containers[index].parent] += chars[index]
    return chars


def _is_excluded_name(name: str) -> bool:
    return (
        (("aption" in name or "APTION" in name) and _CAPTION.search(name) is not None)
        or ("omment" in name and _COMMENT.search(name) is not None)
        or _CONSENT.search(name) is not None
    )
