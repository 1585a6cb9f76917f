"""Extracts the article of a web page: URL, title, authors, text, tags, language, dates.

Pure: takes the bytes of the page, what is known of it, and the time; fetches nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from monitor.core.dates import is_month_first, parse_date
from monitor.core.pages import json_ld
from monitor.core.pages.authors import extract_authors
from monitor.core.pages.block_classifier import load_model, select_text_blocks
from monitor.core.pages.block_exclusion import mark_excluded
from monitor.core.pages.block_features import find_next_article, lead_blocks, squeezed_description
from monitor.core.pages.blocks import Layout, parse_layout
from monitor.core.pages.canonical_url import canonical_url, date_in_url, is_front_page
from monitor.core.pages.date_fields import PUBLISHED, UPDATED, declared_dates
from monitor.core.pages.dates import PageDates, choose_dates
from monitor.core.pages.html import decode_html, parse_html
from monitor.core.pages.metadata import PageMetadata, RawDate, read_metadata
from monitor.core.pages.page_type import (
    PARAGRAPH_LENGTH,
    PageSignals,
    is_teaser_list,
    non_article_reason,
)
from monitor.core.pages.tags import extract_tags
from monitor.core.pages.title import TitleCandidates, choose_headline, collect_titles, words
from monitor.core.pages.visible_dates import distant_dates, visible_dates
from monitor.core.text import clean_line, clean_text, html_to_text, identify_language, site_of
from monitor.model import Article, Entry, Origin, utc_text

MAX_TITLE_LENGTH, MAX_NAME_LENGTH, MAX_TEXT_LENGTH = 2_000, 200, 1_000_000  # characters
_BLOCKS_AFTER_TEXT = 3  # that may explain why the text ends, such as a paywall notice
_NOT_HTML = re.compile(r"^(?:image|audio|video|font)/|pdf|zip|octet-stream|json|javascript|css")
_MAGIC = (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"{")


def extract_article(
    body: bytes,
    *,
    url: str | None,
    content_type: str | None = None,
    zone: str = "UTC",
    language: str | None = None,
    now: datetime | None,
    feed: Entry | None = None,
) -> Article:
    """Extract the article of a page; `no_article` gives the reason if the page is none.

    Never raises because of the page's content.

    Args:
        url: where the page was fetched.
        zone: IANA zone of dates that name none.
        language: the source's setting.
        now: when the page was fetched; later dates are refused. None: no such check.
        feed: the feed's entry, used for fields that the page lacks.
    """
    refusal = _non_html_reason(body, content_type)
    if refusal is not None:
        return Article(url=url, title=feed.title or "" if feed else "", no_article=refusal)
    tree = parse_html(decode_html(body, content_type))
    return _Page(tree, url).article(zone, language, now, feed)


def _non_html_reason(body: bytes, content_type: str | None) -> str | None:
    start = body[:64].lstrip()
    if not body[:1_000_000].strip():
        return "an empty page"
    kind = (content_type or "").partition(";")[0].strip().lower()
    if (kind and _NOT_HTML.search(kind)) or start.startswith(_MAGIC):
        return f"not HTML: {clean_line(kind, 80) or 'a file of another kind'}"
    return None


def _declared_body(page: PageMetadata) -> str:
    article = page.articles[0] if page.articles else {}
    return max(json_ld.string_values(article.get("articleBody"), "@value"), key=len, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """Text of the article and the indexes of its blocks."""

    text: str
    chosen: Sequence[int]
    start: int  # block of the headline
    end: int  # last block of the text


class _Page:
    """Parsed page from which the fields of the article are extracted."""

    def __init__(self, tree: LexborHTMLParser, url: str | None) -> None:
        self.url = url
        self.metadata: PageMetadata = read_metadata(tree)
        self.layout: Layout = parse_layout(tree)
        mark_excluded(self.layout.blocks, self.layout.containers)
        self.site = site_of(url) if url else ""

    def article(
        self, zone: str, language: str | None, now: datetime | None, feed: Entry | None
    ) -> Article:
        titles = collect_titles(self.metadata, self._headings(), self.site)
        title = clean_line(choose_headline(titles), MAX_TITLE_LENGTH)
        body = self._body(title)
        page_language = identify_language(language or self.metadata.language, body.text) or (
            feed.language if feed else None
        )
        dates = choose_dates(
            self._raw_dates(body, page_language, feed),
            zone=zone,
            month_first=is_month_first(page_language),
            now=now,
        )
        authors = extract_authors(self.metadata, self.layout, body.start, body.end, self.site)
        return Article(
            url=canonical_url(self.metadata, self.url, title),
            title=title or clean_line((feed and feed.title) or "", MAX_TITLE_LENGTH),
            authors=_clean_names(authors or (feed.authors if feed else ())),
            text=body.text,
            tags=_clean_names(extract_tags(self.metadata, self.layout, body.start, body.end)),
            language=page_language or None,
            published=dates.published,
            updated=dates.updated,
            dates=dates.candidates,
            no_article=non_article_reason(self.metadata, self._signals(titles, title, body, dates)),
        )

    def _headings(self) -> list[str]:
        containers = self.layout.containers
        return [
            block.text.replace("\n", " ")
            for block in self.layout.blocks
            if containers[block.container].tag == "h1"
            or containers[containers[block.container].parent].tag == "h1"
        ]

    # text

    def _body(self, title: str) -> _Body:
        description = squeezed_description(self.metadata)
        chosen = select_text_blocks(self.layout, description, load_model())
        start, end = self._find_extent(title, chosen)
        following = find_next_article(self.layout, start, end) if chosen else None
        if following is not None:
            chosen = [index for index in chosen if index < following]
            end = chosen[-1] if chosen else end
        chosen = [*lead_blocks(self.layout, start, chosen, description), *chosen]
        return _Body(text=self._text(chosen, title), chosen=chosen, start=start, end=end)

    def _text(self, chosen: Sequence[int], title: str) -> str:
        blocks = self.layout.blocks
        parts = [blocks[index].text for index in chosen]
        while parts and words(parts[0]) == words(title):
            del parts[0]
        text = clean_text("\n\n".join(parts), MAX_TEXT_LENGTH)
        body = _declared_body(self.metadata)
        if len(body) > 3 * len(text) + PARAGRAPH_LENGTH:  # rendered by a script
            return max(text, html_to_text(body, MAX_TEXT_LENGTH), key=len)
        return text

    def _find_extent(self, title: str, chosen: Sequence[int]) -> tuple[int, int]:
        """Return the indexes of the block of the headline and of the last one of the text."""
        blocks = self.layout.blocks
        end = chosen[-1] if chosen else len(blocks) - 1
        start = chosen[0] if chosen else 0
        title_words = words(title)
        shortest, longest = len(title) // 2, 2 * len(title) + 10  # punctuation may differ
        heads = [
            index
            for index, block in enumerate(blocks)
            if shortest <= len(block.text) <= longest and words(block.text) == title_words
        ]
        near = [index for index in heads if index <= start]
        return (near or heads or [max(0, start - 5)])[-1 if near else 0], end

    # dates

    def _raw_dates(self, body: _Body, language: str | None, feed: Entry | None) -> list[RawDate]:
        """Return all dates that the page states, the most reliable origin first."""
        first = is_month_first(language)
        found = [
            *declared_dates(self.metadata),
            *visible_dates(self.layout, body.start, body.end, month_first=first),
        ]
        if feed and feed.published:
            found.append(RawDate(PUBLISHED, Origin.FEED, utc_text(feed.published)))
        if feed and feed.updated:
            found.append(RawDate(UPDATED, Origin.FEED, utc_text(feed.updated)))
        if raw := date_in_url(self.url or self.metadata.canonical or ""):
            found.append(RawDate(PUBLISHED, Origin.URL, raw))
        if any(parse_date(date.raw) for date in found):
            return found
        return found + distant_dates(self.layout, month_first=first)

    # kind of page

    def _signals(
        self, titles: TitleCandidates, title: str, body: _Body, dates: PageDates
    ) -> PageSignals:
        following = self.layout.blocks[body.end + 1 : body.end + 1 + _BLOCKS_AFTER_TEXT]
        return PageSignals(
            titles=" ".join([title, *titles.headings[:1], self.metadata.title or ""]),
            text=body.text,
            after_text="\n\n".join(block.text for block in following),
            is_front_page=is_front_page(self.url or self.metadata.canonical or ""),
            is_dated=dates.published is not None and dates.published.origin is not Origin.URL,
            is_teaser_list=is_teaser_list(self.layout, body.chosen),
        )


def _clean_names(values: Sequence[str]) -> tuple[str, ...]:
    cleaned = (clean_line(value, MAX_NAME_LENGTH) for value in values)
    return tuple(dict.fromkeys(filter(None, cleaned)))
