"""Maps feedparser's result to the model: its feed fields to a `Feed`, its entries to `RawEntry`.

The lxml parser returns the same fields. Corrects choices of feedparser that are wrong for news,
such as its preference for the last link. Does not clean or bound entries (`entries`).
"""

import calendar
import html
import re
from datetime import UTC, datetime, tzinfo
from typing import Literal, TypeVar
from urllib.parse import urljoin

from monitor.core.dates import parse_instant
from monitor.core.feeds.entries import MAX_LINK_LENGTH, MAX_NAME_LENGTH, MAX_TITLE_LENGTH, RawEntry
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

# URLs that need no resolution, the common case.
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9_.:-]+(?:/[^\s?#;]*)?(?:\?[^\s#]+)?(?:#\S+)?")

# ── feed ─────────────────────────────────────────────────────────────────────────────────


def map_feed(document: FeedparserResult, url: str, zone: tzinfo) -> Feed:
    """Map the fields of the feed itself; `url` resolves links, `zone` dates without a zone."""
    fields = document.feed
    return Feed(
        format=document.version or "unknown",
        title=_title(fields, document.version),
        link=_resolve(url, _link(fields)),
        language=clean_line(_text(fields, "language") or "", 35) or None,
        updated=_date(fields, "updated", zone),
        ttl=_minutes(_text(fields, "ttl")),
        sy_period=clean_line(_text(fields, "sy_updateperiod") or "", 20) or None,
        self_url=next(iter(_links_with_rel(fields, "self", url)), None),
        hubs=tuple(_links_with_rel(fields, "hub", url)),
    )


def _links_with_rel(fields: Fields, rel: str, url: str) -> list[str]:
    found = (_resolve(url, link.get("href")) for link in _links(fields) if link.get("rel") == rel)
    return [link for link in found if link]


def _minutes(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text.strip()) else None


# ── entries ──────────────────────────────────────────────────────────────────────────────


def map_entry(entry: Fields, version: str, url: str, zone: tzinfo) -> RawEntry:
    """Map the fields of one entry; `url` resolves links, `zone` dates without a zone."""
    published, updated = _dates(entry, version, zone)
    return RawEntry(
        id=_text(entry, "id"),
        link=_resolve(url, _link(entry)),
        title=_title(entry, version),
        published=published,
        updated=updated,
        authors=_authors(entry),
        summary=_summary(entry),
        content=[part.get("value") or "" for part in _contents(entry)],
        categories=[tag.get("term") or tag.get("label") or "" for tag in _tags(entry)],
        enclosures=_links_with_rel(entry, "enclosure", url),
        language=_text(entry, "language"),
    )


def _title(fields: Fields, version: str) -> str | None:
    """Return the title as text: RSS titles are HTML in practice, Atom declares the type."""
    title, detail = fields.get("title"), fields.get("title_detail") or Text()
    if not title:
        return None
    if detail.get("type") != "text/plain":
        return html_to_text(title, MAX_TITLE_LENGTH)
    if version.startswith("atom"):
        return str(title)
    return html.unescape(title[: 4 * MAX_TITLE_LENGTH])


def _link(fields: Fields) -> str | None:
    """Return the first alternate link, preferring HTML pages.

    feedparser prefers the last <atom:link>, which in RSS may be a related story.
    """
    alternates = [
        link for link in _links(fields) if link.get("rel") == "alternate" and link.get("href")
    ]
    if alternates:
        return str(next(filter(_is_page, alternates), alternates[0])["href"])
    link = str(fields.get("link") or "")
    if fields.get("guidislink") and "://" not in link:
        return None  # a guid such as "4711" without isPermaLink="false"
    return link or None


def _is_page(link: Link) -> bool:
    kind = (link.get("type") or "text/html").partition(";")[0].strip()
    return kind in {"text/html", "application/xhtml+xml"}


def _dates(entry: Fields, version: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    published, updated = _date(entry, "published", zone), _date(entry, "updated", zone)
    if published is None and not version.startswith("atom"):
        published = updated  # dc:date of RSS 1.0
    return published, updated


def _date(fields: Fields, key: Literal["published", "updated"], zone: tzinfo) -> datetime | None:
    """Parse a date that the feed states.

    Tested by `in`, since feedparser falls back to `published` for a missing `updated`.
    """
    text = _text(fields, key) if key in fields else None
    if text and (date := parse_instant(text, zone)):
        return date
    parsed = _feedparser_date(fields, key)
    if parsed is None or parsed[0] < 1000:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return None


def _feedparser_date(
    fields: Fields, key: Literal["published", "updated"]
) -> tuple[int, ...] | None:
    """Return feedparser's own parse, tested by `in`: `FeedParserDict.get` falls back to others."""
    if key == "published":
        return fields["published_parsed"] if "published_parsed" in fields else None  # noqa: SIM401
    return fields["updated_parsed"] if "updated_parsed" in fields else None  # noqa: SIM401


def _summary(entry: Fields) -> str | None:
    return next(filter(None, (_text(entry, name) for name in _SUMMARIES)), None)


def _authors(entry: Fields) -> list[str]:
    people: list[Person] = _dicts(entry.get("authors"))
    names = (person.get("name") or person.get("email") or "" for person in people)
    return [html.unescape(name[: 4 * MAX_NAME_LENGTH]) for name in names if name]


# ── checked access: a field may hold any type ────────────────────────────────────────────


def _text(fields: Fields, key: TextKey) -> str | None:
    text = fields.get(key)
    return text if isinstance(text, str) else None


def _links(fields: Fields) -> list[Link]:
    return _dicts(fields.get("links"))


def _tags(fields: Fields) -> list[Tag]:
    return _dicts(fields.get("tags"))


def _contents(fields: Fields) -> list[Text]:
    return _dicts(fields.get("content"))


def _dicts(values: list[T] | None) -> list[T]:
    if not isinstance(values, list):
        return []
    return [value for value in values if isinstance(value, dict)]


def _resolve(url: str, link: str | None) -> str | None:
    """Resolve a link against the feed's URL; None unless http(s). Unchanged if `url` is empty."""
    if not link or not url or len(link) > MAX_LINK_LENGTH or _ABSOLUTE.fullmatch(link):
        return link or None  # `clean_entry` reports one that is too long
    try:
        joined = urljoin(url, link.strip())
    except ValueError:  # a broken IPv6 literal
        return None
    return joined if joined.lower().startswith(("http://", "https://")) else None
