"""Extracts the tags of an article: those in metadata, else the tag links around the text."""

import re
from collections.abc import Iterable, Iterator, Sequence

from monitor.core.pages import json_ld
from monitor.core.pages.blocks import Block, Container, Layout
from monitor.core.pages.metadata import PageMetadata

_MAX_LENGTH = 100  # characters of a tag
_MAX_TAGS = 60
_BLOCKS_AFTER, _BLOCKS_BEFORE = 40, 60  # searched around the text
_MAX_WORDS = 5  # of a tag link
_SEPARATOR = re.compile(r"[,;|]")
_TAG_CONTAINER = re.compile(
    r"(?:^|[\s_-])(?:(?:post|article|story|entry|field|node|single)[_-]?)?"
    r"(?:tags?|topics?|keywords?|etiquetas?|temas|subjects?|taglist|tagcloud)(?=$|[\s_-])",
    re.IGNORECASE,
)
_TAG_URL = re.compile(r"/(?:tags?|topics?|keywords?|temas?|etiquetas?|subjects?|section)s?/")
_SHARING = re.compile(
    r"facebook|twitter|whatsapp|linkedin|e-?mail|print|share|copy|comment|subscribe|mailto:|^#|tel:",
    re.IGNORECASE,
)


def extract_tags(page: PageMetadata, layout: Layout, start: int, end: int) -> list[str]:
    """Return the tags of the first kind of metadata that has any, else the visible ones.

    `start` and `end` are the indexes of the blocks where the text begins and ends.
    """
    return declared_tags(page) or _clean(visible_tags(layout, start, end))


def declared_tags(page: PageMetadata) -> list[str]:
    """Return the tags of the first kind of metadata that has any; empty if none has."""
    article = page.articles[0] if page.articles else {}
    kinds = (
        page.all("news_keywords"),
        page.all("keywords"),
        json_ld.string_values(article.get("keywords"), "name"),
        page.all("article:tag", "og:article:tag", "parsely-tags", "sailthru.tags", "mrf:tags"),
        [value for name, value in page.microdata if name == "keywords"],
        json_ld.string_values(article.get("about"), "name"),
    )
    for values in kinds:
        if found := _clean(tag for value in values for tag in _split(value)):
            return found
    return []


def visible_tags(layout: Layout, start: int, end: int) -> Iterator[str]:
    """Yield links in containers with a tag class or to tag URLs; else a block of short links."""
    behind = range(end + 1, min(end + _BLOCKS_AFTER, len(layout.blocks)))
    ahead = range(max(0, start - _BLOCKS_BEFORE), start)
    for indexes in (behind, ahead):
        named = [tag for index in indexes for tag in _named_tags(layout, index)]
        if named:
            yield from named
            return
    for index in behind:
        block = layout.blocks[index]
        if len(block.links) > 1 and _is_all_links(block) and not _SHARING.search(block.text):
            yield from _short_link_texts(block.links)
            return


def _named_tags(layout: Layout, index: int) -> list[str]:
    block = layout.blocks[index]
    if not block.links or not _is_all_links(block):
        return []
    in_tag_container = any(
        _TAG_CONTAINER.search(name) for name in _names_around(block, layout.containers)
    )
    links = [link for link in block.links if in_tag_container or _TAG_URL.search(link[1])]
    return _short_link_texts(links)


def _is_all_links(block: Block) -> bool:
    """Whether a block is only links, but for separators and a label such as "Tags:"."""
    return len(block.text) - sum(len(text) for text, _ in block.links) <= 12 + 3 * len(block.links)


def _names_around(block: Block, containers: Sequence[Container]) -> Iterator[str]:
    yield block.inline
    container = block.container
    for _ in range(3):
        if container < 0:
            return
        yield containers[container].name
        container = containers[container].parent


def _short_link_texts(links: Iterable[tuple[str, str]]) -> list[str]:
    return [
        text
        for text, href in links
        if len(text.split()) <= _MAX_WORDS
        and not _SHARING.search(href)
        and not _SHARING.search(text)
    ]


def _split(value: str) -> list[str]:
    return _SEPARATOR.split(value[:5000])


def _clean(values: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for value in values:
        tag = " ".join(value.split()).strip(" #,;|")
        if 1 < len(tag) <= _MAX_LENGTH:
            found.setdefault(tag.casefold(), tag)
    return list(found.values())[:_MAX_TAGS]
