"""The tags that a page gives its article: declared, else the links behind the text."""

import re
from collections.abc import Iterable, Iterator, Sequence

from monitor.core.pages import json_ld
from monitor.core.pages.blocks import Block, Container, Layout
from monitor.core.pages.metadata import Declared

_LONGEST = 100  # characters of a tag
_MOST = 60
_AFTER, _BEFORE = 40, 60  # blocks around the text where its tags may stand
_FEW_WORDS = 5
_SEPARATOR = re.compile(r"[,;|]")
_TAG_CONTAINER = re.compile(
    r"(?:^|[\s_-])(?:(?:post|article|story|entry|field|node|single)[_-]?)?"
    r"(?:tags?|topics?|keywords?|etiquetas?|temas|subjects?|taglist|tagcloud)(?=$|[\s_-])",
    re.IGNORECASE,
)
_TAG_ADDRESS = re.compile(r"/(?:tags?|topics?|keywords?|temas?|etiquetas?|subjects?|section)s?/")
_SHARING = re.compile(
    r"facebook|twitter|whatsapp|linkedin|e-?mail|print|share|copy|comment|subscribe|mailto:|^#|tel:",
    re.IGNORECASE,
)


def tags(page: Declared, layout: Layout, start: int, end: int) -> list[str]:
    """From the first declaration that holds any, else the visible ones.

    `start` and `end` are the blocks where the text begins and ends.
    """
    return declared_tags(page) or _tidy(visible_tags(layout, start, end))


def declared_tags(page: Declared) -> list[str]:
    article = page.articles[0] if page.articles else {}
    said = (
        page.all("news_keywords"),
        page.all("keywords"),
        json_ld.texts(article.get("keywords"), "name"),
        page.all("article:tag", "og:article:tag", "parsely-tags", "sailthru.tags", "mrf:tags"),
        [value for name, value in page.microdata if name == "keywords"],
        json_ld.texts(article.get("about"), "name"),
    )
    split = ((tag for value in values for tag in _split(value)) for values in said)
    return next((found for values in split if (found := _tidy(values))), [])


def visible_tags(layout: Layout, start: int, end: int) -> Iterator[str]:
    """Links in containers named for tags, links to tags; else a run of short links by itself."""
    behind = range(end + 1, min(end + _AFTER, len(layout.blocks)))
    ahead = range(max(0, start - _BEFORE), start)
    for indexes in (behind, ahead):
        named = [tag for index in indexes for tag in _named_tags(layout, index)]
        if named:
            yield from named
            return
    for index in behind:
        block = layout.blocks[index]
        if len(block.links) > 1 and _is_all_links(block) and not _SHARING.search(block.text):
            yield from _short(block.links)
            return


def _named_tags(layout: Layout, index: int) -> list[str]:
    block = layout.blocks[index]
    if not block.links or not _is_all_links(block):
        return []
    in_tag_container = any(
        _TAG_CONTAINER.search(name) for name in _names_around(block, layout.containers)
    )
    links = [link for link in block.links if in_tag_container or _TAG_ADDRESS.search(link[1])]
    return _short(links)


def _is_all_links(block: Block) -> bool:
    """But for what separates them and a word before them ("Tags:")."""
    return len(block.text) - sum(len(text) for text, _ in block.links) <= 12 + 3 * len(block.links)


def _names_around(block: Block, containers: Sequence[Container]) -> Iterator[str]:
    yield block.inline
    container = block.container
    for _ in range(3):
        if container < 0:
            return
        yield containers[container].name
        container = containers[container].parent


def _short(links: Iterable[tuple[str, str]]) -> list[str]:
    return [
        text
        for text, href in links
        if len(text.split()) <= _FEW_WORDS
        and not _SHARING.search(href)
        and not _SHARING.search(text)
    ]


def _split(value: str) -> list[str]:
    return _SEPARATOR.split(value[:5000])


def _tidy(values: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for value in values:
        tag = " ".join(value.split()).strip(" #,;|")
        if 1 < len(tag) <= _LONGEST:
            found.setdefault(tag.casefold(), tag)
    return list(found.values())[:_MOST]
