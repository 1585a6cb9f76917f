"""Who wrote it: the people whom the page declares, else the byline that a reader sees."""

import re
from collections.abc import Iterable, Iterator

from monitor.core.dates import MONTHS
from monitor.core.pages import json_ld
from monitor.core.pages.blocks import Layout
from monitor.core.pages.metadata import Declared
from monitor.core.pages.title import words

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
_MOST = 12
_LONGEST = 80  # characters of a name
_LONGEST_BYLINE = 160
_BEFORE, _AFTER = 6, 15  # blocks around the headline
_CLOSE = 3  # blocks below it where a bare name is a byline

_VERB = r"(?:written|posted|published|reported|authored|words|story|text|additional reporting)"
_SAYS_BY = re.compile(
    rf"\W{{0,3}}(?:(?:{_VERB}\s+)?by|{_VERB}:|authors?|autor(?:en|es)?|von|par|por|di|door|av)\b[\s:|]*",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\s[A-ZÀ-Þ][\w'’-]+")
_AUTHOR_CLASS = re.compile(r"author|byline|writer|autor|auteur|firma\b", re.IGNORECASE)
_NOT_ITS_AUTHOR = re.compile(r"comment|related|recirc|card|teaser|promo|bio\b", re.IGNORECASE)

_SPLIT = re.compile(
    r"\s*(?:[;|/•·]|,(?!\s*(?:jr|sr|md|phd|cfp|cfa|esq|rn|rd)\b)|&"
    r"|\s(?:and|und|et|y|e|en|og|with(?: reporting by)?)\s)\s*",
    re.IGNORECASE,
)
_MONTH = "|".join(sorted((word for word in MONTHS if len(word) > 2), key=len, reverse=True))
_CUT = re.compile(
    rf"\s*(?:\(|\s기자(?:\s|$)|\b(?:on|for|in|from|is|was|at)\s|[\d@®©•]|\s[–—|-]\s|\s(?:updated?|published|posted|follow"
    rf"|view|contributor|minutes?|correspondent|senior|(?:staff )?(?:writer|reporter))\b"
    rf"|(?:\b|(?-i:(?<=[a-z])(?=[A-Z])))(?:{_MONTH})\.?(?:\s|$)"
    r"|(?-i:(?<=[a-zà-ÿ])(?=(?:Updated|Published|Posted|Last)\b))).*",
    re.IGNORECASE | re.DOTALL,
)
_NO_NAME = re.compile(
    r"@|https?:|www\.|\.(?:com|de|org|net)\b|^(?:admin|administrator|editor|staff|author|redaktion"
    r"|redacci[oó]n|newsroom|webmaster|unknown|guest|anonymous|none|null"
    r"|(?:web|news|online) desk)$",
    re.IGNORECASE,
)
_TRADE = re.compile(  # what stands beside a name, and is dropped if a name is left
    r"\b(?:agenc(?:y|ies)|analysts?|columnists?|contributors?|correspondents?|directors?|editors?"
    r"|educators?|journalists?|managers?|producers?|reporters?|(?:staff )?writers?|wires?"
    r"|redakteur(?:in)?|korrespondent(?:in)?|periodista|corresponsal|redacci[oó]n)\b",
    re.IGNORECASE,
)
_DATED = re.compile(rf"\d{{4}}|\b(?:{_MONTH})\b", re.IGNORECASE)
_PARTICLES = frozenset(
    ["de", "van", "von", "der", "den", "la", "del", "da", "bin", "al", "y", "e", "di", "du", "le"]
)
_NO_NAME_WORDS = frozenset(
    [
        "news",
        "home",
        "share",
        "opinion",
        "sports",
        "sport",
        "politics",
        "world",
        "business",
        "update",
        "breaking",
        "read",
        "more",
        "video",
        "photos",
        "live",
        "latest",
        "subscribe",
        "menu",
        "print",
        "email",
        "comments",
        "comment",
        "about",
        "our",
        "the",
        "your",
        "how",
        "what",
        "why",
        "reading",
        "time",
        "min",
        "minutes",
        "ago",
        "last",
        "technology",
        "health",
        "science",
        "travel",
        "culture",
        "entertainment",
    ]
)


def authors(page: Declared, layout: Layout, headline: int, end: int, site: str) -> list[str]:
    """The declared people, else the visible byline, else whoever else is declared.

    `headline` and `end` (of the text) are indexes of blocks; `site` is the registered domain.
    A publisher that names itself as the author counts only where nobody else is named.
    """
    houses = _houses(page, site)
    article = page.articles[0] if page.articles else {}
    said = article.get("author") or article.get("creator")
    declared = [
        list(_named(said, page, people=True)),
        *(page.all(name) for name in _META),
        [value for name, value in page.microdata if name in _ITEMS],
        page.all("article:author"),
    ]
    for values in declared:
        people = [name for name in names(values) if "".join(words(name)) not in houses]
        if people:
            return people
    visible = names(visible_byline(layout, headline, end))
    return visible or names(_named(said, page, people=False)) or names(page.all("author"))


def _houses(page: Declared, site: str) -> frozenset[str]:
    article = page.articles[0] if page.articles else {}
    said = [
        *page.all("og:site_name", "application-name"),
        *json_ld.texts(article.get("publisher"), "name"),
        site,
        site.partition(".")[0],
    ]
    return frozenset("".join(words(one)) for one in said) | {""}


def _named(value: object, page: Declared, *, people: bool) -> Iterator[str]:
    """The names in a JSON-LD author: of people, or of organisations too."""
    for node in value[:_MOST] if isinstance(value, list) else [value]:
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict) and not (people and "Organization" in json_ld.types(node)):
            yield from json_ld.texts(node.get("name")) or _referred(node, page)


def _referred(node: json_ld.Node, page: Declared) -> list[str]:
    """The name of a person whom the block mentions by @id only."""
    there = (one for one in page.nodes if one.get("@id") == node.get("@id") and one is not node)
    return next((json_ld.texts(one.get("name")) for one in there if one.get("name")), [])


def names(values: Iterable[str]) -> list[str]:
    """People's names in written bylines, each once, in order."""
    found: dict[str, str] = {}
    for value in values:
        line = " ".join(value[:500].split())
        if line.startswith(("http:", "https:", "@")):
            continue
        by = _SAYS_BY.match(line)
        for part in _SPLIT.split(line[by.end() :] if by else line):
            if "@" in part and " " not in part.strip():
                continue
            name = _CUT.sub("", part).strip(" .,:;-–—")
            if 1 < len(name) <= _LONGEST and not _NO_NAME.search(name):
                found.setdefault(name.casefold(), name)
    people = [name for name in found.values() if not _TRADE.search(name)]
    return (people or list(found.values()))[:_MOST]


# ── what a reader sees ───────────────────────────────────────────────────────────────────


def visible_byline(layout: Layout, headline: int, end: int) -> list[str]:
    """The byline by its words ("By …"), by its class, or by its place under the headline."""
    below = range(headline + 1, min(headline + _AFTER, len(layout.blocks)))
    above = range(max(0, headline - _BEFORE), headline)
    behind = range(max(0, end - 2), min(end + 5, len(layout.blocks)))
    near = [*below, *above]
    return (
        _by_words(layout, near)
        or _by_class(layout, near)
        or _by_position(layout, below[:_CLOSE])
        or _by_words(layout, behind)
    )


def _by_words(layout: Layout, near: Iterable[int]) -> list[str]:
    blocks = layout.blocks
    for index in near:
        text = blocks[index].text
        by = _SAYS_BY.match(text) if len(text) <= _LONGEST_BYLINE else None
        if by and by.end() == len(text) and index + 1 < len(blocks):
            text += " " + blocks[index + 1].text[:_LONGEST_BYLINE]
        if by and _NAMED.match(" " + text[by.end() :]):
            return [text]
    return []


def _by_class(layout: Layout, near: Iterable[int]) -> list[str]:
    containers = layout.containers
    for index in near:
        block = layout.blocks[index]
        container = containers[block.container]
        named = f"{container.name} {containers[max(container.parent, 0)].name} {block.inline}"
        if _AUTHOR_CLASS.search(named) and not _NOT_ITS_AUTHOR.search(named):
            people = [name for name in names([block.text]) if looks_like_a_name(name)]
            if people:
                return people
    return []


def _by_position(layout: Layout, below: Iterable[int]) -> list[str]:
    """A bare name right under the headline, alone or beside a date."""
    for index in below:
        text = layout.blocks[index].text
        parts = re.split(r"\s*[|•·/]\s*|\s[-–—]\s", text) if len(text) <= _LONGEST_BYLINE else []
        for part in parts:
            if looks_like_a_name(part) and (len(parts) == 1 or _DATED.search(text)):
                return [part]
    return []


def looks_like_a_name(text: str) -> bool:
    """Two to five words with capitals, none of which is a word of the trade."""
    tokens = text.split()
    if not 1 < len(tokens) <= 5 or len(text) > 50 or re.search(r"[\d!?:@…]", text):
        return False
    if any(token.strip(".,").lower() in _NO_NAME_WORDS for token in tokens):
        return False
    return all(token[0].isupper() or token in _PARTICLES for token in tokens)
