"""Parses JSON Feed 1.0 and 1.1 (jsonfeed.org), leniently: a field of the wrong type is ignored."""

import json
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any
from urllib.parse import urljoin

from monitor.core.dates import parse_instant
from monitor.core.feeds.entries import MAX_ENTRIES, RawEntry
from monitor.errors import ParseError
from monitor.model import Feed

JsonObject = dict[str, Any]


def load(body: bytes, url: str) -> tuple[Feed, list[JsonObject]]:
    """Decode a JSON Feed into a `Feed` without entries and its decoded items.

    Raises:
        ParseError: the bytes are broken JSON, or JSON but no JSON Feed.
    """
    top = _decode_json(body)
    if not isinstance(top, dict) or not isinstance(top.get("items"), list):
        raise ParseError("not a feed: JSON, but no JSON Feed")
    hubs = (_text(hub.get("url")) for hub in _objects(top.get("hubs")))
    feed = Feed(
        format="json10" if str(top.get("version", "")).endswith("/1") else "json11",
        title=_text(top.get("title")),
        link=_resolve(url, top.get("home_page_url")),
        language=_text(top.get("language")),
        self_url=_resolve(url, top.get("feed_url")),
        hubs=tuple(filter(None, hubs)),
    )
    return feed, [item for item in top["items"][: 2 * MAX_ENTRIES] if isinstance(item, dict)]


def _decode_json(body: bytes) -> Any:
    """Decode JSON, leaving numbers as text: converting a million digits takes quadratic time."""
    try:
        encoding = json.detect_encoding(body)
        text = body.decode(encoding, "replace").removeprefix("\ufeff")
        return json.loads(text, strict=False, parse_int=str, parse_float=str, parse_constant=str)
    except ValueError as error:
        raise ParseError(f"not a feed: broken JSON ({error})") from error
    except RecursionError as error:
        raise ParseError("not a feed: JSON nested too deep") from error


def map_entry(item: JsonObject, url: str, zone: tzinfo) -> RawEntry:
    """Map a decoded item to an entry; `url` resolves links, `zone` dates without a zone."""
    parts = filter(None, (_text(item.get("content_html")), _as_html(item.get("content_text"))))
    content = list(parts)[:1]
    attachments = (_resolve(url, part.get("url")) for part in _objects(item.get("attachments")))
    return RawEntry(
        id=_text(item.get("id")),
        link=_resolve(url, item.get("url")) or _resolve(url, item.get("external_url")),
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


def _authors(item: JsonObject) -> Iterator[str]:
    for author in [*_objects(item.get("authors")), *_objects([item.get("author")])]:
        if name := _text(author.get("name")):
            yield name


def _tags(value: object) -> list[str]:
    values = value if isinstance(value, list) else str(value or "").split(",")
    return [tag for tag in map(_text, values) if tag]


def _objects(value: object) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _as_html(value: object) -> str | None:
    """Escape plain text as HTML, the notation of all entry content."""
    text = _text(value)
    return text.replace("&", "&amp;").replace("<", "&lt;") if text else None


def _resolve(url: str, link: object) -> str | None:
    text = _text(link)
    try:
        return urljoin(url, text) if text else None
    except ValueError:  # a broken IPv6 literal
        return None
