"""`articles` and `search`: what is stored."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import click

from monitor.cli.context import WRONG_USE, Duration, as_json, database, emit, now, options, table


@click.command()
@options
@as_json
@click.option("--topic", metavar="T", help="Only articles that match this topic.")
@click.option("--since", type=Duration(), help="First seen within this time, e.g. 2d.")
@click.option("--changed", is_flag=True, help="Edits instead, the weightiest first.")
@click.option("--silenced", is_flag=True, help="Only articles with silenced alerts.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.pass_context
def articles(
    ctx: click.Context,
    json_lines: bool,
    topic: str | None,
    since: timedelta | None,
    changed: bool,
    silenced: bool,
    limit: int,
) -> None:
    """What is stored, newest first; with --changed what was edited."""
    from monitor.store.archive import Archive
    from monitor.store.listing import Filter

    with Archive(database(ctx)) as archive:
        moment = now() - since if since else None
        wanted = Filter(topic=topic, since=moment, silenced=silenced)
        if changed:
            _edits(archive.edits(wanted, limit), json_lines)
        else:
            _list("articles", archive.articles(wanted, limit), json_lines)


@click.command()
@options
@as_json
@click.argument("query")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.pass_context
def search(ctx: click.Context, json_lines: bool, query: str, limit: int) -> int:
    """Full text over what is stored, newest first."""
    from monitor.store.archive import Archive
    from monitor.store.listing import Filter

    if not any(letter.isalnum() for letter in query):
        click.echo("say at least one word to look for", err=True)
        return WRONG_USE
    with Archive(database(ctx)) as archive:
        _list("found", archive.search(query, Filter(), limit), json_lines)
    return 0


def _list(title: str, rows: Iterable[dict[str, Any]], json_lines: bool) -> None:
    if json_lines:
        for row in rows:
            emit(row)
        return
    table(
        title,
        ("id", "published", "source", "topics", "rev", "title"),
        (
            (
                row["id"],
                row["published_at"] or row["first_seen_at"],
                row["source"],
                row["topics"],
                row["revision"],
                row["title"],
            )
            for row in rows
        ),
    )


def _edits(rows: Iterable[dict[str, Any]], json_lines: bool) -> None:
    if json_lines:
        for row in rows:
            emit(row)
        return
    columns = ("id", "revision", "seen_at", "score", "change", "source", "title")
    table("edits", columns, ([row[column] for column in columns] for row in rows))
