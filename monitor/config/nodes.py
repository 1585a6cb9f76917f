"""YAML as a tree of nodes, each with its position.

Every scalar stays the text that was written: the models decide what it means, so that a topic's
`on:`, a name like `2019-09-11` or a time like `08:00` is never taken for something else (the
traps of YAML 1.1). Nesting and the growth through aliases are bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from monitor.config.diagnostics import Diagnostics, Position, Unreadable
from monitor.config.yaml_errors import explain

MAX_DEPTH = 24
MAX_NODES = 2_000_000  # with aliases counted in full

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map")
)


class Pair(NamedTuple):
    """A key of a mapping and its value."""

    key: "Node"
    value: "Node"


@dataclass(slots=True)
class Node:
    """A scalar (text, or None for nothing), a list or a mapping.

    `line` and `column` count from 1; `start` and `end` are offsets of its characters in the text,
    `end` being where its last written character ends. `size` and `height` count aliases in full.
    """

    value: "str | list[Node] | dict[str, Pair] | None"
    line: int
    column: int
    start: int
    end: int
    style: str = ""  # of a scalar: ', ", |, > or none; of a collection: flow or none
    size: int = 1
    height: int = 1

    def get(self, key: str) -> "Node | None":
        """Return the value under this key; None if there is none or this is no mapping."""
        if not isinstance(self.value, dict) or key not in self.value:
            return None
        return self.value[key].value

    def items(self) -> "list[Node]":
        """Return the items of a list; empty if this is no list."""
        return self.value if isinstance(self.value, list) else []


def parse_yaml(text: str, diagnostics: Diagnostics) -> Node | None:
    """Parse the whole document; None if there is none, or if it is unreadable (a fault)."""
    try:
        return _Composer(text, diagnostics).whole()
    except Unreadable as error:
        diagnostics.fault(error.position, str(error))
        return None


def stream_items(text: str, key: str, diagnostics: Diagnostics) -> Iterator[Node]:
    """Yield the items of a document that is a list, or holds one under `key`, one at a time."""
    try:
        yield from _Composer(text, diagnostics).parts(key)
    except Unreadable as error:
        diagnostics.fault(error.position, str(error))


def to_plain(node: Node) -> Any:
    """Convert the node to str, None, list and dict."""
    if isinstance(node.value, dict):
        return {key: to_plain(pair.value) for key, pair in node.value.items()}
    if isinstance(node.value, list):
        return [to_plain(item) for item in node.value]
    return node.value


class _Composer:
    """Builder of nodes from libyaml's events: bounds them and records their positions."""

    def __init__(self, text: str, diagnostics: Diagnostics) -> None:
        self._text = text
        self._diagnostics = diagnostics
        self._anchors: dict[str, Node] = {}
        self._made = 0
        self._depth = 0
        self._read_to = 0  # the offset where the newest event ends
        self._parser = yaml.CSafeLoader(text)

    def whole(self) -> Node | None:
        """Return the root of the document; None if it is empty."""
        self._next(yaml.StreamStartEvent)
        event = self._event()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        root = self._node(self._event())
        self._end()
        return root

    def parts(self, key: str) -> Iterator[Node]:
        """Yield the items of the list that the document is or holds under `key`."""
        self._next(yaml.StreamStartEvent)
        if isinstance(self._event(), yaml.StreamEndEvent):
            return
        event = self._event()
        if isinstance(event, yaml.MappingStartEvent):
            yield from self._parts_under(key)
        elif isinstance(event, yaml.SequenceStartEvent):
            yield from self._items()
        elif self._node(event).value is not None:
            raise Unreadable(_position(event), "must be a list of sources, each as `- name: …`")
        self._end()

    def _parts_under(self, key: str) -> Iterator[Node]:
        while not isinstance(event := self._event(), yaml.MappingEndEvent):
            name, value = self._node(event), self._event()
            if name.value == key and isinstance(value, yaml.SequenceStartEvent):
                yield from self._items()
            elif self._node(value).value is not None or name.value != key:
                raise Unreadable(_position(event), f"must be `{key}:` and a list; nothing else")

    def _items(self) -> Iterator[Node]:
        while not isinstance(event := self._event(), yaml.SequenceEndEvent):
            yield self._node(event)

    def _end(self) -> None:
        self._next(yaml.DocumentEndEvent)
        event = self._event()
        if not isinstance(event, yaml.StreamEndEvent):
            raise Unreadable(_position(event), "a second document ('---') starts here; keep one")

    def _next(self, kind: type[yaml.Event]) -> None:
        event = self._event()
        assert isinstance(event, kind), event

    def _event(self) -> Any:
        try:
            event: Any = self._parser.get_event()
        except yaml.YAMLError as error:
            raise Unreadable(*explain(error, self._text)) from error
        self._read_to = event.end_mark.index
        return event

    def _node(self, event: Any) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag and event.tag not in _PLAIN_TAGS:
            raise Unreadable(_position(event), "a tag ('!…') means nothing here; quote the value")
        self._count(event, 1, 1)
        self._depth += 1
        node = self._compose(event)
        self._depth -= 1
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _count(self, event: Any, nodes: int, levels: int) -> None:
        self._made += nodes
        if self._depth + levels > MAX_DEPTH:
            raise Unreadable(_position(event), f"nested deeper than {MAX_DEPTH} levels")
        if self._made > MAX_NODES:
            raise Unreadable(_position(event), f"more than {MAX_NODES:,} values, aliases counted")

    def _compose(self, event: Any) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            empty = not event.style and event.value in _NULLS
            return _node(event, None if empty else event.value, event.style or "")
        if isinstance(event, yaml.SequenceStartEvent):
            items = list(self._items())
            return self._collection(event, items, items)
        mapping = self._mapping()
        return self._collection(event, mapping, [pair.value for pair in mapping.values()])

    def _mapping(self) -> dict[str, Pair]:
        found: dict[str, Pair] = {}
        while not isinstance(event := self._event(), yaml.MappingEndEvent):
            key, value = self._node(event), self._node(self._event())
            if not isinstance(key.value, str):
                self._diagnostics.fault(key, "a key must be a word")
            elif key.value in found:
                self._diagnostics.fault(key, _twice(found[key.value].key))
            else:
                found[key.value] = Pair(key, value)
        return found

    def _collection(self, event: Any, value: Any, parts: list[Node]) -> Node:
        """Build a collection, with the measures that its parts give it."""
        node = _node(event, value, "flow" if event.flow_style else "")
        node.size += sum(part.size for part in parts)
        node.height += max((part.height for part in parts), default=0)
        node.end = self._read_to if event.flow_style else (parts[-1].end if parts else node.start)
        return node

    def _alias(self, event: Any) -> Node:
        target = self._anchors.get(event.anchor)
        if target is None:
            message = "an unknown alias: a value that starts with '*' needs quotes"
            raise Unreadable(_position(event), message)
        self._count(event, target.size, target.height)
        alias = _node(event, target.value, target.style)
        alias.size, alias.height = target.size, target.height
        return alias


def _twice(first: Node) -> str:
    return f"'{first.value}' stands twice: keep one (the first is in line {first.line})"


def _node(event: Any, value: Any, style: str) -> Node:
    start, end = event.start_mark, event.end_mark
    return Node(value, start.line + 1, start.column + 1, start.index, end.index, style)


def _position(event: Any) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)
