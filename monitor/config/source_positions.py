"""The position in the file at which a character of a scalar's value was written.

A value is not its source: quotes, escapes, folded lines and indentation lie between. Blanks
apart, both hold the same characters in the same order, so the n-th of one is the n-th of the
other.
"""

import re
from collections.abc import Iterator

from monitor.config.diagnostics import Position
from monitor.config.nodes import Node

_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_BLANK_ESCAPES = frozenset(" \t\n\rtnNLPvf_r")


def position_in(text: str, node: Node, line: int, column: int) -> Position:
    """Return where `line` and `column` (from 1) of the scalar's value stand in the file's text."""
    value = node.value if isinstance(node.value, str) else ""
    before = value.split("\n")[: line - 1]
    reached = sum(len(each) + 1 for each in before) + column - 1
    wanted = sum(1 for c in value[:reached] if not c.isspace())
    places = _visible(text, node)
    offset = next((place for n, place in enumerate(places) if n == wanted), _last(text, node))
    return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _visible(text: str, node: Node) -> Iterator[int]:
    """Yield the offset of each written character that is no blank."""
    at, end = _content(text, node)
    while at < end:
        length, blank = _character(text, at, node.style)
        if not blank:
            yield at
        at += length


def _character(text: str, at: int, style: str) -> tuple[int, bool]:
    """Return the written length of this character, and whether it is a blank."""
    if style == "'" and text.startswith("''", at):
        return 2, False
    found = _ESCAPE.match(text, at) if style == '"' else None
    if found is None:
        return 1, text[at].isspace()
    code = found[1] or found[2] or found[3]
    blank = chr(min(int(code, 16), 0x10FFFF)).isspace() if code else found[4] in _BLANK_ESCAPES
    return len(found[0]), blank


def _content(text: str, node: Node) -> tuple[int, int]:
    if node.style in ("|", ">"):
        header = text.find("\n", node.start, node.end)
        return (header + 1 if header >= 0 else node.end), node.end
    quote = len(node.style)
    return node.start + quote, node.end - quote


def _last(text: str, node: Node) -> int:
    """Return the offset just after the last written character."""
    start, end = _content(text, node)
    return start + len(text[start:end].rstrip())
