"""The `parse` command: feeds to JSON lines."""

from typing import Any

import click

from monitor.cli.context import FAILED, options
from monitor.cli.output import Form, Output, data_options
from monitor.cli.places import display_name, read_place
from monitor.errors import ConfigError, MonitorError
from monitor.model import Entry, Feed, FetchKind, utc_text

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
@data_options
@click.option("--content-type", metavar="TYPE", help="The Content-Type the feeds were served with.")
@click.argument("places", metavar="FILE|URL...", nargs=-1, required=True)
@click.pass_context
def parse(ctx: click.Context, content_type: str | None, places: tuple[str, ...]) -> int:
    """Read feeds: one JSON object a feed, in order; no configuration is needed.

    Example: news-monitor parse https://example.org/rss
    """
    output, failed = Output.of(ctx, Form.JSON), False
    for place in places:
        row = _row(ctx, place, content_type)
        output.print_row(row)
        if row["error"]:
            failed = True
            click.echo(f"{place}: {row['error']}", err=True)
    return FAILED if failed else 0


def _row(ctx: click.Context, place: str, content_type: str | None) -> dict[str, Any]:
    from monitor.core.feeds import parse as parse_feed

    try:
        body, url, served_as = read_place(ctx, place, FetchKind.FEED)
        feed = parse_feed(body, url=url, content_type=content_type or served_as)
    except ConfigError:
        raise
    except (MonitorError, OSError) as error:
        return {
            "file": display_name(place),
            "feed": _EMPTY_HEAD,
            "entries": [],
            "error": _reason(error),
        }
    return {"file": display_name(place), **as_json(feed), "error": None}


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


# ── as JSON ──────────────────────────────────────────────────────────────────────────────


def as_json(feed: Feed) -> dict[str, Any]:
    """Return a feed's output without `file` and `error`."""
    return {"feed": _feed_row(feed), "entries": [_entry_row(entry) for entry in feed.entries]}


def _feed_row(feed: Feed) -> dict[str, Any]:
    return {
        "title": feed.title,
        "link": feed.link,
        "language": feed.language,
        "format": feed.format,
        "updated": utc_text(feed.updated),
        "ttl": feed.ttl,
        "sy_period": feed.sy_period,
        "self": feed.self_url,
        "hub": list(feed.hubs),
    }


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "link": entry.link,
        "title": entry.title,
        "published": utc_text(entry.published),
        "updated": utc_text(entry.updated),
        "authors": list(entry.authors),
        "summary": entry.summary,
        "content": list(entry.content),
        "categories": list(entry.categories),
        "enclosures": list(entry.enclosures),
    }
