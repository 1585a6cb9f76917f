"""Feed bytes → `Feed`: RSS 0.9x, 1.0, 2.0, Atom 0.3, 1.0, CDF by feedparser, JSON Feed by ours.

Pure and deterministic. What feedparser is known to get wrong is put right here, mostly before it
sees the bytes.
"""

import calendar
import html
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urljoin

import feedparser

from monitor.core import jsonfeed
from monitor.core.clean import clean_line, plain
from monitor.core.entries import (
    LONGEST_LINK,
    MOST,
    NAME,
    TITLE,
    Said,
    entry_of,
    is_empty,
    told_apart,
)
from monitor.core.feed_bytes import announced_encoding, mended, refused, within_bounds
from monitor.core.feed_dates import instant
from monitor.errors import ParseError
from monitor.model import Entry, Feed

# What feedparser was seen to raise over broken markup, all of it from its own assumptions.
_STUMBLES = (AttributeError, LookupError, TypeError, ValueError, RecursionError)

_SUMMARIES = ("summary", "itunes_own-summary", "media_own-description")

Parsed = Any  # a FeedParserDict: its keys differ from feed to feed


def parse(body: bytes, *, url: str, content_type: str | None = None, zone: tzinfo = UTC) -> Feed:
    """The feed with at most the newest 10,000 entries, in its order.

    `url` is where it came from (after redirects; empty: relative links stay so), `zone` the zone of
    stamps that name none. Raises ParseError.
    """
    if reason := refused(body):
        raise ParseError(reason)
    if body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"{", b"["):
        feed, told = jsonfeed.read(body, url=url, zone=zone)
        return _finished(feed, told, [])
    body, skipped = within_bounds(body, MOST)
    parsed = _parsed(body, content_type)
    feed = _head(parsed, url, zone)
    return _finished(feed, [_said(entry, feed, url, zone) for entry in parsed.entries], skipped)


def _parsed(body: bytes, content_type: str | None) -> Parsed:
    """Without content-location: ids would change with the address; `_joined` does the links."""
    try:
        parsed = feedparser.parse(
            mended(body),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": announced_encoding(body, content_type)},
        )
    except _STUMBLES as error:
        raise ParseError(f"a feed too broken to read ({type(error).__name__})") from error
    if not parsed.version and not parsed.entries and "updated" not in parsed.feed:
        raise ParseError("not a feed: no RSS, Atom, CDF or JSON Feed")
    return parsed


def _finished(feed: Feed, told: Iterable[Said], skipped: list[str]) -> Feed:
    entries: list[Entry] = []
    for said in told:
        match entry_of(said):
            case Entry() as entry:
                entries.append(entry)
            case str(reason):
                skipped.append(reason)
    entries = [entry for entry in entries if not is_empty(entry)] or entries
    if len(entries) > MOST:
        skipped.append(f"{len(entries) - MOST:,} entries beyond the newest {MOST:,}")
    return replace(feed, entries=told_apart(entries[:MOST]), skipped=tuple(skipped))


# ── the head ─────────────────────────────────────────────────────────────────────────────


def _head(parsed: Parsed, url: str, zone: tzinfo) -> Feed:
    said = parsed.feed
    updated = said.get("updated") if "updated" in said else None
    return Feed(
        format=parsed.version or "unknown",
        title=_title(said, parsed.version),
        link=_joined(url, _link(said)),
        language=clean_line(said.get("language") or "", 35) or None,
        updated=_when(updated, said.get("updated_parsed") if updated else None, zone),
        ttl=_minutes(said.get("ttl")),
        sy_period=clean_line(said.get("sy_updateperiod") or "", 20) or None,
        self_url=next(iter(_related(said, "self", url)), None),
        hubs=tuple(_related(said, "hub", url)),
    )


def _related(said: Parsed, rel: str, url: str) -> list[str]:
    found = (
        _joined(url, link.get("href")) for link in said.get("links", []) if link.get("rel") == rel
    )
    return [link for link in found if link]


def _minutes(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text.strip()) else None


# ── entries ──────────────────────────────────────────────────────────────────────────────


def _said(entry: Parsed, feed: Feed, url: str, zone: tzinfo) -> Said:
    published, updated = _dates(entry, feed.format, zone)
    enclosures = (_joined(url, each.get("href")) for each in entry.get("enclosures", []))
    return Said(
        id=entry.get("id"),
        link=_joined(url, _link(entry)),
        title=_title(entry, feed.format),
        published=published,
        updated=updated,
        authors=_authors(entry),
        summary=_summary(entry),
        content=[part.get("value") or "" for part in entry.get("content", [])],
        categories=[tag.get("term") or tag.get("label") or "" for tag in entry.get("tags", [])],
        enclosures=[link for link in enclosures if link],
        language=entry.get("language"),
    )


def _title(said: Parsed, version: str) -> str | None:
    """Titles of RSS are HTML in practice; those of Atom are what their type says."""
    title, detail = said.get("title"), said.get("title_detail") or {}
    if not title:
        return None
    if detail.get("type") != "text/plain":
        return plain(title, TITLE)
    return str(title) if version.startswith("atom") else html.unescape(title[: 4 * TITLE])


def _link(said: Parsed) -> str | None:
    """The first alternate; feedparser prefers the last <atom:link>, in RSS a related story."""
    alternates = [
        link
        for link in said.get("links", [])
        if link.get("rel") == "alternate" and link.get("href")
    ]
    if alternates:
        return str(next(filter(_is_page, alternates), alternates[0])["href"])
    link = str(said.get("link") or "")
    if said.get("guidislink") and "://" not in link:  # a number that nobody marked as no link
        return None
    return link or None


def _is_page(link: Parsed) -> bool:
    kind = (link.get("type") or "text/html").partition(";")[0].strip()
    return kind in {"text/html", "application/xhtml+xml"}


def _dates(entry: Parsed, version: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """`updated` only where the feed says it: feedparser answers with `published` otherwise."""
    published = updated = None
    if "published" in entry:
        published = _when(entry.get("published"), entry.get("published_parsed"), zone)
    if "updated" in entry:
        updated = _when(entry.get("updated"), entry.get("updated_parsed"), zone)
    if published is None and not version.startswith("atom"):
        published = updated  # dc:date of RSS 1.0
    return published, updated


def _when(text: str | None, parsed: Any, zone: tzinfo) -> datetime | None:
    if text and (at := instant(text, zone)):
        return at
    if parsed is None or parsed[0] < 1000:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):  # years no calendar has
        return None


def _summary(entry: Parsed) -> str | None:
    found = (entry.get(name) for name in _SUMMARIES)
    return next((text for text in found if text and isinstance(text, str)), None)


def _authors(entry: Parsed) -> list[str]:
    found = (who.get("name") or who.get("email") or "" for who in entry.get("authors", []))
    return [html.unescape(name[: 4 * NAME]) for name in found if name]


def _joined(url: str, link: str | None) -> str | None:
    """The link as a page at `url` means it: http(s) only, unless we do not know where we are."""
    if not link or not url or len(link) > LONGEST_LINK:
        return link or None  # the entry then says that it was too long
    try:
        joined = urljoin(url, link.strip())
    except ValueError:  # a broken IPv6 literal
        return None
    return joined if joined.lower().startswith(("http://", "https://")) else None
