"""A page → the article it holds: address, title, authors, text, tags, language, dates.

Pure: bytes and what is known of them in, one value out. It neither fetches nor asks the clock.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from monitor.core.dates import is_month_first, parse_date
from monitor.core.pages import json_ld
from monitor.core.pages.authors import authors
from monitor.core.pages.block_classifier import model, text_blocks
from monitor.core.pages.block_features import described, leads, next_story
from monitor.core.pages.blocks import Layout, layout_of
from monitor.core.pages.canonical_url import canonical_address, is_home, stamp_in_address
from monitor.core.pages.date_fields import PUBLISHED, UPDATED, declared_stamps
from monitor.core.pages.dates import Dates, dates_of
from monitor.core.pages.html import decoded, tree_of
from monitor.core.pages.metadata import Declared, Stamp, declared
from monitor.core.pages.page_type import SENTENCE, Look, is_list, why_none
from monitor.core.pages.tags import tags
from monitor.core.pages.title import Titles, headline, titles_of, words
from monitor.core.pages.visible_dates import distant_stamps, visible_stamps
from monitor.core.text import clean_line, clean_text, html_to_text, identify_language, site_of
from monitor.model import Article, Entry, Origin, utc_text

TITLE, NAME, TEXT = 2_000, 200, 1_000_000  # characters
_BEHIND = 3  # blocks that may say why the text ends
_NOT_HTML = re.compile(r"^(?:image|audio|video|font)/|pdf|zip|octet-stream|json|javascript|css")
_MAGIC = (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"{")


def article_of(
    body: bytes,
    *,
    url: str | None,
    content_type: str | None = None,
    zone: str = "UTC",
    language: str | None = None,
    now: datetime | None,
    feed: Entry | None = None,
) -> Article:
    """What the page says. `no_article` tells why it is none, with whatever could be read.

    `url` is where the page was found, `zone` the IANA zone of stamps that name none, `language`
    the source's setting, `now` when it was fetched (None: stamps of the future pass), `feed` what
    the feed says: it serves where the page is silent. Never raises for what the bytes hold.
    """
    refusal = _not_html(body, content_type)
    if refusal is not None:
        return Article(url=url, title=feed.title or "" if feed else "", no_article=refusal)
    tree = tree_of(decoded(body, content_type))
    return _Page(tree, url).article(zone, language, now, feed)


def _not_html(body: bytes, content_type: str | None) -> str | None:
    start = body[:64].lstrip()
    if not body[:1_000_000].strip():
        return "an empty page"
    kind = (content_type or "").partition(";")[0].strip().lower()
    if (kind and _NOT_HTML.search(kind)) or start.startswith(_MAGIC):
        return f"not HTML: {clean_line(kind, 80) or 'a file of another kind'}"
    return None


def _declared_body(page: Declared) -> str:
    article = page.articles[0] if page.articles else {}
    return max(json_ld.texts(article.get("articleBody"), "@value"), key=len, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The text, its blocks, and the blocks of the headline and of its end."""

    text: str
    chosen: Sequence[int]
    start: int
    end: int


class _Page:
    """One page under the readers' eyes."""

    def __init__(self, tree: LexborHTMLParser, url: str | None) -> None:
        self.url = url
        self.declared: Declared = declared(tree)
        self.layout: Layout = layout_of(tree)
        self.site = site_of(url) if url else ""

    def article(
        self, zone: str, language: str | None, now: datetime | None, feed: Entry | None
    ) -> Article:
        titles = titles_of(self.declared, self._headings(), self.site)
        title = clean_line(headline(titles), TITLE)
        body = self._body(title)
        tongue = identify_language(language or self.declared.language, body.text) or (
            feed.language if feed else None
        )
        found = dates_of(
            self._stamps(body, tongue, feed), zone=zone, month_first=is_month_first(tongue), now=now
        )
        people = authors(self.declared, self.layout, body.start, body.end, self.site)
        return Article(
            url=canonical_address(self.declared, self.url, title),
            title=title or clean_line((feed and feed.title) or "", TITLE),
            authors=_lines(people or (feed.authors if feed else ())),
            text=body.text,
            tags=_lines(tags(self.declared, self.layout, body.start, body.end)),
            language=tongue or None,
            published=found.published,
            updated=found.updated,
            dates=found.candidates,
            no_article=why_none(self.declared, self._look(titles, title, body, found)),
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
        description = described(self.declared)
        chosen = text_blocks(self.layout, description, model())
        start, end = self._extent(title, chosen)
        following = next_story(self.layout, start, end) if chosen else None
        if following is not None:
            chosen = [index for index in chosen if index < following]
            end = chosen[-1] if chosen else end
        chosen = [*leads(self.layout, start, chosen, description), *chosen]
        return _Body(text=self._text(chosen, title), chosen=chosen, start=start, end=end)

    def _text(self, chosen: Sequence[int], title: str) -> str:
        blocks = self.layout.blocks
        parts = [blocks[index].text for index in chosen]
        while parts and words(parts[0]) == words(title):
            del parts[0]
        text = clean_text("\n\n".join(parts), TEXT)
        body = _declared_body(self.declared)
        if len(body) > 3 * len(text) + SENTENCE:  # a page that a script writes
            return max(text, html_to_text(body, TEXT), key=len)
        return text

    def _extent(self, title: str, chosen: Sequence[int]) -> tuple[int, int]:
        """The block of the headline and the last one of the text."""
        blocks = self.layout.blocks
        end = chosen[-1] if chosen else len(blocks) - 1
        start = chosen[0] if chosen else 0
        sought = words(title)
        shortest, longest = len(title) // 2, 2 * len(title) + 10  # signs may differ
        heads = [
            index
            for index, block in enumerate(blocks)
            if shortest <= len(block.text) <= longest and words(block.text) == sought
        ]
        near = [index for index in heads if index <= start]
        return (near or heads or [max(0, start - 5)])[-1 if near else 0], end

    # dates

    def _stamps(self, body: _Body, language: str | None, feed: Entry | None) -> list[Stamp]:
        """The most trusted origin first."""
        first = is_month_first(language)
        found = [
            *declared_stamps(self.declared),
            *visible_stamps(self.layout, body.start, body.end, month_first=first),
        ]
        if feed and feed.published:
            found.append(Stamp(PUBLISHED, Origin.FEED, utc_text(feed.published)))
        if feed and feed.updated:
            found.append(Stamp(UPDATED, Origin.FEED, utc_text(feed.updated)))
        if raw := stamp_in_address(self.url or self.declared.canonical or ""):
            found.append(Stamp(PUBLISHED, Origin.URL, raw))
        if any(parse_date(one.raw) for one in found):
            return found
        return found + distant_stamps(self.layout, month_first=first)

    # kind

    def _look(self, titles: Titles, title: str, body: _Body, found: Dates) -> Look:
        behind = self.layout.blocks[body.end + 1 : body.end + 1 + _BEHIND]
        return Look(
            titles=" ".join([title, *titles.headings[:1], self.declared.title or ""]),
            text=body.text,
            behind="\n\n".join(block.text for block in behind),
            is_home=is_home(self.url or self.declared.canonical or ""),
            is_dated=found.published is not None and found.published.origin is not Origin.URL,
            is_list=is_list(self.layout, body.chosen),
        )


def _lines(values: Sequence[str]) -> tuple[str, ...]:
    cleaned = (clean_line(value, NAME) for value in values)
    return tuple(dict.fromkeys(filter(None, cleaned)))
