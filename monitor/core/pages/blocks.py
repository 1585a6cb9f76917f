"""Splits a parsed page into blocks of text in reading order, with their enclosing elements.

One iterative walk over the tree, linear in its nodes at any depth. Does not decide which blocks
belong to the article: that is `block_classifier`.
"""

from dataclasses import dataclass, field
from math import ceil

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_NODES = 300_000
_MAX_BLOCKS = 6_000
_MAX_TEXT_LENGTH = 2_000_000  # characters of a page
_MAX_NAME_LENGTH = 300  # characters
_MAX_LINK_LENGTH = 60  # characters of a link text that is recorded

_SKIPPED, _INLINE, _BREAK, _LINK, _BOLD, _TIME = range(1, 7)
_TAGS = {
    _SKIPPED: """script style noscript template iframe object embed svg math canvas audio video
        select datalist option textarea head meta link title progress map nav figcaption""",
    _INLINE: """abbr acronym bdi bdo big cite code data del dfn em font i img ins kbd label mark
        nobr output q rp rt ruby s samp small span strike sub sup tt u var wbr input picture source
        """,
    _BREAK: "br",
    _LINK: "a",
    _BOLD: "b strong",
    _TIME: "time",
}
_ROLE_OF_TAG = {tag: role for role, tags in _TAGS.items() for tag in tags.split()}


@dataclass(slots=True)
class Container:
    """Element that holds blocks. Its parent always precedes it in `Layout.containers`."""

    tag: str
    name: str  # class, id, itemprop and role
    parent: int  # index of the enclosing container, -1 for the root
    depth: int
    hidden: bool  # by its own attributes
    excluded: bool = False  # never article text; set by `block_exclusion`


@dataclass(slots=True)
class Block:
    """Run of text between two block boundaries. Lengths are characters of `text`."""

    text: str  # one line, or several where the page breaks them
    container: int  # index of the innermost container
    link: int  # characters inside links
    strong: int  # characters in bold
    inline: str  # class and id of the first inline element
    links: list[tuple[str, str]]  # (text, href) of short links


@dataclass(slots=True)
class TimeTag:
    """<time> element: its datetime or else its text, its class, and the index of its block."""

    raw: str
    name: str
    block: int


@dataclass(slots=True)
class Layout:
    """Blocks of a page in reading order, their containers, and its <time> elements."""

    blocks: list[Block] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    times: list[TimeTag] = field(default_factory=list)


def parse_layout(tree: LexborHTMLParser) -> Layout:
    """Split the body of a page into blocks; empty if the page has no body."""
    walk = _LayoutWalk()
    if tree.body is not None:
        walk.run(tree.body)
    return walk.layout


