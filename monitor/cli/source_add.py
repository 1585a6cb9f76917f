"""The `sources add` command: adds a feed to the configuration after a preview."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from monitor.cli.context import WrongUse, load_settings, options
from monitor.cli.output import Column, Output, Table, count_noun, printable, time_options
from monitor.core.text import redact_url, url_key
from monitor.errors import MonitorError
from monitor.model import Feed, Page, utc_text
from monitor.settings import Settings

if TYPE_CHECKING:
    from monitor.core.feeds import DiscoveredFeed

PREVIEWED = 10  # entries
MOST_OFFERED = 20  # feeds of one page

ENTRIES = Table(
    plain=("published_at", "title", "link"),
    columns=(Column(key="published_at", heading="published", time=True), Column(key="title")),
)


class Candidate(NamedTuple):
    """A feed that may be added: the URL to write, and the parsed feed."""

    url: str
    feed: Feed


@click.command()
@options
@time_options
@click.argument("url")
@click.option("--name", metavar="NAME", help="Its name; default: the feed's own title.")
@click.pass_context
def add(ctx: click.Context, url: str, name: str | None) -> None:
    """Add a feed, or the feed behind a page, to the configuration; comments are kept.

    Shows its newest entries first. Example: news-monitor sources add https://example.org/ --name ex
    """
    import asyncio

    from monitor.config.edit import add_sources

    settings, output = load_settings(ctx), Output.of(ctx)
    url = url if "://" in url else f"https://{url}"
    if name is not None:
        _refuse_name(settings, name)
    _refuse_watched(settings, url)
    found = asyncio.run(_find_candidate(settings, url))
    _refuse_watched(settings, found.url)
    if name is None:
        name = _default_name(found)
        _refuse_name(settings, name)
    if output.for_people:
        _print_preview(found, output)
    [added] = add_sources(settings.path, [(name, found.url)])
    if output.for_people:
        click.echo(f"{settings.path}: added '{printable(added)}' ({redact_url(found.url)})")
    else:
        output.print_row(_row(settings.path, added, found))


# ── choosing the feed ────────────────────────────────────────────────────────────────────


async def _find_candidate(settings: Settings, url: str) -> Candidate:
    """Fetch the feed at the URL, or the chosen one of those that the page there announces."""
    from monitor.core.feeds import discover_feeds
    from monitor.source_check import SourceChecker

    async with SourceChecker(settings) as checker:
        page = await checker.fetch(url)
        found = discover_feeds(page.body, page.url)
        if [feed.url for feed in found] == [page.url]:
            return Candidate(page.moved_to or url, await checker.parse(page))
        if not found:
            raise MonitorError(f"{url}: neither a feed nor a page that announces one")
        page = await checker.fetch(_choose_feed(url, found).url)
        return Candidate(_permanent_url(page), await checker.parse(page))


def _permanent_url(page: Page) -> str:
    """Return the requested URL, or where permanent redirects led."""
    return page.moved_to or (page.hops[0] if page.hops else page.url)


def _choose_feed(url: str, found: "tuple[DiscoveredFeed, ...]") -> "DiscoveredFeed":
    """Return the only feed, or the one chosen at the terminal. Raises WrongUse elsewhere."""
    if len(found) == 1:
        return found[0]
    lines = [f"{url}: {count_noun(len(found), 'feed')} behind this page:"]
    for number, feed in enumerate(found[:MOST_OFFERED], 1):
        lines.append(f"  {number:>2}  {feed.url}  {printable(feed.title)}".rstrip())
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise WrongUse("\n".join([*lines, "add one of them by its address"]))
    click.echo("\n".join(lines), err=True)
    listed = min(len(found), MOST_OFFERED)
    number = click.prompt("which one", type=click.IntRange(1, listed), default=1, err=True)
    return found[number - 1]


def _refuse_watched(settings: Settings, url: str) -> None:
    for source in settings.sources:
        if url_key(source.url) == url_key(url):
            raise WrongUse(f"{redact_url(url)} is watched already, as '{source.name}'")


def _refuse_name(settings: Settings, name: str) -> None:
    for source in settings.sources:
        if source.name == name:
            raise WrongUse(
                f"another source is named '{name}' ({redact_url(source.url)});"
                " give this one another with --name"
            )


def _default_name(found: Candidate) -> str:
    """Return the feed's title, else the host of its URL."""
    from urllib.parse import urlsplit

    return printable(found.feed.title)[:100].strip() or urlsplit(found.url).hostname or found.url


# ── output ────────────────────────────────────────────────────────────────────────


def _print_preview(found: Candidate, output: Output) -> None:
    """Print the feed's title and its newest entries."""
    feed = found.feed
    title = printable(feed.title) or found.url
    click.echo(f"{title}: {feed.format}, {count_noun(len(feed.entries), 'entry', 'entries')}")
    output.print_rows(ENTRIES, _entry_rows(feed), empty="the feed lists nothing yet")


def _entry_rows(feed: Feed) -> list[dict[str, Any]]:
    """Return the ten newest entries; those without a date last, in the feed's order."""
    dated = [(entry.published or entry.updated, entry) for entry in feed.entries]
    dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else float("-inf"), reverse=True)
    return [
        {
            "published_at": utc_text(at),
            "title": entry.title,
            "link": entry.link,
        }
        for at, entry in dated[:PREVIEWED]
    ]


def _row(path: Path, name: str, found: Candidate) -> dict[str, Any]:
    feed = found.feed
    return {
        "name": name,
        "url": found.url,
        "config": str(path),
        "title": feed.title,
        "format": feed.format,
        "entries": len(feed.entries),
        "preview": _entry_rows(feed),
    }
