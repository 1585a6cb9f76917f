"""Maps feedparser's fields to ours: a document to a `Feed` without entries, an entry to `RawEntry`.

The lxml parser fills in the same fields.
"""

import calendar
import html
import re
from datetime import UTC, datetime, tzinfo
from typing import Literal, TypeVar
from urllib.parse import urljoin

from monitor.core.dates import parse_instant
from monitor.core.feeds.entries import LONGEST_LINK, NAME, TITLE, RawEntry
from monitor.core.feeds.feedparser_types import FeedparserResult, Fields, Link, Person, Tag, Text
from monitor.core.text import clean_line, html_to_text
from monitor.model import Feed

T = TypeVar("T")
TextKey = Literal[
    "id",
    "language",
    "published",
    "updated",
    "summary",
    "itunes_own-summary",
    "media_own-description",
    "ttl",
    "sy_updateperiod",
]

_SUMMARIES: tuple[TextKey, ...] = ("summary", "itunes_own-summary", "media_own-description")

# An address that joining to another changes in nothing.
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9_.:-]+(?:/[^\s?#;]*)?(?:\?[^\s#]+)?(?:#\S+)?")
# ── the head ─────────────────────────────────────────────────────────────────────────────


def head_of(document: FeedparserResult, url: str, zone: tzinfo) -> Feed:
    """Return the feed without its entries."""
    fields = document.feed
    return Feed(
        format=document.version or "unknown",
        title=_title(fields, document.version),
        link=_joined(url, _link(fields)),
        language=clean_line(_text(fields, "language") or "", 35) or None,
        updated=_stamp(fields, "updated", zone),
        ttl=_minutes(_text(fields, "ttl")),
        sy_period=clean_line(_text(fields, "sy_updateperiod") or "", 20) or None,
        self_url=next(iter(_related(fields, "self", url)), None),
        hubs=tuple(_related(fields, "hub", url)),
    )


def _related(fields: Fields, rel: str, url: str) -> list[str]:
    found = (_joined(url, link.get("href")) for link in _links(fields) if link.get("rel") == rel)
    return [link for link in found if link]


def _minutes(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text.strip()) else None


# ── entries ──────────────────────────────────────────────────────────────────────────────


def raw_entry(entry: Fields, version: str, url: str, zone: tzinfo) -> RawEntry:
    """Return what the feed holds of one entry."""
    published, updated = _dates(entry, version, zone)
    return RawEntry(
        id=_text(entry, "id"),
        link=_joined(url, _link(entry)),
        title=_title(entry, version),
        published=published,
        updated=updated,
        authors=_authors(entry),
        summary=_summary(entry),
        content=[part.get("value") or "" for part in _contents(entry)],
        categories=[tag.get("term") or tag.get("label") or "" for tag in _tags(entry)],
        enclosures=_related(entry, "enclosure", url),
        language=_text(entry, "language"),
    )


def _title(fields: Fields, version: str) -> str | None:
    """Titles of RSS are HTML in practice; those of Atom are what their type says."""
    title, detail = fields.get("title"), fields.get("title_detail") or Text()
    if not title:
        return None
    if detail.get("type") != "text/plain":
        return html_to_text(title, TITLE)
    return str(title) if version.startswith("atom") else html.unescape(title[: 4 * TITLE])


def _link(fields: Fields) -> str | None:
    """The first alternate; feedparser prefers the last <atom:link>, in RSS a related story."""
    alternates = [
        link for link in _links(fields) if link.get("rel") == "alternate" and link.get("href")
    ]
    if alternates:
        return str(next(filter(_is_page, alternates), alternates[0])["href"])
    link = str(fields.get("link") or "")
    if fields.get("guidislink") and "://" not in link:  # a number that nobody marked as no link
        return None
    return link or None


def _is_page(link: Link) -> bool:
    kind = (link.get("type") or "text/html").partition(";")[0].strip()
    return kind in {"text/html", "application/xhtml+xml"}


def _dates(entry: Fields, version: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    published, updated = _stamp(entry, "published", zone), _stamp(entry, "updated", zone)
    if published is None and not version.startswith("atom"):
        published = updated  # dc:date of RSS 1.0
    return published, updated


def _stamp(fields: Fields, key: Literal["published", "updated"], zone: tzinfo) -> datetime | None:
    """Only what the feed says: feedparser answers with `published` where it says no `updated`."""
    text = _text(fields, key) if key in fields else None
    if text and (at := parse_instant(text, zone)):
        return at
    parsed = _parsed_stamp(fields, key)
    if parsed is None or parsed[0] < 1000:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):  # years no calendar has
        return None


def _parsed_stamp(fields: Fields, key: Literal["published", "updated"]) -> tuple[int, ...] | None:
    """Asked by `in`: a FeedParserDict's `get` answers with another field."""
    if key == "published":
        return fields["published_parsed"] if "published_parsed" in fields else None  # noqa: SIM401
    return fields["updated_parsed"] if "updated_parsed" in fields else None  # noqa: SIM401


def _summary(entry: Fields) -> str | None:
    return next(filter(None, (_text(entry, name) for name in _SUMMARIES)), None)


def _authors(entry: Fields) -> list[str]:
    people: list[Person] = _dicts(entry.get("authors"))
    found = (who.get("name") or who.get("email") or "" for who in people)
    return [html.unescape(name[: 4 * NAME]) for name in found if name]


# ── fields hold whatever a feed has under their names ────────────────────────────────────


def _text(fields: Fields, key: TextKey) -> str | None:
    text = fields.get(key)
    return text if isinstance(text, str) else None


def _links(fields: Fields) -> list[Link]:
    return _dicts(fields.get("links"))


def _tags(fields: Fields) -> list[Tag]:
    return _dicts(fields.get("tags"))


def _contents(fields: Fields) -> list[Text]:
    return _dicts(fields.get("content"))


def _dicts(found: list[T] | None) -> list[T]:
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
