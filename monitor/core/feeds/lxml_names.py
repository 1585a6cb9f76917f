"""What feedparser calls the elements of a feed: by what their namespace is, not by its prefix."""

import re
from typing import Any

from feedparser.mixin import _FeedParserMixin

Element = Any  # lxml's: it has no types
Judge: Any = _FeedParserMixin

PREFIXES = {uri.lower(): prefix for uri, prefix in Judge.namespaces.items()}
_TAKEN = frozenset(map(str.lower, PREFIXES.values())) - {""}  # by feedparser, for its namespaces
_MOST_NAMESPACES = 50
_ROOT = re.compile(rb"<(?:rss|feed)\b[^>]*>", re.IGNORECASE)


class Doubt(Exception):
    """Something that only feedparser may read."""


class Names:
    """The names of one document. Raises Doubt where a prefix does not say what it is."""

    def __init__(self, root: Element, body: bytes) -> None:
        self._names: dict[str, str] = {}
        self._unknown: dict[str, str] = {}  # the prefixes of namespaces that feedparser knows not
        self._prefixes: dict[str, str] = {}
        tag, declared = _ROOT.search(body), root.nsmap
        if tag is None or root.prefix is not None or body.count(b"xmlns") > _MOST_NAMESPACES:
            raise Doubt("an unusual root")
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
                raise Doubt("a prefix of two namespaces")
            if (prefix in _TAKEN and prefix != known) or "backend.userland.com/rss" in uri.lower():
                raise Doubt("an unusual namespace")
            if known is None and self._unknown.setdefault(uri, prefix) != prefix:
                raise Doubt("a namespace of two prefixes")

    def __call__(self, element: Element) -> str:
        """`dc_creator`, `pubdate`: as feedparser's methods are called."""
        found = self._names.get(element.tag)
        return found if found is not None else self._named(element.tag)

    def _named(self, tag: object) -> str:
        if not isinstance(tag, str):
            raise Doubt("an entity that nobody declared")
        uri, _, local = tag.rpartition("}")
        uri = uri[1:]
        prefix = PREFIXES.get(uri.lower(), self._unknown.get(uri)) if uri else ""
        if prefix is None or ":" in local or not tag.isascii():
            raise Doubt("a name without a namespace")
        name = self._names[tag] = f"{prefix}_{local.lower()}" if prefix else local.lower()
        return name
