"""The `datasette` command: metadata for Datasette, with titles, meanings and queries."""

from collections.abc import Mapping
from typing import Any

import click

from monitor.cli.context import database, options
from monitor.data_access import open_archive
from monitor.ports import SchemaQueries

ABOUT = "What news-monitor stored: articles, their edits, matches, alerts and messages."
# Descriptions of the tables that Datasette lists; all others are hidden.
TABLES = {
    "articles": "Articles as their newest revision has them; `v_articles` lists their topics too.",
    "article_urls": "Every address that an article was seen under.",
    "revisions": "Every text that an article had; `v_edits` leaves the first ones out.",
    "matches": "Where a topic's rule found something.",
    "alerts": "One for each article, revision, topic and reason for a message.",
    "deliveries": "Messages: owed, sent or dead.",
    "delivery_alerts": "Which alerts a message carries.",
    "sources": "What is watched, and how its polls go.",
    "channels": "Where messages go.",
    "silences": "What was silenced, and until when.",
}
QUERIES = {
    "newest": (
        "The newest articles of a topic",
        "SELECT a.first_seen_at, a.source, a.title, a.url, a.id FROM v_articles a WHERE a.id IN"
        " (SELECT article_id FROM matches WHERE topic = :topic ORDER BY article_id DESC LIMIT 100)"
        " ORDER BY a.id DESC",
    ),
    "edits_of_a_day": (
        "What publishers changed on a day (2026-11-24), the weightiest first",
        "SELECT * FROM v_edits WHERE seen_at >= :day AND seen_at < date(:day, '+1 day')"
        " ORDER BY score DESC LIMIT 100",
    ),
    "words": (
        "Articles that hold these words, newest first",
        "SELECT a.first_seen_at, a.source, a.title, a.url, a.id FROM articles_fts"
        " JOIN articles a ON a.id = articles_fts.rowid WHERE articles_fts MATCH :words"
        " ORDER BY articles_fts.rowid DESC LIMIT 100",
    ),
    "story": (
        "Every article of a story, the first first",
        "SELECT id, source, title, url, first_seen_at FROM articles WHERE story_id = :story_id"
        " ORDER BY id",
    ),
    "failing_sources": (
        "Sources whose polls fail or that are in trouble",
        "SELECT name, url, failures, last_error, trouble, due_at FROM v_source_health"
        " WHERE failures > 0 OR trouble IS NOT NULL ORDER BY failures DESC",
    ),
    "dead_deliveries": (
        "Messages that were given up, the newest first",
        "SELECT * FROM v_deliveries WHERE state = 'dead' ORDER BY id DESC LIMIT 100",
    ),
}


@click.command()
@options
@click.pass_context
def datasette(ctx: click.Context) -> None:
    """Write metadata for Datasette: titles, what columns mean, ready queries.

    Example: news-monitor datasette > metadata.yaml && datasette news.db -m metadata.yaml
    """
    import yaml

    path = database(ctx)
    with open_archive(path) as archive:
        described = metadata(path.stem, archive)
    click.echo(yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=100), nl=False)


def metadata(name: str, schema: SchemaQueries) -> Mapping[str, Any]:
    """Return Datasette's metadata for a database of this name."""
    described: dict[str, Any] = {
        view.name: {"description": view.about, "columns": dict(view.columns)}
        for view in schema.views()
    }
    described |= {table: {"description": about} for table, about in TABLES.items()}
    described["articles"]["sort_desc"] = "id"
    hidden = {table: {"hidden": True} for table in schema.tables() if table not in TABLES}
    queries = {key: {"title": title, "sql": sql} for key, (title, sql) in QUERIES.items()}
    return {
        "title": "news-monitor",
        "description": ABOUT,
        "databases": {name: {"tables": described | hidden, "queries": queries}},
    }
