"""`sources`: list with health, discover, import, export."""

from pathlib import Path

import click

from monitor.cli.context import (
    FAILED,
    as_json,
    config_path,
    database,
    emit,
    load_settings,
    options,
    table,
)


@click.group(invoke_without_command=True)
@options
@as_json
@click.pass_context
def sources(ctx: click.Context, json_lines: bool) -> None:
    """The sources, with their health."""
    if ctx.invoked_subcommand:
        return
    from monitor.core.urls import redacted
    from monitor.store.archive import Archive

    with Archive(database(ctx)) as archive:
        rows = archive.sources()
    for row in rows:
        row["url"], moved_to = redacted(row["url"]), row["moved_to"]
        row["moved_to"] = redacted(moved_to) if moved_to else None
    if json_lines:
        for row in rows:
            emit({key: value for key, value in row.items() if key not in ("polled", "configured")})
        return
    columns = ("name", "url", "articles", "last_polled_at", "failures", "last_error")
    table("sources", columns, ([row[column] for column in columns] for row in rows))


@sources.command()
@options
@as_json
@click.argument("url")
@click.pass_context
def discover(ctx: click.Context, url: str, json_lines: bool) -> int:
    """The feeds behind a page."""
    import asyncio

    from monitor.core.discover import feeds_behind
    from monitor.model import Errand
    from monitor.service import fetch_once

    network = load_settings(ctx).network
    page = asyncio.run(fetch_once(url, errand=Errand.FEED, network=network))
    found = feeds_behind(page.body, page.url)
    for feed in found:
        if json_lines:
            emit({"url": feed.url, "title": feed.title, "type": feed.type})
        else:
            click.echo(f"{feed.url}\t{feed.type or ''}\t{feed.title or ''}")
    if not found:
        click.echo(f"{url}: no feed is announced there", err=True)
    return 0 if found else FAILED


@sources.command("import")
@options
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def import_(ctx: click.Context, file: Path) -> None:
    """Add the feeds of an OPML file to the configuration; comments are kept."""
    from monitor import config
    from monitor.config.edit import add_sources
    from monitor.config.opml import read_opml

    path = config.find(config_path(ctx))
    added = add_sources(path, read_opml(file.read_bytes()))
    click.echo(f"{path}: {len(added)} sources added")


@sources.command()
@options
@click.pass_context
def export(ctx: click.Context) -> None:
    """The configured sources as OPML: whole addresses, with any password or key in them."""
    from monitor.config.opml import write_opml

    click.echo(write_opml(load_settings(ctx).sources).decode(), nl=False)
