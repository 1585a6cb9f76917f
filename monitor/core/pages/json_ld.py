"""JSON-LD as news sites write it: several blocks, @graph, nesting, and JSON that is broken.

What a block says of an article is read (https://schema.org/NewsArticle); nothing is resolved,
no context is fetched.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

_LONGEST = 1_000_000  # characters of a block
_MOST_NODES = 2_000  # of a page

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
_WHERE = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item", "hasPart")

_COMMENT = re.compile(r"^\s*(?://\s*)?<!\[CDATA\[|(?://\s*)?\]\]>\s*$|^\s*<!--|-->\s*$")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_BETWEEN = re.compile(r"(?<=[}\]\"])\s*\n\s*(?=\"\w+\"\s*:)")
_FIELD = re.compile(
    r'"(@type|headline|datePublished|dateModified|articleSection|keywords|inLanguage)"'
    r'\s*:\s*"((?:[^"\\\n]|\\.){1,2000})"'
)


def nodes(blocks: list[str]) -> list[Node]:
    """Every typed object of the page's blocks, outer before inner, in page order."""
    found: list[Node] = []
    for block in blocks:
        for node in _walk(_parsed(block[:_LONGEST])):
            found.append(node)
            if len(found) >= _MOST_NODES:
                return found
    return found


def types(node: Node) -> frozenset[str]:
    said = node.get("@type")
    said = said if isinstance(said, list) else [said]
    return frozenset(one.rpartition("/")[2] for one in said if isinstance(one, str))


def is_article(node: Node) -> bool:
    return not types(node).isdisjoint(_ARTICLE_TYPES)


def is_page(node: Node) -> bool:
    return not types(node).isdisjoint(_PAGE_TYPES)


def texts(value: object, *keys: str) -> list[str]:
    """The strings in a value: itself, a list's, or an object's under the first key that it has."""
    found: list[str] = []
    stack = [value]
    while stack and len(found) < 200:
        one = stack.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, list):
            stack.extend(reversed(one[:200]))
        elif isinstance(one, dict):
            stack.extend(next(([one[key]] for key in keys if one.get(key)), []))
    return found


def _parsed(block: str) -> object:
    """The block's value; what can still be read of a broken one; None."""
    block = block.strip()
    if not block.startswith(("{", "[")) or not block.endswith(("}", "]")):
        block = _COMMENT.sub("", block).strip().rstrip(";")
    for repair in (_as_it_is, _mended):
        try:
            return json.loads(repair(block), strict=False, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            continue
    return _salvaged(block)


def _as_it_is(block: str) -> str:
    return block


def _mended(block: str) -> str:
    return _BETWEEN.sub(",", _TRAILING_COMMA.sub("", block))


def _salvaged(block: str) -> object:
    """The first value of each field that matters, if the block seems to be about an article."""
    node: Node = {}
    for name, value in _FIELD.findall(block):
        node.setdefault(name, value.replace('\\"', '"').replace("\\/", "/"))
    return node if is_article(node) else None


def _walk(value: object) -> Iterator[Node]:
    stack = [(value, 0)]
    while stack:
        one, depth = stack.pop()
        if isinstance(one, list):
            stack.extend((each, depth) for each in reversed(one[:_MOST_NODES]))
        elif isinstance(one, dict):
            if "@type" in one:
                yield one
            if depth < 4:
                stack.extend((one[key], depth + 1) for key in reversed(_WHERE) if key in one)
