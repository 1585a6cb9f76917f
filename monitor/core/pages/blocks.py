"""A page's tree → its blocks of text in reading order, each with where it stands.

One iterative walk, linear in the nodes whatever their depth. Nothing is judged here.
"""

import re
from dataclasses import dataclass, field
from math import ceil

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MOST_NODES = 300_000
_MOST_BLOCKS = 6_000
_LONGEST_TEXT = 2_000_000  # characters of a page
_LONGEST_NAME = 300
_SHORT_LINK = 60  # characters

_UNSEEN, _INLINE, _BREAK, _LINK, _BOLD, _TIME = range(1, 7)
_TAGS = {
    _UNSEEN: """script style noscript template iframe object embed svg math canvas audio video
        select datalist option textarea head meta link title progress map nav figcaption""",
    _INLINE: """abbr acronym bdi bdo big cite code data del dfn em font i img ins kbd label mark
        nobr output q rp rt ruby s samp small span strike sub sup tt u var wbr input picture source
        """,
    _BREAK: "br",
    _LINK: "a",
    _BOLD: "b strong",
    _TIME: "time",
}
_ROLE = {tag: role for role, tags in _TAGS.items() for tag in tags.split()}
_WHOLE = frozenset({"html", "body", "main"})
_CONTROLS = frozenset({"button", "label"})
_COMMENT = re.compile(
    r"(?:^|\s)(?:[a-z]+[-_])?comments?(?:list|s?[-_](?:list|body|content|text|area|section|wrap\w*"
    r"|container|thread|block|item|author|meta|\d+))?(?=\s|$)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Container:
    """An element that holds blocks. Its parent always stands before it in the list."""

    tag: str
    name: str  # class, id, itemprop and role
    parent: int  # index of the enclosing container, -1 for the root
    depth: int
    hidden: bool
    apart: bool = False  # no part of a text: readers' comments, captions, controls


@dataclass(slots=True)
class Block:
    """A run of text between two boundaries. Lengths are characters of `text`."""

    text: str  # one line, or several where the page breaks them
    container: int  # index of the innermost container
    link: int  # characters inside links
    strong: int  # characters in bold
    inline: str  # class and id of the first inline element
    links: list[tuple[str, str]]  # (text, href), as far as they are short


@dataclass(slots=True)
class TimeTag:
    """A time element: its datetime (or its text), its class, and the block it stands in."""

    raw: str
    name: str
    block: int


@dataclass(slots=True)
class Layout:
    """A page as it is read."""

    blocks: list[Block] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    times: list[TimeTag] = field(default_factory=list)


def layout_of(tree: LexborHTMLParser) -> Layout:
    walk = _Walk()
    if tree.body is not None:
        walk.go(tree.body)
    return walk.layout


class _Walk:
    """The state of one walk through a tree."""

    def __init__(self) -> None:
        self.layout = Layout()
        self._inline = ""  # class and id of the first inline element
        self._container = -1
        self._pieces: list[str] = []
        self._links = 0  # open <a>
        self._bolds = 0
        self._href = ""  # of the last link
        self._length = 0
        self._full = False
        self._new_block()

    def go(self, root: LexborNode) -> None:
        open_roles: list[int] = []
        node: LexborNode | None = root
        for _ in range(_MOST_NODES):
            assert node is not None
            below = None
            tag = node.tag
            if tag == "-text":
                self._text(node.text_content or "")
            elif tag is not None:
                below = self._enter(node, tag, open_roles)
            while below is None and open_roles:
                below = node.next
                if below is None:
                    node = node.parent
                    self._leave(open_roles.pop())
                    assert node is not None  # an open element lies above
            if below is None or self._full:
                break
            node = below
        self._end_block()

    def _enter(self, node: LexborNode, tag: str, open_roles: list[int]) -> LexborNode | None:
        """Its first child, if the walk goes down; its role then lies on the stack."""
        role = _ROLE.get(tag, 0)
        if role == _UNSEEN or tag[0] in "-!_":
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
            self._links += 1
            self._link_start = len(self._pieces)
            self._href = node.attributes.get("href") or ""
        elif role == _BOLD:
            self._bolds += 1
        elif role == _TIME:
            self._time(node)
        if not self._inline:
            self._inline = _name(node.attributes)

    def _open_container(self, tag: str, node: LexborNode) -> None:
        containers = self.layout.containers
        depth, hidden, apart = 0, False, False
        if self._container >= 0:
            above = containers[self._container]
            depth, hidden, apart = above.depth + 1, above.hidden, above.apart
        name = ""
        if attributes := node.attributes:
            name = _name(attributes)
            hidden = hidden or _is_hidden(attributes)
            apart = apart or (tag not in _WHOLE and _names_apart(name))
        apart = apart or tag in _CONTROLS
        containers.append(Container(tag, name, self._container, depth, hidden, apart))
        self._container = len(containers) - 1

    def _time(self, node: LexborNode) -> None:
        attributes = node.attributes
        raw = attributes.get("datetime") or node.text_content or ""
        name = f"{_name(attributes)} {attributes.get('pubdate') or ''}"
        self.layout.times.append(TimeTag(raw.strip()[:200], name, len(self.layout.blocks)))

    def _leave(self, role: int) -> None:
        if not role:
            if self._pieces:
                self._end_block()
            self._container = self.layout.containers[self._container].parent
        elif role == _LINK:
            self._links -= 1
            self._close_link()
        elif role == _BOLD:
            self._bolds -= 1

    def _close_link(self) -> None:
        text = " ".join("".join(self._pieces[self._link_start :]).split())
        if 0 < len(text) <= _SHORT_LINK:
            self._anchors.append((text, self._href))

    def _text(self, text: str) -> None:
        if text.isspace():
            if self._pieces:
                self._pieces.append(" ")
            return
        self._pieces.append(text.replace("\n", " "))
        if self._links:
            self._link += len(text)
        if self._bolds:
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
        parts = _parts(whole)
        length = sum(map(len, parts))
        for part in parts:
            self._add(part, len(part) / length)
        self._length += len(whole)
        self._full = self._length > _LONGEST_TEXT or len(self.layout.blocks) > _MOST_BLOCKS
        self._new_block()

    def _add(self, text: str, share: float) -> None:
        """What was counted of the whole run falls to its parts by their lengths."""
        link = min(ceil(self._link * share), len(text))
        strong = min(ceil(self._strong * share), len(text))
        block = Block(text, self._container, link, strong, self._inline, self._anchors)
        self.layout.blocks.append(block)


def _parts(text: str) -> list[str]:
    """Paragraphs that nothing but two line breaks parts; white space folded."""
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


def _name(attributes: dict[str, str | None]) -> str:
    name = attributes.get("class") or ""
    if name and len(attributes) == 1:
        return name[:_LONGEST_NAME]
    for key in ("id", "itemprop", "role"):
        if value := attributes.get(key):
            name = f"{name} {value}"
    return name[:_LONGEST_NAME]


def _names_apart(name: str) -> bool:
    if "aption" in name:
        return True
    return "omment" in name and _COMMENT.search(name) is not None


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and "display:none" in style.replace(" ", "")
