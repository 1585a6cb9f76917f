"""Parses the JSON-LD of news pages: several blocks, @graph, nesting, broken JSON.

Reads schema.org types (https://schema.org/NewsArticle) by name. Does not process JSON-LD contexts
and fetches nothing.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

_MAX_BLOCK_LENGTH = 1_000_000  # characters
_MAX_NODES = 2_000  # of a page

_ARTICLE_TYPES = frozenset(
    [
        "Article",
        "NewsArticle",
        "AnalysisNewsArticle",
        "AskPublicNewsArticle",
        "BackgroundNewsArticle",
        "OpinionNewsArticle",
        "ReportageNewsArticle",
        "ReviewNewsArticle",
        "AdvertiserContentArticle",
        "SatiricalArticle",
        "ScholarlyArticle",
        "TechArticle",
        "BlogPosting",
        "LiveBlogPosting",
        "SocialMediaPosting",
        "Report",
        "Review",
        "Blog_Post",
    ]
)
_PAGE_TYPES = frozenset(["WebPage", "ItemPage", "AboutPage", "ContentPage", "FAQPage", "QAPage"])
_NESTING_KEYS = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item", "hasPart")

_COMMENT_MARK = re.compile(r"^\s*(?://\s*)?<!\[CDATA\[|(?://\s*)?\]\]>\s*$|^\s*<!--|-->\s*$")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_MISSING_COMMA = re.compile(r"(?<=[}\]\"])\s*\n\s*(?=\"\w+\"\s*:)")
_FIELD = re.compile(
    r'"(@type|headline|datePublished|dateModified|articleSection|keywords|inLanguage)"'
    r'\s*:\s*"((?:[^"\\\n]|\\.){1,2000})"'
)


def parse_nodes(blocks: list[str]) -> list[Node]:
    """Return every typed object of the page's JSON-LD blocks, outer before inner, in page order."""
    found: list[Node] = []
    for block in blocks:
        for node in _typed_objects(_parse_block(block[:_MAX_BLOCK_LENGTH])):
            found.append(node)
            if len(found) >= _MAX_NODES:
                return found
    return found


def node_types(node: Node) -> frozenset[str]:
    """Return the schema.org types of a node, without their URL prefix."""
    value = node.get("@type")
    values = value if isinstance(value, list) else [value]
    return frozenset(name.rpartition("/")[2] for name in values if isinstance(name, str))


def is_article(node: Node) -> bool:
    """Whether a node is an article, post or review."""
    return not node_types(node).isdisjoint(_ARTICLE_TYPES)


def is_page(node: Node) -> bool:
    """Whether a node is a web page."""
    return not node_types(node).isdisjoint(_PAGE_TYPES)


def string_values(value: object, *keys: str) -> list[str]:
    """Return the strings in a value, in order, descending into lists and objects.

    Of an object, the first of `keys` that it has counts.
    """
    found: list[str] = []
    stack = [value]
    while stack and len(found) < 200:
        item = stack.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, list):
            stack.extend(reversed(item[:200]))
        elif isinstance(item, dict):
            stack.extend(next(([item[key]] for key in keys if item.get(key)), []))
    return found


def _parse_block(block: str) -> object:
    """Decode a block, repairing or salvaging broken JSON; None if nothing can be read."""
    block = block.strip()
    if not block.startswith(("{", "[")) or not block.endswith(("}", "]")):
        block = _COMMENT_MARK.sub("", block).strip().rstrip(";")
    for repair in (_unchanged, _repair_commas):
        try:
            return json.loads(repair(block), strict=False, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            continue
    return _salvage_fields(block)


def _unchanged(block: str) -> str:
    return block


def _repair_commas(block: str) -> str:
    return _MISSING_COMMA.sub(",", _TRAILING_COMMA.sub("", block))


def _salvage_fields(block: str) -> object:
    """Extract the first value of each needed field by regex; None unless it is an article."""
    node: Node = {}
    for name, value in _FIELD.findall(block):
        node.setdefault(name, value.replace('\\"', '"').replace("\\/", "/"))
    return node if is_article(node) else None


def _typed_objects(value: object) -> Iterator[Node]:
    """Yield the objects with an @type, descending four levels of nesting keys."""
    stack = [(value, 0)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, list):
            stack.extend((each, depth) for each in reversed(item[:_MAX_NODES]))
        elif isinstance(item, dict):
            if "@type" in item:
                yield item
            if depth < 4:
                nested = [(item[key], depth + 1) for key in reversed(_NESTING_KEYS) if key in item]
                stack.extend(nested)
