"""What feedparser's words for a feed and its entries mean: `Feed` without entries, and `Said`.

Both lanes that read XML speak these words.
"""

import calendar
import html
import re
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urljoin

from monitor.core.dates.parse import parse_instant
from monitor.core.feeds.entries import LONGEST_LINK, NAME, TITLE, Said
from monitor.core.text.clean import clean_line, plain
from monitor.model import Feed

_SUMMARIES = ("summary", "itunes_own-summary", "media_own-description")

# An address that joining to another changes in nothing.
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9_.:-]+(?:/[^\s?#;]*)?(?:\?[^\s#]+)?(?:#\S+)?")

Words = Any  # a FeedParserDict, or a dict with its keys; they differ from feed to feed


# ── the head ─────────────────────────────────────────────────────────────────────────────


def head_of(parsed: Words, url: str, zone: tzinfo) -> Feed:
    """The feed without its entries."""
    said = parsed.feed
    return Feed(
        format=parsed.version or "unknown",
        title=_title(said, parsed.version),
        link=_joined(url, _link(said)),
        language=clean_line(_text(said, "language") or "", 35) or None,
        updated=_stamp(said, "updated", zone),
        ttl=_minutes(_text(said, "ttl")),
        sy_period=clean_line(_text(said, "sy_updateperiod") or "", 20) or None,
        self_url=next(iter(_related(said, "self", url)), None),
        hubs=tuple(_related(said, "hub", url)),
    )


def _related(said: Words, rel: str, url: str) -> list[str]:
    found = (
        _joined(url, link.get("href")) for link in _each(said, "links") if link.get("rel") == rel
    )
    return [link for link in found if link]


def _minutes(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text.strip()) else None


# ── entries ──────────────────────────────────────────────────────────────────────────────


def said_of(entry: Words, version: str, url: str, zone: tzinfo) -> Said:
    """What is said of one entry."""
    published, updated = _dates(entry, version, zone)
    return Said(
        id=_text(entry, "id"),
        link=_joined(url, _link(entry)),
        title=_title(entry, version),
        published=published,
        updated=updated,
        authors=_authors(entry),
        summary=_summary(entry),
        content=[part.get("value") or "" for part in _each(entry, "content")],
        categories=[tag.get("term") or tag.get("label") or "" for tag in _each(entry, "tags")],
        enclosures=_related(entry, "enclosure", url),
        language=_text(entry, "language"),
    )


def _title(said: Words, version: str) -> str | None:
    """Titles of RSS are HTML in practice; those of Atom are what their type says."""
    title, detail = said.get("title"), said.get("title_detail") or {}
    if not title:
        return None
    if detail.get("type") != "text/plain":
        return plain(title, TITLE)
    return str(title) if version.startswith("atom") else html.unescape(title[: 4 * TITLE])


def _link(said: Words) -> str | None:
    """The first alternate; feedparser prefers the last <atom:link>, in RSS a related story."""
    alternates = [
        link for link in _each(said, "links") if link.get("rel") == "alternate" and link.get("href")
    ]
    if alternates:
        return str(next(filter(_is_page, alternates), alternates[0])["href"])
    link = str(said.get("link") or "")
    if said.get("guidislink") and "://" not in link:  # a number that nobody marked as no link
        return None
    return link or None


def _is_page(link: Words) -> bool:
    kind = (link.get("type") or "text/html").partition(";")[0].strip()
    return kind in {"text/html", "application/xhtml+xml"}


def _dates(entry: Words, version: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    published, updated = _stamp(entry, "published", zone), _stamp(entry, "updated", zone)
    if published is None and not version.startswith("atom"):
        published = updated  # dc:date of RSS 1.0
    return published, updated


def _stamp(words: Words, key: str, zone: tzinfo) -> datetime | None:
    """Only what the feed says: feedparser answers with `published` where it says no `updated`."""
    text = _text(words, key) if key in words else None
    if text and (at := parse_instant(text, zone)):
        return at
    parsed = words.get(f"{key}_parsed") if f"{key}_parsed" in words else None
    if parsed is None or parsed[0] < 1000:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):  # years no calendar has
        return None


def _summary(entry: Words) -> str | None:
    return next(filter(None, (_text(entry, name) for name in _SUMMARIES)), None)


def _authors(entry: Words) -> list[str]:
    found = (who.get("name") or who.get("email") or "" for who in _each(entry, "authors"))
    return [html.unescape(name[: 4 * NAME]) for name in found if name]


# An element of no name that feedparser knows is kept under that name, and with attributes it is a
# dict of them: `<date id="1">` and `<links id="1">` are what the two below are for.


def _text(words: Words, key: str) -> str | None:
    text = words.get(key)
    return text if isinstance(text, str) else None


def _each(words: Words, key: str) -> list[Words]:
    found = words.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _joined(url: str, link: str | None) -> str | None:
    """The link as a page at `url` means it: http(s) only, unless we do not know where we are."""
    if not link or not url or len(link) > LONGEST_LINK or _ABSOLUTE.fullmatch(link):
        return link or None  # the entry then says that it was too long
    try:
        joined = urljoin(url, link.strip())
    except ValueError:  # a broken IPv6 literal
        return None
    return joined if joined.lower().startswith(("http://", "https://")) else None
