"""A page's tree → its blocks of text in reading order, each with where it stands.

One iterative walk, linear in the nodes whatever their depth. Nothing is judged here.
"""

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MOST_NODES = 300_000
_MOST_BLOCKS = 6_000
_LONGEST_TEXT = 2_000_000  # characters of a page
_LONGEST_NAME = 300

_UNSEEN, _INLINE, _BREAK, _LINK, _BOLD, _TIME = range(1, 7)
_TAGS = {
    _UNSEEN: """script style noscript template iframe object embed svg math canvas audio video
        select datalist option textarea head meta link title progress map""",
    _INLINE: """abbr acronym bdi bdo big cite code data del dfn em font i img ins kbd label mark
        nobr output q rp rt ruby s samp small span strike sub sup tt u var wbr input picture source
        """,
    _BREAK: "br",
    _LINK: "a",
    _BOLD: "b strong",
    _TIME: "time",
}
_ROLE = {tag: role for role, tags in _TAGS.items() for tag in tags.split()}


@dataclass(slots=True)
class Place:
    """An element that holds blocks. Its parent always stands before it in the list."""

    tag: str
    name: str  # class, id, itemprop and role
    parent: int  # index of the enclosing place, -1 for the root
    depth: int
    hidden: bool


@dataclass(slots=True)
class Block:
    """A run of text between two boundaries. Lengths are characters of `text`."""

    text: str  # one line, or several where the page breaks them
    place: int  # index of the innermost place
    link: int  # characters inside links
    strong: int  # characters in bold
    inline: str  # class and id of the first inline element


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
    places: list[Place] = field(default_factory=list)
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
        self._place = -1
        self._pieces: list[str] = []
        self._links = 0  # open <a>
        self._bolds = 0
        self._link = 0
        self._strong = 0
        self._inline = ""
        self._length = 0

    def go(self, root: LexborNode) -> None:
        open_roles: list[int] = []
        node: LexborNode | None = root
        for _ in range(_MOST_NODES):
            assert node is not None
            below = self._enter(node, open_roles)
            while below is None and open_roles:
                below = node.next
                if below is None:
                    node = node.parent
                    self._leave(open_roles.pop())
                    assert node is not None  # an open element lies above
            if below is None or self._is_full():
                break
            node = below
        self._end_block()

    def _is_full(self) -> bool:
        return self._length > _LONGEST_TEXT or len(self.layout.blocks) > _MOST_BLOCKS

    def _enter(self, node: LexborNode, open_roles: list[int]) -> LexborNode | None:
        """Its first child, if the walk goes down; its role then lies on the stack."""
        tag = node.tag
        if tag == "-text":
            self._text(node.text_content or "")
            return None
        role = _ROLE.get(tag or "", 0)
        if role == _UNSEEN or tag is None or tag[0] in "-!_":
            return None
        if role == _BREAK:
            self._pieces.append("\n")
            return None
        child = node.first_child
        if child is None:
            if not role:
                self._end_block()
            return None
        self._open(role, tag, node)
        open_roles.append(role)
        return child

    def _open(self, role: int, tag: str, node: LexborNode) -> None:
        if not role:
            self._end_block()
            self._open_place(tag, node)
            return
        if role == _LINK:
            self._links += 1
        elif role == _BOLD:
            self._bolds += 1
        elif role == _TIME:
            self._time(node)
        if not self._inline:
            self._inline = _name(node.attributes)

    def _open_place(self, tag: str, node: LexborNode) -> None:
        places = self.layout.places
        attributes = node.attributes
        depth, hidden = 0, False
        if self._place >= 0:
            above = places[self._place]
            depth, hidden = above.depth + 1, above.hidden
        if attributes:
            name = _name(attributes)
            hidden = hidden or _is_hidden(attributes)
        else:
            name = ""
        places.append(Place(tag, name, self._place, depth, hidden))
        self._place = len(places) - 1

    def _time(self, node: LexborNode) -> None:
        attributes = node.attributes
        raw = attributes.get("datetime") or node.text_content or ""
        name = f"{_name(attributes)} {attributes.get('pubdate') or ''}"
        self.layout.times.append(TimeTag(raw.strip()[:200], name, len(self.layout.blocks)))

    def _leave(self, role: int) -> None:
        if not role:
            self._end_block()
            self._place = self.layout.places[self._place].parent
        elif role == _LINK:
            self._links -= 1
        elif role == _BOLD:
            self._bolds -= 1

    def _text(self, text: str) -> None:
        self._pieces.append(text.replace("\n", " "))
        length = len(text)
        self._length += length
        if self._links:
            self._link += length
        if self._bolds:
            self._strong += length

    def _end_block(self) -> None:
        if self._pieces:
            whole = "".join(self._pieces)
            self._pieces.clear()
            for part in _parts(whole):
                length = len(part)
                link, strong = min(self._link, length), min(self._strong, length)
                self.layout.blocks.append(Block(part, self._place, link, strong, self._inline))
        self._link = self._strong = 0
        self._inline = ""


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
    found = [value for key in _NAMING if (value := attributes.get(key))]
    return " ".join(found)[:_LONGEST_NAME]


_NAMING = ("class", "id", "itemprop", "role")


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and "display:none" in style.replace(" ", "")
