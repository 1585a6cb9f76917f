"""Who wrote it: declared authors, else the byline that a reader sees."""

import re
from collections.abc import Iterable, Iterator

from monitor.core import json_ld
from monitor.core.blocks import Layout
from monitor.core.declared import Declared
from monitor.core.headline import words

_META = [
    "sailthru.author",
    "parsely-author",
    "article:author_name",
    "author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "byline",
    "bt:author",
    "dcsext.author",
    "cxenseparse:author",
    "content-creator",
    "citation_author",
    "rnews:author",
    "article.author",
]
_ITEMS = ("author", "creator")

_BY = re.compile(
    r"^\W*(?:(?:(?:written|posted|published|reported|words|story|text|review(?:ed)?)\s+)?by"
    r"|author|autor(?:en|es)?|von|par|por|di|door|av|texto?\s*:|written)\b[\s:|]*",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*(?:[;|/•·]|,(?!\s*(?:jr|sr|md|phd|cfp|cfa|esq|rn|rd)\b)|&|\s(?:and|und|et|y|e|en|og|with|with"
    r" reporting by)\s)\s*",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s*(?:\(.*|\bon\s+\w+\s+\d.*|\bfor\s.*|\bin\s+[A-Z].*|\bfrom\s.*|[\d@].*|\s[–—|-]\s.*"
    r"|\b(?:updated|published|posted|follow|view|contributor|staff writer|minutes?)\b.*)$",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_]+(?:['’.-]?\s?[^\W\d_]+\.?){0,5}", re.UNICODE)
_NO_NAME = re.compile(
    r"https?:|www\.|\.com\b|\.de\b|@|^(?:admin|administrator|editor|staff|author|redaktion|redacci[oó]n"
    r"|newsroom|webmaster|unknown|guest|anonymous|none|null|web desk|news desk|online desk)$",
    re.IGNORECASE,
)
_SAYS_BY = re.compile(
    r"\W{0,3}(?:(?:written|posted|published|reported|story|text|words)\s+)?"
    r"(?:by|author|von|par|por|di|door)\b[\s:]*",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\s[A-ZÀ-Þ][\w'’-]+")
_AUTHOR_CLASS = re.compile(r"author|byline|writer|contributor|autor|auteur|firma", re.IGNORECASE)
_PARTICLES = frozenset({"de", "van", "von", "der", "den", "la", "del", "da", "bin", "al", "y", "e"})
_BEFORE, _AFTER = 6, 15  # blocks around the headline
_LONGEST_BYLINE = 120  # characters
_LONGEST = 80  # characters of a name
_MOST = 12


def authors(page: Declared, layout: Layout, headline: int, end: int, site: str) -> list[str]:
    """From the most telling declaration that names a person, else from the byline a reader sees.

    `headline` and `end` are indexes of blocks; `site` is the registered domain. An organisation
    that publishes the page is its author only where nobody else is.
    """
    declared = declared_authors(page)
    houses = _houses(page, site)
    people = [name for name in declared if "".join(words(name)) not in houses]
    return people or names(visible_bylines(layout, headline, end)) or declared


def _houses(page: Declared, site: str) -> frozenset[str]:
    article = page.articles[0] if page.articles else {}
    said = [
        *page.all("og:site_name", "application-name"),
        *json_ld.texts(article.get("publisher"), "name"),
        site,
        site.partition(".")[0],
    ]
    return frozenset("".join(words(one)) for one in said) | {""}


def visible_bylines(layout: Layout, headline: int, end: int) -> list[str]:
    """The first byline near the headline, or behind the text: by its words, or by its class."""
    blocks, places = layout.blocks, layout.places
    near = [*range(headline + 1, min(headline + _AFTER, len(blocks)))]
    near += [*range(max(0, headline - _BEFORE), headline)]
    near += [*range(max(0, end - 2), min(end + 5, len(blocks)))]
    for index in near:
        text = blocks[index].text
        if len(text) <= _LONGEST_BYLINE and _SAYS_BY.match(text) and _NAMED.search(text):
            return [text]
        if _SAYS_BY.fullmatch(text) and index + 1 < len(blocks):
            return [blocks[index + 1].text[:_LONGEST_BYLINE]]
    for index in near:
        block = blocks[index]
        place = places[block.place]
        named = f"{place.name} {places[max(place.parent, 0)].name} {block.inline}"
        if _AUTHOR_CLASS.search(named) and _looks_like_a_name(block.text):
            return [block.text]
    return []


def _looks_like_a_name(text: str) -> bool:
    tokens = text.split()
    if not 1 < len(tokens) <= 5 or len(text) > 50 or re.search(r"\d|[!?:@]", text):
        return False
    return all(token[0].isupper() or token in _PARTICLES for token in tokens)


def declared_authors(page: Declared) -> list[str]:
    """From the first kind of declaration that names anybody."""
    article = page.articles[0] if page.articles else {}
    said = [
        list(_people_of(article.get("author") or article.get("creator"), page)),
        *(page.all(name) for name in _META),
        [value for name, value in page.microdata if name in _ITEMS],
        page.all("article:author"),
    ]
    return next((found for values in said if (found := names(values))), [])


def _people_of(value: object, page: Declared) -> Iterator[str]:
    for node in _objects(value):
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            yield from json_ld.texts(node.get("name")) or _referred(node, page)


def _objects(value: object) -> list[object]:
    return value[:_MOST] if isinstance(value, list) else [value]


def _referred(node: json_ld.Node, page: Declared) -> list[str]:
    """The name of a person whom the block mentions by @id only."""
    there = (one for one in page.nodes if one.get("@id") == node.get("@id") and one is not node)
    return next((json_ld.texts(one.get("name")) for one in there if one.get("name")), [])


def names(values: Iterable[str]) -> list[str]:
    """People's names in written bylines, each once, in order."""
    found: dict[str, str] = {}
    for value in values:
        for name in _SPLIT.split(_BY.sub("", " ".join(value[:500].split()))):
            name = _CUT.sub("", name).strip(" .,:;-–—")
            if 1 < len(name) <= _LONGEST and not _NO_NAME.search(name):
                found.setdefault(name.casefold(), name)
    return list(found.values())[:_MOST]
