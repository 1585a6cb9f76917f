"""Extracts the authors of an article: people in the metadata, else the visible byline.

Organizations count only if no person is named.
"""

import re
from collections.abc import Iterable, Iterator

from monitor.core.dates import MONTHS
from monitor.core.pages import json_ld
from monitor.core.pages.blocks import Layout
from monitor.core.pages.metadata import PageMetadata
from monitor.core.pages.title import words

_META_NAMES = [
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
_ITEMPROPS = ("author", "creator")
_MAX_AUTHORS = 12
_MAX_NAME_LENGTH = 80  # characters
_MAX_BYLINE_LENGTH = 160  # characters
_BLOCKS_BEFORE, _BLOCKS_AFTER = 6, 15  # searched around the headline
_BARE_NAME_BLOCKS = 3  # after the headline, where a name alone is a byline

_VERB = r"(?:written|posted|published|reported|authored|words|story|text|additional reporting)"
_BY = re.compile(
    rf"\W{{0,3}}(?:(?:{_VERB}\s+)?by|{_VERB}:|authors?|autor(?:en|es)?|von|par|por|di|door|av)\b[\s:|]*",
    re.IGNORECASE,
)
_CAPITALIZED_WORD = re.compile(r"\s[A-ZÀ-Þ][\w'’-]+")
_AUTHOR_CLASS = re.compile(r"author|byline|writer|autor|auteur|firma\b", re.IGNORECASE)
_OTHER_AUTHOR_CLASS = re.compile(r"comment|related|recirc|card|teaser|promo|bio\b", re.IGNORECASE)

_SPLIT = re.compile(
    r"\s*(?:[;|/•·]|,(?!\s*(?:jr|sr|md|phd|cfp|cfa|esq|rn|rd)\b)|&"
    r"|\s(?:and|und|et|y|e|en|og|with(?: reporting by)?)\s)\s*",
    re.IGNORECASE,
)
_MONTH = "|".join(sorted((word for word in MONTHS if len(word) > 2), key=len, reverse=True))
_AFTER_NAME = re.compile(
    rf"\s*(?:\(|\s기자(?:\s|$)|\b(?:on|for|in|from|is|was|at)\s|[\d@®©•]|\s[–—|-]\s|\s(?:updated?|published|posted|follow"
    rf"|view|contributor|minutes?|correspondent|senior|(?:staff )?(?:writer|reporter))\b"
    rf"|(?:\b|(?-i:(?<=[a-z])(?=[A-Z])))(?:{_MONTH})\.?(?:\s|$)"
    r"|(?-i:(?<=[a-zà-ÿ])(?=(?:Updated|Published|Posted|Last)\b))).*",
    re.IGNORECASE | re.DOTALL,
)
_NOT_A_NAME = re.compile(
    r"@|https?:|www\.|\.(?:com|de|org|net)\b|^(?:admin|administrator|editor|staff|author|redaktion"
    r"|redacci[oó]n|newsroom|webmaster|unknown|guest|anonymous|none|null"
    r"|(?:web|news|online) desk)$",
    re.IGNORECASE,
)
_JOB_TITLE = re.compile(  # dropped if another part of the byline is a name
    r"\b(?:agenc(?:y|ies)|analysts?|columnists?|contributors?|correspondents?|directors?|editors?"
    r"|educators?|journalists?|managers?|producers?|reporters?|(?:staff )?writers?|wires?"
    r"|redakteur(?:in)?|korrespondent(?:in)?|periodista|corresponsal|redacci[oó]n)\b",
    re.IGNORECASE,
)
_DATE = re.compile(rf"\d{{4}}|\b(?:{_MONTH})\b", re.IGNORECASE)
_PARTICLES = frozenset(
    ["de", "van", "von", "der", "den", "la", "del", "da", "bin", "al", "y", "e", "di", "du", "le"]
)
_NOT_NAME_WORDS = frozenset(
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


def extract_authors(
    page: PageMetadata, layout: Layout, headline: int, end: int, site: str
) -> list[str]:
    """Return the people in the metadata, else the visible byline, else declared organizations.

    `headline` and `end` (of the text) are indexes of blocks; `site` is the registrable domain. The
    publisher's own name counts only if nobody else is named.
    """
    publishers = _publisher_names(page, site)
    article = page.articles[0] if page.articles else {}
    json_ld_authors = article.get("author") or article.get("creator")
    declared = [
        list(_json_ld_names(json_ld_authors, page, people=True)),
        *(page.all(name) for name in _META_NAMES),
        [value for name, value in page.microdata if name in _ITEMPROPS],
        page.all("article:author"),
    ]
    for values in declared:
        people = [name for name in split_bylines(values) if "".join(words(name)) not in publishers]
        if people:
            return people
    return (
        split_bylines(find_byline(layout, headline, end))
        or split_bylines(_json_ld_names(json_ld_authors, page, people=False))
        or split_bylines(page.all("author"))
    )


def _publisher_names(page: PageMetadata, site: str) -> frozenset[str]:
    article = page.articles[0] if page.articles else {}
    names = [
        *page.all("og:site_name", "application-name"),
        *json_ld.string_values(article.get("publisher"), "name"),
        site,
        site.partition(".")[0],
    ]
    return frozenset("".join(words(name)) for name in names) | {""}


def _json_ld_names(value: object, page: PageMetadata, *, people: bool) -> Iterator[str]:
    """Yield the names of JSON-LD authors; organizations only if `people` is false."""
    for node in value[:_MAX_AUTHORS] if isinstance(value, list) else [value]:
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict) and not (people and "Organization" in json_ld.node_types(node)):
            yield from json_ld.string_values(node.get("name")) or _names_by_id(node, page)


def _names_by_id(node: json_ld.Node, page: PageMetadata) -> list[str]:
    """Return the name of a person that a node refers to only by @id."""
    same_id = (other for other in page.nodes if other.get("@id") == node.get("@id"))
    others = (other for other in same_id if other is not node and other.get("name"))
    return next((json_ld.string_values(other.get("name")) for other in others), [])


def split_bylines(values: Iterable[str]) -> list[str]:
    """Split bylines into distinct names, in order, without "By", job titles and dates."""
    found: dict[str, str] = {}
    for value in values:
        line = " ".join(value[:500].split())
        if line.startswith(("http:", "https:", "@")):
            continue
        by = _BY.match(line)
        for part in _SPLIT.split(line[by.end() :] if by else line):
            if "@" in part and " " not in part.strip():
                continue
            name = _AFTER_NAME.sub("", part).strip(" .,:;-–—")
            if 1 < len(name) <= _MAX_NAME_LENGTH and not _NOT_A_NAME.search(name):
                found.setdefault(name.casefold(), name)
    people = [name for name in found.values() if not _JOB_TITLE.search(name)]
    return (people or list(found.values()))[:_MAX_AUTHORS]


# ── visible byline ───────────────────────────────────────────────────────────────────────


def find_byline(layout: Layout, headline: int, end: int) -> list[str]:
    """Find the visible byline by its words ("By …"), its class, or its position.

    `headline` and `end` (of the text) are indexes of blocks. Empty if there is none.
    """
    below = range(headline + 1, min(headline + _BLOCKS_AFTER, len(layout.blocks)))
    above = range(max(0, headline - _BLOCKS_BEFORE), headline)
    behind = range(max(0, end - 2), min(end + 5, len(layout.blocks)))
    near = [*below, *above]
    return (
        _by_words(layout, near)
        or _by_class(layout, near)
        or _by_position(layout, below[:_BARE_NAME_BLOCKS])
        or _by_words(layout, behind)
    )


def _by_words(layout: Layout, near: Iterable[int]) -> list[str]:
    blocks = layout.blocks
    for index in near:
        text = blocks[index].text
        by = _BY.match(text) if len(text) <= _MAX_BYLINE_LENGTH else None
        if by and by.end() == len(text) and index + 1 < len(blocks):
            text += " " + blocks[index + 1].text[:_MAX_BYLINE_LENGTH]
        if by and _CAPITALIZED_WORD.match(" " + text[by.end() :]):
            return [text]
    return []


def _by_class(layout: Layout, near: Iterable[int]) -> list[str]:
    containers = layout.containers
    for index in near:
        block = layout.blocks[index]
        container = containers[block.container]
        named = f"{container.name} {containers[max(container.parent, 0)].name} {block.inline}"
        if _AUTHOR_CLASS.search(named) and not _OTHER_AUTHOR_CLASS.search(named):
            people = [name for name in split_bylines([block.text]) if is_person_name(name)]
            if people:
                return people
    return []


def _by_position(layout: Layout, below: Iterable[int]) -> list[str]:
    """Find a name right after the headline, alone or beside a date."""
    for index in below:
        text = layout.blocks[index].text
        parts = re.split(r"\s*[|•·/]\s*|\s[-–—]\s", text) if len(text) <= _MAX_BYLINE_LENGTH else []
        for part in parts:
            if is_person_name(part) and (len(parts) == 1 or _DATE.search(text)):
                return [part]
    return []


def is_person_name(text: str) -> bool:
    """Whether a text looks like a person's name: two to five capitalized words, none excluded."""
    tokens = text.split()
    if not 1 < len(tokens) <= 5 or len(text) > 50 or re.search(r"[\d!?:@…]", text):
        return False
    if any(token.strip(".,").lower() in _NOT_NAME_WORDS for token in tokens):
        return False
    return all(token[0].isupper() or token in _PARTICLES for token in tokens)
