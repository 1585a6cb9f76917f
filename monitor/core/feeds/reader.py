"""Reads the entries of a feed: all of them, or only those at some places.

XML goes to lxml where a feed leaves feedparser no choice, else to feedparser; JSON Feed is ours.
Does not remember anything between two polls (`entry_cache`), nor bound and clean entries
(`entries`).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Protocol

import feedparser

from monitor.core.dates import parse_instant
from monitor.core.feeds import entry_cache, jsonfeed, lxml_parser
from monitor.core.feeds.entries import MOST, RawEntry
from monitor.core.feeds.feedparser_mapping import head_of, raw_entry
from monitor.core.feeds.feedparser_types import FeedparserResult, Fields
from monitor.core.feeds.preprocess import announced_encoding, mended, starts_of, within_bounds
from monitor.errors import ParseError
from monitor.model import Feed

# What feedparser was seen to raise over broken markup, all of it from its own assumptions.
_FEEDPARSER_ERRORS = (AttributeError, LookupError, TypeError, ValueError, RecursionError)

ParseXml = Callable[[bytes, str], FeedparserResult]  # (body, its announced content type)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """`is_sound`: the bytes were well-formed, so each entry stands for itself."""

    feed: Feed  # without entries
    entries: list[RawEntry]
    is_sound: bool


class FeedReader(Protocol):
    """A feed whose entries are not read yet."""

    @property
    def entries(self) -> Sequence[bytes]:
        """The bytes of each entry; none where it is in doubt where they begin and end."""

    @property
    def context(self) -> bytes:
        """What else the reading of an entry depends on."""

    @property
    def skipped(self) -> Sequence[str]:
        """Why entries were left out, a line each."""

    def read(self, places: Sequence[int] | None = None) -> ParsedFeed:
        """Read the entries at these places; all, if None. Raises ParseError."""


class FeedparserNeeded(Exception):
    """A feed that lxml cannot read as feedparser would."""


def open_feed(
    body: bytes, content_type: str | None, url: str, zone: tzinfo, *, only_lxml: bool = False
) -> FeedReader:
    """Return the reader of a feed's bytes. Raises ParseError.

    With `only_lxml` its `read` raises FeedparserNeeded instead of asking feedparser.
    """
    if body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"{", b"["):
        return JsonReader(body, url, zone)
    return XmlReader(body, content_type, url, zone, _refuse if only_lxml else _feedparser)


class JsonReader:
    """JSON Feed."""

    skipped: Sequence[str] = ()

    def __init__(self, body: bytes, url: str, zone: tzinfo) -> None:
        self._feed, self._items = jsonfeed.load(body, url)
        self._url, self._zone = url, zone
        self.entries = [json.dumps(item).encode() for item in self._items]
        self.context = f"{url}\n{zone}".encode()

    def read(self, places: Sequence[int] | None = None) -> ParsedFeed:
        items = self._items if places is None else [self._items[place] for place in places]
        return ParsedFeed(
            feed=replace(self._feed, lane="json"),
            entries=[jsonfeed.raw_entry(item, self._url, self._zone) for item in items],
            is_sound=True,
        )


class XmlReader:
    """RSS, Atom and CDF."""

    def __init__(
        self, body: bytes, content_type: str | None, url: str, zone: tzinfo, fallback: ParseXml
    ) -> None:
        starts = starts_of(body)
        self._body, self.skipped = within_bounds(body, starts, MOST)
        self._encoding = announced_encoding(self._body, content_type)
        self._pieces = None if self.skipped else entry_cache.cut(self._body, starts)
        self._url, self._zone, self._fallback = url, zone, fallback
        self.entries: Sequence[bytes] = self._pieces.entries if self._pieces else ()
        tags = self._pieces.context() if self._pieces else b""
        self.context = f"{url}\n{zone}\n{self._encoding}\n".encode() + tags

    def read(self, places: Sequence[int] | None = None) -> ParsedFeed:
        some = self._pieces.only(places) if self._pieces and places is not None else self._body
        body = mended(some)
        document = lxml_parser.read(body, self._encoding)
        if not isinstance(document, str):
            parsed = self._mapped(document, "fast")
            if _has_all_stamps(document, parsed):
                return parsed
        return self._mapped(self._fallback(body, self._encoding), "feedparser")

    def _mapped(self, document: FeedparserResult, lane: str) -> ParsedFeed:
        feed = replace(head_of(document, self._url, self._zone), lane=lane)
        return ParsedFeed(
            feed=feed,
            entries=[
                raw_entry(entry, feed.format, self._url, self._zone) for entry in document.entries
            ],
            is_sound=bool(document.version) and not document.bozo,
        )


def _has_all_stamps(document: FeedparserResult, parsed: ParsedFeed) -> bool:
    """Whether every stamp was read: feedparser knows more notations."""
    if document.feed.get("updated") and parsed.feed.updated is None:
        return False
    return all(map(_has_stamps, document.entries, parsed.entries))


def _has_stamps(fields: Fields, entry: RawEntry) -> bool:
    published, updated = fields.get("published"), fields.get("updated")
    if published and updated and parse_instant(published) is None:
        return False  # what entry.published holds then is the other stamp
    return not ((published and entry.published is None) or (updated and entry.updated is None))


def _refuse(body: bytes, encoding: str) -> FeedparserResult:
    raise FeedparserNeeded


def _feedparser(body: bytes, encoding: str) -> FeedparserResult:
    """Without content-location, by which ids would change: `feedparser_mapping` joins the links."""
    try:
        document: FeedparserResult = feedparser.parse(
            body,
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": encoding},
        )
    except _FEEDPARSER_ERRORS as error:
        raise ParseError(f"a feed too broken to read ({type(error).__name__})") from error
    if not document.version and not document.entries and "updated" not in document.feed:
        raise ParseError("not a feed: no RSS, Atom, CDF or JSON Feed")
    return document
