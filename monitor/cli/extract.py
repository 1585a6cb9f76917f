"""The `extract` command: article pages to JSON lines."""

import sys
from collections.abc import Iterable
from typing import Any

import click

from monitor.cli.context import FAILED, WrongUse, now, options
from monitor.cli.output import Form, Output, data_options
from monitor.cli.places import display_name, read_place
from monitor.core.dates import find_zone
from monitor.errors import ConfigError, MonitorError
from monitor.model import Article, Dated, FetchKind

MIN_FOR_PROGRESS = 20  # pages


class Zone(click.ParamType[str]):
    """An IANA name."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the name; fails with a usage error."""
        if find_zone(value) is None:
            self.fail(f"{value!r} is no time zone such as America/Phoenix", param, ctx)
        return str(value)


@click.command()
@options
@data_options
@click.option(
    "--timezone", type=Zone(), default="UTC", show_default=True, help="Of stamps that name none."
)
@click.option("--url", metavar="URL", help="The address of a page that is read from a file.")
@click.argument("places", metavar="FILE|URL...", nargs=-1, required=True)
@click.pass_context
def extract(ctx: click.Context, timezone: str, url: str | None, places: tuple[str, ...]) -> int:
    """Read article pages: one JSON object a page, in order; no configuration is needed.

    Example: news-monitor extract page.html https://example.org/story
    """
    if url is not None and len(places) > 1:
        raise WrongUse("--url is the address of one page: name one file with it")
    output, failed = Output.of(ctx, Form.JSON), False
    for place in _with_progress(places):
        row, unread = _row(ctx, place, timezone, url)
        output.print_row(row)
        if unread:
            failed = True
            click.echo(f"{place}: {row['error']}", err=True)
    return FAILED if failed else 0


def _with_progress(places: tuple[str, ...]) -> Iterable[str]:
    """Iterate with a progress bar, on a terminal and with many pages."""
    if len(places) < MIN_FOR_PROGRESS or not sys.stderr.isatty():
        return places
    from rich.console import Console
    from rich.progress import track

    return track(places, "extracting", console=Console(stderr=True))


def _row(
    ctx: click.Context, place: str, zone: str, address: str | None
) -> tuple[dict[str, Any], bool]:
    """Return the output of a page, and whether the page could not be read at all."""
    from monitor.core.pages import extract_article

    try:
        body, url, served_as = read_place(ctx, place, FetchKind.ARTICLE)
        article = extract_article(
            body, url=url or address, content_type=served_as, zone=zone, now=now()
        )
    except ConfigError:
        raise
    except (MonitorError, OSError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return article_row(display_name(place), Article(url=None, title="", no_article=why)), True
    return article_row(display_name(place), article), False


def article_row(file: str, article: Article) -> dict[str, Any]:
    """Return a page's output: unknown is null or [], instants are UTC, a day alone is a date."""
    return {
        "file": file,
        "url": article.url,
        "title": article.title or None,
        "authors": list(article.authors),
        "published": _format_date(article.published),
        "updated": _format_date(article.updated),
        "text": article.text or None,
        "tags": list(article.tags),
        "language": article.language,
        "dates": {"published": _date_row(article.published), "updated": _date_row(article.updated)},
        "error": article.no_article,
    }


def _format_date(dated: Dated | None) -> str | None:
    return dated.text() if dated else None


def _date_row(dated: Dated | None) -> dict[str, Any] | None:
    if dated is None:
        return None
    return {"at": dated.text(), "origin": dated.origin.value, "exact": dated.exact}
