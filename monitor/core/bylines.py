"""Who wrote it: declared authors, else the byline that a reader sees."""

import re
from collections.abc import Iterable, Iterator

from monitor.core import json_ld
from monitor.core.declared import Declared

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
_LONGEST = 80  # characters of a name
_MOST = 12


def declared_authors(page: Declared) -> list[str]:
    """From the most telling declaration that names a person; organisations come last."""
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