class _LayoutWalk:
    """State of one walk through a tree."""

    def __init__(self) -> None:
        self.layout = Layout()
        self._inline = ""  # class and id of the first inline element
        self._container = -1
        self._pieces: list[str] = []
        self._open_links = 0
        self._open_bolds = 0
        self._href = ""  # of the last link
        self._length = 0
        self._is_full = False
        self._new_block()

    def run(self, root: LexborNode) -> None:
        open_roles: list[int] = []
        node: LexborNode | None = root
        for _ in range(_MAX_NODES):
            assert node is not None
            following = None
            tag = node.tag
            if tag == "-text":
                self._add_text(node.text_content or "")
            elif tag is not None:
                following = self._enter(node, tag, open_roles)
            while following is None and open_roles:
                following = node.next
                if following is None:
                    node = node.parent
                    self._leave(open_roles.pop())
                    assert node is not None  # an open element encloses it
            if following is None or self._is_full:
                break
            node = following
        self._end_block()

    def _enter(self, node: LexborNode, tag: str, open_roles: list[int]) -> LexborNode | None:
        """Enter an element; return its first child and push its role if the walk descends."""
        role = _ROLE_OF_TAG.get(tag, 0)
        if role == _SKIPPED or tag[0] in "-!_":
            return None
        if role == _BREAK:
            self._pieces.append("\n")
            return None
        child = node.first_child
        if child is None:
            if not role:
                self._end_block()
            return None
        if role:
            self._open_inline(role, node)
        else:
            if self._pieces:
                self._end_block()
            self._open_container(tag, node)
        open_roles.append(role)
        return child

    def _open_inline(self, role: int, node: LexborNode) -> None:
        if role == _LINK:
            self._open_links += 1
            self._link_start = len(self._pieces)
            self._href = node.attributes.get("href") or ""
        elif role == _BOLD:
            self._open_bolds += 1
        elif role == _TIME:
            self._add_time_tag(node)
        if not self._inline:
            self._inline = _element_name(node.attributes)

    def _open_container(self, tag: str, node: LexborNode) -> None:
        containers = self.layout.containers
        depth = 0
        if self._container >= 0:
            depth = containers[self._container].depth + 1
        name, hidden = "", False
        if attributes := node.attributes:
            name, hidden = _element_name(attributes), _is_hidden(attributes)
        containers.append(Container(tag, name, self._container, depth, hidden))
        self._container = len(containers) - 1

    def _add_time_tag(self, node: LexborNode) -> None:
        attributes = node.attributes
        raw = attributes.get("datetime") or node.text_content or ""
        name = f"{_element_name(attributes)} {attributes.get('pubdate') or ''}"
        self.layout.times.append(TimeTag(raw.strip()[:200], name, len(self.layout.blocks)))

    def _leave(self, role: int) -> None:
        if not role:
            if self._pieces:
                self._end_block()
            self._container = self.layout.containers[self._container].parent
        elif role == _LINK:
            self._open_links -= 1
            self._close_link()
        elif role == _BOLD:
            self._open_bolds -= 1

    def _close_link(self) -> None:
        text = " ".join("".join(self._pieces[self._link_start :]).split())
        if 0 < len(text) <= _MAX_LINK_LENGTH:
            self._anchors.append((text, self._href))

    def _add_text(self, text: str) -> None:
        if text.isspace():
            if self._pieces:
                self._pieces.append(" ")
            return
        self._pieces.append(text.replace("\n", " "))
        if self._open_links:
            self._link += len(text)
        if self._open_bolds:
            self._strong += len(text)

    def _new_block(self) -> None:
        self._pieces.clear()
        self._link = self._strong = 0  # characters
        self._link_start = 0  # among the pieces
        self._inline = ""
        self._anchors: list[tuple[str, str]] = []

    def _end_block(self) -> None:
        if not self._pieces:
            return
        whole = "".join(self._pieces)
        parts = _split_paragraphs(whole)
        length = sum(map(len, parts))
        for part in parts:
            self._add_block(part, len(part) / length)
        self._length += len(whole)
        self._is_full = self._length > _MAX_TEXT_LENGTH or len(self.layout.blocks) > _MAX_BLOCKS
        self._new_block()

    def _add_block(self, text: str, share: float) -> None:
        # The counts of the whole run are divided among its parts by their length.
        link = min(ceil(self._link * share), len(text))
        strong = min(ceil(self._strong * share), len(text))
        block = Block(text, self._container, link, strong, self._inline, self._anchors)
        self.layout.blocks.append(block)


def _split_paragraphs(text: str) -> list[str]:
    """Split a text into paragraphs at double line breaks, collapsing white space."""
    if "\n" not in text:
        folded = " ".join(text.split())
        return [folded] if folded else []
    parts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if folded := " ".join(line.split()):
            parts[-1].append(folded)
        elif parts[-1]:
            parts.append([])
    return ["\n".join(part) for part in parts if part]


def _element_name(attributes: dict[str, str | None]) -> str:
    name = attributes.get("class") or ""
    if name and len(attributes) == 1:
        return name[:_MAX_NAME_LENGTH]
    for key in ("id", "itemprop", "role"):
        if value := attributes.get(key):
            name = f"{name} {value}"
    return name[:_MAX_NAME_LENGTH]


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and "display:none" in style.replace(" ", "")
