"""A page's tree → its blocks of text in reading order, each with where it stands.

Nothing is judged here.

One iterative walk: linear in the nodes, whatever their depth.
"""

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MOST_NODES = 300_000
_MOST_BLOCKS = 6_000
_LONGEST_TEXT = 2_000_000  # characters of a page

_UNSEEN = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "select",
        "datalist",
        "option",
        "textarea",
        "head",
        "meta",
        "link",
        "title",
        "progress",
        "map",
    ]
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "output",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "input",
        "picture",
        "source",
        "o-embed",
    ]
)


@dataclass(slots=True)
class Place:
    """An element that holds blocks. Its parent always stands before it in the list."""

    tag: str
    name: str  # class and id
    parent: int  # index of the enclosing place, -1 for the root
    depth: int
    hidden: bool = False


@dataclass(slots=True)
class Block:
    """A run of text between two boundaries. Lengths are characters of `text`."""

    text: str
    place: int  # index of the innermost place
    link: int = 0  # characters inside links
    strong: int = 0  # characters in bold
    inline: str = ""  # class and id of the first inline element
    line: int = field(default=0)  # how many line breaks stand in it


def blocks_of(tree: LexborHTMLParser) -> tuple[list[Block], list[Place]]:
    walk = _Walk()
    if tree.body is not None:
        walk.go(tree.body)
    return walk.blocks, walk.places


class _Walk:
    """The state of one walk through a tree."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.places: list[Place] = []
        self._place = -1
        self._pieces: list[str] = []
        self._links = 0  # open <a>
        self._bolds = 0
        self._link = 0
        self._strong = 0
        self._inline = ""
        self._length = 0

    def go(self, root: LexborNode) -> None:
        node: LexborNode | None = root
        open_tags: list[str] = []
        for _ in range(_MOST_NODES):
            if node is None or self._length > _LONGEST_TEXT or len(self.blocks) > _MOST_BLOCKS:
                break
            child = self._enter(node, open_tags)
            while child is None and node is not None and open_tags:
                child = node.next
                if child is None:
                    node = node.parent
                    self._leave(open_tags.pop())
            node = child
        self._end_block()

    def _enter(self, node: LexborNode, open_tags: list[str]) -> LexborNode | None:
        """Its first child if the walk goes down; the tag then lies on the stack."""
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "")
            return None
        if tag == "br":
            self._pieces.append("\n")
            return None
        child = node.first_child
        if tag in _UNSEEN or tag[:1] in "-!_":
            return None
        if child is None:
            if tag not in _INLINE:
                self._end_block()
            return None
        self._open(tag, node)
        open_tags.append(tag)
        return child

    def _open(self, tag: str, node: LexborNode) -> None:
        if tag not in _INLINE:
            self._end_block()
            self._open_place(tag, node)
            return
        if tag == "a":
            self._links += 1
        elif tag in {"b", "strong"}:
            self._bolds += 1
        if not self._inline:
            attributes = node.attributes
            self._inline = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".strip()

    def _open_place(self, tag: str, node: LexborNode) -> None:
        attributes = node.attributes
        name = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        name += f" {attributes.get('itemprop') or ''} {attributes.get('role') or ''}"
        parent = self.places[self._place] if self._place >= 0 else None
        hidden = (parent is not None and parent.hidden) or _is_hidden(attributes)
        depth = parent.depth + 1 if parent else 0
        self.places.append(Place(tag, name[:300].strip(), self._place, depth, hidden))
        self._place = len(self.places) - 1

    def _leave(self, tag: str) -> None:
        if tag not in _INLINE:
            self._end_block()
            self._place = self.places[self._place].parent
        elif tag == "a":
            self._links -= 1
        elif tag in {"b", "strong"}:
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
            lines = [" ".join(line.split()) for line in _lines("".join(self._pieces))]
            text = "\n".join(filter(None, lines))
            if text:
                self.blocks.append(
                    Block(
                        text,
                        self._place,
                        min(self._link, len(text)),
                        min(self._strong, len(text)),
                        self._inline,
                        text.count("\n"),
                    )
                )
            self._pieces.clear()
        self._link = self._strong = 0
        self._inline = ""


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return bool(style) and "display:none" in str(style).replace(" ", "")
