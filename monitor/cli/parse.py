"""`parse`: feeds to JSON lines."""

import asyncio
import zlib
from pathlib import Path
from typing import Any

import click

from monitor.cli.context import FAILED, config_path, emit, load_settings, options
from monitor.errors import ConfigError, MonitorError, ParseError
from monitor.model import Entry, Errand, Feed, utc_text
from monitor.settings import NetworkSettings

LARGEST = 100_000_000  # bytes, decompressed: a file is the user's own, but may be a mistake

_EMPTY_HEAD: dict[str, Any] = {
    "title": None,
    "link": None,
    "language": None,
    "format": None,
    "updated": None,
    "ttl": None,
    "sy_period": None,
    "self": None,
    "hub": [],
}


@click.command()
@options
@click.option("--content-type", metavar="TYPE", help="The Content-Type the feeds were served with.")
@click.argument("places", metavar="FILE|URL...", nargs=-1, required=True)
@click.pass_context
def parse(ctx: click.Context, content_type: str | None, places: tuple[str, ...]) -> int:
    """Feeds to JSON lines: one object a feed, in order."""
    failed = False
    for place in places:
        row = _row(ctx, place, content_type)
        emit(row)
        if row["error"]:
            failed = True
            click.echo(f"{place}: {row['error']}", err=True)
    return FAILED if failed else 0


def _row(ctx: click.Context, place: str, content_type: str | None) -> dict[str, Any]:
    from monitor.core import feeds

    try:
        body, url, served_as = _body(ctx, place)
        feed = feeds.parse(body, url=url, content_type=content_type or served_as)
    except ConfigError:
        raise
    except (MonitorError, OSError) as error:
        return {"file": _name(place), "feed": _EMPTY_HEAD, "entries": [], "error": _why(error)}
    return {"file": _name(place), **as_json(feed), "error": None}


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _is_url(place: str) -> bool:
    return place.lower().startswith(("http://", "https://"))


def _name(place: str) -> str:
    return place if _is_url(place) else Path(place).name


# ── where the bytes come from ────────────────────────────────────────────────────────────


def _body(ctx: click.Context, place: str) -> tuple[bytes, str, str | None]:
    """The bytes, their address (of a file: none), their Content-Type. FetchError, OSError."""
    if not _is_url(place):
        return _unzipped(Path(place).read_bytes()), "", None
    from monitor.service import fetch_once

    page = asyncio.run(fetch_once(place, errand=Errand.FEED, network=_network(ctx)))
    return page.body, page.url, page.content_type


def _network(ctx: click.Context) -> NetworkSettings:
    """As configured; `parse` works without a configuration too."""
    from monitor import config
    from monitor.config.shape import VERSION_AGENT

    try:
        config.find(config_path(ctx))
    except ConfigError:
        if config_path(ctx):
            raise
        return NetworkSettings(user_agent=VERSION_AGENT)
    return load_settings(ctx).network


def _unzipped(body: bytes) -> bytes:
    """Raises ParseError for a broken archive and for a bomb."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        inflater = zlib.decompressobj(wbits=31)
        whole = inflater.decompress(body, LARGEST)
    except zlib.error as error:
        raise ParseError(f"a broken gzip file ({error})") from error
    if not inflater.eof:
        raise ParseError("a gzip file that is cut short, or larger than 100 MB inside")
    return whole


# ── as JSON ──────────────────────────────────────────────────────────────────────────────


def as_json(feed: Feed) -> dict[str, Any]:
    """What the contract's section 5 shows of a feed, without `file` and `error`."""
    return {"feed": _head(feed), "entries": [_entry(entry) for entry in feed.entries]}


def _head(feed: Feed) -> dict[str, Any]:
    return {
        "title": feed.title,
        "link": feed.link,
        "language": feed.language,
        "format": feed.format,
        "updated": feed.updated and utc_text(feed.updated),
        "ttl": feed.ttl,
        "sy_period": feed.sy_period,
        "self": feed.self_url,
        "hub": list(feed.hubs),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "link": entry.link,
        "title": entry.title,
        "published": entry.published and utc_text(entry.published),
        "updated": entry.updated and utc_text(entry.updated),
        "authors": list(entry.authors),
        "summary": entry.summary,
        "content": list(entry.content),
        "categories": list(entry.categories),
        "enclosures": list(entry.enclosures),
    }
