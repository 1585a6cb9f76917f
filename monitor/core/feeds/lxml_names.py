"""Names feed elements as feedparser does: by their namespace, whatever the prefix."""

import re
from typing import Any

from feedparser.mixin import _FeedParserMixin

Element = Any  # of lxml, which ships no types
FeedparserMixin: Any = _FeedParserMixin

PREFIXES = {uri.lower(): prefix for uri, prefix in FeedparserMixin.namespaces.items()}
_RESERVED_PREFIXES = frozenset(map(str.lower, PREFIXES.values())) - {""}  # by feedparser
_MAX_NAMESPACES = 50
_ROOT = re.compile(rb"<(?:rss|feed)\b[^>]*>", re.IGNORECASE)


class Unsupported(Exception):
    """Markup in a feed that only feedparser can parse as feedparser does."""


class ElementNames:
    """Maps the elements of one document to names. Raises Unsupported for an ambiguous prefix."""

    def __init__(self, root: Element, body: bytes) -> None:
        self._names: dict[str, str] = {}
        self._unknown: dict[str, str] = {}  # by namespace that feedparser does not know: its prefix
        self._prefixes: dict[str, str] = {}
        tag, declared = _ROOT.search(body), root.nsmap
        if tag is None or root.prefix is not None or body.count(b"xmlns") > _MAX_NAMESPACES:
            raise Unsupported("an unusual root")
        self._learn(declared)
        if body.find(b"xmlns", tag.end()) >= 0:
            for element in root.iter():
                if (here := element.nsmap) != declared:
                    self._learn(here)

    def _learn(self, namespaces: dict[str | None, str]) -> None:
        for declared, uri in namespaces.items():
            if not uri:
                continue
            prefix, known = (declared or "").lower(), PREFIXES.get(uri.lower())
            if prefix and self._prefixes.setdefault(prefix, uri) != uri:
                raise Unsupported("a prefix of two namespaces")
            if (
                prefix in _RESERVED_PREFIXES and prefix != known
            ) or "backend.userland.com/rss" in uri.lower():
                raise Unsupported("an unusual namespace")
            if known is None and self._unknown.setdefault(uri, prefix) != prefix:
                raise Unsupported("a namespace of two prefixes")

    def __call__(self, element: Element) -> str:
        """Name an element as feedparser's methods do: `dc_creator`, `pubdate`."""
        name = self._names.get(element.tag)
        return name if name is not None else self._name_tag(element.tag)

    def _name_tag(self, tag: object) -> str:
        if not isinstance(tag, str):
            raise Unsupported("an undeclared entity")
        uri, _, local = tag.rpartition("}")
        uri = uri[1:]
        prefix = PREFIXES.get(uri.lower(), self._unknown.get(uri)) if uri else ""
        if prefix is None or ":" in local or not tag.isascii():
            raise Unsupported("a name without a namespace")
        name = self._names[tag] = f"{prefix}_{local.lower()}" if prefix else local.lower()
        return name
