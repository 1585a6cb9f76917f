"""Collects the metadata that a page declares: JSON-LD, OpenGraph and other meta, microdata.

Values are returned as written. Choosing among them is left to the modules for titles, dates,
authors and tags.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.core.pages import json_ld
from monitor.core.pages.json_ld import Node
from monitor.model import Origin

_MAX_VALUE_LENGTH = 5_000  # characters
_MAX_ELEMENTS = 500  # of each kind


@dataclass(frozen=True, slots=True)
class RawDate:
    """Date as a page states it, not parsed. `field` is `published` or `updated`."""

    field: str
    origin: Origin
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMetadata:
    """Metadata of a page. `meta` maps lower-case names to their values in page order."""

    articles: tuple[Node, ...]  # JSON-LD articles, the page's own first
    pages: tuple[Node, ...]  # JSON-LD WebPage and the like
    nodes: tuple[Node, ...]  # all JSON-LD objects
    meta: dict[str, list[str]]
    canonical: str | None
    language: str | None  # the html element's
    title: str | None  # the title element's
    microdata: tuple[tuple[str, str], ...] = field(default=())  # (itemprop, value) of an article

    def first(self, *names: str) -> str | None:
        """Return the first value of the first of these meta names that exists; None if none."""
        return next((self.meta[name][0] for name in names if name in self.meta), None)

    def all(self, *names: str) -> list[str]:
        """Return all values of these meta names, name by name."""
        return [value for name in names for value in self.meta.get(name, ())]


def read_metadata(tree: LexborHTMLParser) -> PageMetadata:
    """Collect the metadata of a parsed page."""
    meta = _meta(tree)
    scripts = tree.css('script[type*="ld+json" i]')[:50]
    nodes = json_ld.parse_nodes([script.text() for script in scripts])
    link = tree.css_first('link[rel="canonical" i]')
    title = tree.css_first("head > title") or tree.css_first("title")
    return PageMetadata(
        articles=tuple(filter(json_ld.is_article, nodes)),
        pages=tuple(filter(json_ld.is_page, nodes)),
        nodes=tuple(nodes),
        meta=meta,
        canonical=_attribute(link, "href") if link else None,
        language=_language(tree),
        title=title.text() if title else None,
        microdata=tuple(_microdata(tree)),
    )


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""


def _language(tree: LexborHTMLParser) -> str | None:
    root = tree.root
    if root is None:
        return None
    attributes = root.attributes
    return attributes.get("lang") or attributes.get("xml:lang") or None


def _meta(tree: LexborHTMLParser) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in tree.css("meta")[:_MAX_ELEMENTS]:
        attributes = node.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("http-equiv")
        value = (attributes.get("content") or "").strip()
        if name and value:
            found.setdefault(name.strip().lower(), []).append(value[:_MAX_VALUE_LENGTH])
    return found


# ── microdata (https://html.spec.whatwg.org/multipage/microdata.html) ────────────────────

_VALUES = {"meta": "content", "time": "datetime", "link": "href"}
_OTHER_ITEMS = ("video", "image", "comment", "rating", "offer", "product", "event", "listitem")


def _microdata(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    for node in tree.css("[itemprop]")[:_MAX_ELEMENTS]:
        attributes = node.attributes
        names = (attributes.get("itemprop") or "").lower().split()
        if names and _is_of_article(node):
            yield from ((name, _item_value(node, name)) for name in names[:5])


def _item_value(node: LexborNode, name: str) -> str:
    if name == "articlebody":
        return ""
    attributes = node.attributes
    value = attributes.get(_VALUES.get(node.tag or "", "content")) or attributes.get("content")
    return (value or node.text(separator=" ")[:_MAX_VALUE_LENGTH]).strip()


def _is_of_article(node: LexborNode) -> bool:
    """Whether a property is not part of another item, such as the uploadDate of a video."""
    parent = node.parent
    for _ in range(40):
        if parent is None:
            return True
        attributes = parent.attributes
        if "itemscope" in attributes:
            kind = (attributes.get("itemtype") or "").rpartition("/")[2].lower()
            return not kind.endswith(_OTHER_ITEMS) and not kind.startswith(_OTHER_ITEMS)
        parent = parent.parent
    return True
