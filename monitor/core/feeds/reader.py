"""Chooses the parser of a feed and parses all its entries, or only some of them.

XML goes to lxml where its result is certain to equal feedparser's, else to feedparser; JSON Feed is
parsed by `jsonfeed`. Keeps nothing between polls (`entry_cache`), and neither bounds nor cleans
entries (`entries`).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Protocol

import feedparser

from monitor.core.dates import parse_instant
from monitor.core.feeds import entry_cache, jsonfeed, lxml_parser
from monitor.core.feeds.entries import MAX_ENTRIES, RawEntry
from monitor.core.feeds.feedparser_mapping import map_entry, map_feed
from monitor.core.feeds.feedparser_types import FeedparserResult, Fields
from monitor.core.feeds.preprocess import (
    entry_starts,
    feedparser_content_type,
    limit_entries,
    repair,
)
from monitor.errors import ParseError
from monitor.model import Feed

# Observed from feedparser on broken markup, where its own assumptions fail.
_FEEDPARSER_ERRORS = (AttributeError, LookupError, TypeError, ValueError, RecursionError)

ParseXml = Callable[[bytes, str], FeedparserResult]  # takes the body and its Content-Type


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """Result of one parser, before entries are cleaned."""

    feed: Feed  # without entries
    entries: list[RawEntry]
    is_well_formed: bool  # if not, an entry may affect how others parse


class FeedReader(Protocol):
    """Open feed whose entries are not parsed yet."""

    @property
    def entries(self) -> Sequence[bytes]:
        """Bytes of each entry; empty if the boundaries of entries are uncertain."""

    @property
    def context(self) -> bytes:
        """Everything but its own bytes that the parsing of an entry depends on."""

    @property
    def skipped(self) -> Sequence[str]:
        """Reasons why entries were left out, one line each."""

    def read(self, indexes: Sequence[int] | None = None) -> ParsedFeed:
        """Parse the entries at these indexes, or all for None. Raises ParseError."""


class FeedparserNeeded(Exception):
    """The feed cannot be parsed without feedparser."""


def open_feed(
    body: bytes, content_type: str | None, url: str, zone: tzinfo, *, only_lxml: bool = False
) -> FeedReader:
    """Return the reader for a feed's bytes.

    With `only_lxml` its `read` raises FeedparserNeeded instead of calling feedparser.

    Raises:
        ParseError: the bytes are broken JSON, or JSON but no JSON Feed.
    """
    if body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"{", b"["):
        return JsonReader(body, url, zone)
    return XmlReader(
        body, content_type, url, zone, _require_feedparser if only_lxml else _parse_with_feedparser
    )


class JsonReader:
    """Reader of JSON Feed. Implements `FeedReader`."""

    skipped: Sequence[str] = ()

    def __init__(self, body: bytes, url: str, zone: tzinfo) -> None:
        self._feed, self._items = jsonfeed.load(body, url)
        self._url, self._zone = url, zone
        self.entries = [json.dumps(item).encode() for item in self._items]
        self.context = f"{url}\n{zone}".encode()

    def read(self, indexes: Sequence[int] | None = None) -> ParsedFeed:
        """Convert the items at these indexes, or all for None."""
        items = self._items if indexes is None else [self._items[index] for index in indexes]
        return ParsedFeed(
            feed=replace(self._feed, parser="json"),
            entries=[jsonfeed.map_entry(item, self._url, self._zone) for item in items],
            is_well_formed=True,
        )


class XmlReader:
    """Reader of RSS, Atom and CDF. Implements `FeedReader`."""

    def __init__(
        self, body: bytes, content_type: str | None, url: str, zone: tzinfo, fallback: ParseXml
    ) -> None:
        starts = entry_starts(body)
        self._body, self.skipped = limit_entries(body, starts, MAX_ENTRIES)
        self._content_type = feedparser_content_type(self._body, content_type)
        self._split = None if self.skipped else entry_cache.split_feed(self._body, starts)
        self._url, self._zone, self._fallback = url, zone, fallback
        self.entries: Sequence[bytes] = self._split.entries if self._split else ()
        tags = self._split.context() if self._split else b""
        self.context = f"{url}\n{zone}\n{self._content_type}\n".encode() + tags

    def read(self, indexes: Sequence[int] | None = None) -> ParsedFeed:
        """Parse the entries at these indexes, or all for None. Raises ParseError."""
        body = self._body
        if self._split is not None and indexes is not None:
            body = self._split.with_entries(indexes)
        body = repair(body)
        document = lxml_parser.parse_document(body, self._content_type)
        if not isinstance(document, str):
            parsed = self._map(document, "lxml")
            if _has_all_dates(document, parsed):
                return parsed
        return self._map(self._fallback(body, self._content_type), "feedparser")

    def _map(self, document: FeedparserResult, parser: str) -> ParsedFeed:
        feed = replace(map_feed(document, self._url, self._zone), parser=parser)
        return ParsedFeed(
            feed=feed,
            entries=[
                map_entry(entry, feed.format, self._url, self._zone) for entry in document.entries
            ],
            is_well_formed=bool(document.version) and not document.bozo,
        )


def _has_all_dates(document: FeedparserResult, parsed: ParsedFeed) -> bool:
    """Whether every date was parsed: feedparser knows more notations."""
    if document.feed.get("updated") and parsed.feed.updated is None:
        return False
    return all(map(_has_dates, document.entries, parsed.entries))


def _has_dates(fields: Fields, entry: RawEntry) -> bool:
    published, updated = fields.get("published"), fields.get("updated")
    if published and updated and parse_instant(published) is None:
        return False  # entry.published then holds the `updated` date
    return not ((published and entry.published is None) or (updated and entry.updated is None))


def _require_feedparser(body: bytes, content_type: str) -> FeedparserResult:
    raise FeedparserNeeded


def _parse_with_feedparser(body: bytes, content_type: str) -> FeedparserResult:
    # No content-location: feedparser would resolve ids against it. `feedparser_mapping` resolves
    # the links.
    try:
        document: FeedparserResult = feedparser.parse(
            body,
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": content_type},
        )
    except _FEEDPARSER_ERRORS as error:
        raise ParseError(f"a feed too broken to read ({type(error).__name__})") from error
    if not document.version and not document.entries and "updated" not in document.feed:
        raise ParseError("not a feed: no RSS, Atom, CDF or JSON Feed")
    return document
