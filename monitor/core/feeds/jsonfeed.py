"""JSON Feed 1.0 and 1.1 (jsonfeed.org), parsed as generously as the XML formats are."""

import json
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any
from urllib.parse import urljoin

from monitor.core.dates import parse_instant
from monitor.core.feeds.entries import MOST, RawEntry
from monitor.errors import ParseError
from monitor.model import Feed

Item = dict[str, Any]


def load(body: bytes, url: str) -> tuple[Feed, list[Item]]:
    """Return the feed without its entries, and the items as decoded. Raises ParseError."""
    top = _loaded(body)
    if not isinstance(top, dict) or not isinstance(top.get("items"), list):
        raise ParseError("not a feed: JSON, but no JSON Feed")
    hubs = (_text(hub.get("url")) for hub in _objects(top.get("hubs")))
    feed = Feed(
        format="json10" if str(top.get("version", "")).endswith("/1") else "json11",
        title=_text(top.get("title")),
        link=_joined(url, top.get("home_page_url")),
        language=_text(top.get("language")),
        self_url=_joined(url, top.get("feed_url")),
        hubs=tuple(filter(None, hubs)),
    )
    return feed, [item for item in top["items"][: 2 * MOST] if isinstance(item, dict)]


def _loaded(body: bytes) -> Any:
    """Numbers stay text: a guid of a million digits is no reason to compute."""
    try:
        encoding = json.detect_encoding(body)
        text = body.decode(encoding, "replace").removeprefix("\ufeff")
        return json.loads(text, strict=False, parse_int=str, parse_float=str, parse_constant=str)
    except ValueError as error:
        raise ParseError(f"not a feed: broken JSON ({error})") from error
    except RecursionError as error:
        raise ParseError("not a feed: JSON nested too deep") from error


def raw_entry(item: Item, url: str, zone: tzinfo) -> RawEntry:
    """Return what the feed holds of one entry."""
    parts = filter(None, (_text(item.get("content_html")), _as_html(item.get("content_text"))))
    content = list(parts)[:1]
    attachments = (_joined(url, each.get("url")) for each in _objects(item.get("attachments")))
    return RawEntry(
        id=_text(item.get("id")),
        link=_joined(url, item.get("url")) or _joined(url, item.get("external_url")),
        title=_text(item.get("title")),
        published=parse_instant(_text(item.get("date_published")) or "", zone),
        updated=parse_instant(_text(item.get("date_modified")) or "", zone),
        authors=list(_authors(item)),
        summary=_as_html(item.get("summary")),
        content=content,
        categories=_tags(item.get("tags")),
        enclosures=list(filter(None, attachments)),
        language=_text(item.get("language")),
    )


def _authors(item: Item) -> Iterator[str]:
    for author in [*_objects(item.get("authors")), *_objects([item.get("author")])]:
        if name := _text(author.get("name")):
            yield name


def _tags(value: object) -> list[str]:
    found = value if isinstance(value, list) else str(value or "").split(",")
    return [tag for tag in map(_text, found) if tag]


def _objects(value: object) -> list[Item]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _as_html(value: object) -> str | None:
    """Plain text in the one notation that every content of an entry has."""
    text = _text(value)
    return text.replace("&", "&amp;").replace("<", "&lt;") if text else None


def _joined(url: str, link: object) -> str | None:
    text = _text(link)
    try:
        return urljoin(url, text) if text else None
    except ValueError:  # a broken IPv6 literal
        return None
