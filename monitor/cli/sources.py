"""The `sources` commands: list, discover, import, export; `add` and `check` have own files."""

import sys
from pathlib import Path

import click

from monitor.cli import source_add, source_check
from monitor.cli.context import FAILED, config_path, database, load_settings, options
from monitor.cli.output import (
    WIDE,
    Column,
    Output,
    Table,
    Total,
    count_noun,
    data_options,
    time_options,
)
from monitor.data_access import open_archive

SOURCES = Table(
    plain=("name", "url", "health", "articles", "last_polled_at", "failures", "last_error"),
    columns=(
        Column(key="name", notes=("last_error", "trouble")),
        Column(key="health", fixed=True),
        Column(key="articles", right=True),
        Column(key="last_polled_at", heading="last poll", time=True),
        Column(key="due_at", heading="next poll", time=True),
        Column(key="url", least=WIDE),
    ),
)
FEEDS = Table(
    plain=("url", "type", "title"),
    columns=(Column(key="title"), Column(key="type"), Column(key="url")),
)


@click.group(invoke_without_command=True)
@options
@time_options
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="At most so many; default: 50 on a terminal, all elsewhere.",
)
@click.pass_context
def sources(ctx: click.Context, limit: int | None) -> None:
    """List the sources with their health: well, quiet, failing or new."""
    if ctx.invoked_subcommand:
        return
    from monitor.core.text import redact_url

    output = Output.of(ctx)
    if limit is None and output.for_people and sys.stdout.isatty():
        limit = 50
    with open_archive(database(ctx)) as archive:
        rows, count = archive.sources(limit), archive.source_counts()["sources"]
    for row in rows:
        row["url"], moved_to = redact_url(row["url"]), row["moved_to"]
        row["moved_to"] = redact_url(moved_to) if moved_to else None
    total = Total(count=lambda: count)
    output.print_rows(SOURCES, rows, empty="no source is watched yet", total=total)


sources.add_command(source_add.add)
sources.add_command(source_check.check)


@sources.command()
@options
@data_options
@click.argument("url")
@click.pass_context
def discover(ctx: click.Context, url: str) -> int:
    """List the feeds behind a page.

    Example: news-monitor sources discover https://example.org/
    """
    import asyncio

    from monitor.core.feeds import discover_feeds
    from monitor.model import FetchKind
    from monitor.service import fetch_once

    network = load_settings(ctx).network
    page = asyncio.run(fetch_once(url, kind=FetchKind.FEED, network=network))
    found = discover_feeds(page.body, page.url)
    rows = [{"url": feed.url, "title": feed.title, "type": feed.type} for feed in found]
    Output.of(ctx).print_rows(FEEDS, rows, empty=f"{url}: no feed is announced there")
    return 0 if found else FAILED


@sources.command("import")
@options
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def import_(ctx: click.Context, file: Path) -> None:
    """Add the feeds of an OPML file to the configuration; comments are kept.

    Example: news-monitor sources import feeds.opml
    """
    from monitor import config
    from monitor.config.edit import add_sources
    from monitor.config.opml import read_opml

    path = config.find(config_path(ctx))
    added = add_sources(path, read_opml(file.read_bytes()))
    click.echo(f"{path}: {count_noun(len(added), 'source')} added")


@sources.command()
@options
@click.pass_context
def export(ctx: click.Context) -> None:
    """Print the configured sources as OPML: whole addresses, with any password or key in them."""
    from monitor.config.opml import write_opml

    click.echo(write_opml(load_settings(ctx).sources).decode(), nl=False)
