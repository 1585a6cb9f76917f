"""The `articles` and `search` commands: lists of stored articles."""

from dataclasses import replace
from datetime import datetime

import click

from monitor.cli.completion import complete_source, complete_topic
from monitor.cli.context import WrongUse, database, options
from monitor.cli.names import require_known
from monitor.cli.output import WIDE, Column, Output, Table, Total, limit_option, time_options
from monitor.cli.times import WhenParam
from monitor.data_access import open_archive
from monitor.queries import MOST_ARTICLES_COUNTED, MOST_HITS_COUNTED, ArticleFilter

ARTICLES = Table(
    plain=("id", "first_seen_at", "published_at", "source", "topics", "revision", "title"),
    columns=(
        Column(key="id", right=True),
        Column(key="first_seen_at", heading="seen", time=True),
        Column(key="published_at", heading="published", time=True),
        Column(key="source", most=16, below=WIDE),
        Column(key="source", most=24, least=WIDE),
        Column(key="topics", most=20, least=WIDE),
        Column(key="revision", heading="rev", right=True, least=WIDE),
        Column(key="title", notes=("topics",), below=WIDE),
        Column(key="title", least=WIDE),
    ),
)
HITS = Table(
    plain=(*ARTICLES.plain, "excerpt"),
    columns=tuple(
        replace(column, notes=("excerpt",)) if column.key == "title" else column
        for column in ARTICLES.columns
    ),
)
EDITS = Table(
    plain=("id", "revision", "seen_at", "score", "change", "source", "title"),
    columns=(
        Column(key="id", right=True),
        Column(key="revision", heading="rev", right=True),
        Column(key="seen_at", heading="seen", time=True),
        Column(key="score", right=True),
        Column(key="change", fixed=True),
        Column(key="source", most=16, below=WIDE),
        Column(key="source", most=24, least=WIDE),
        Column(key="title"),
    ),
)

topic_option = click.option(
    "--topic",
    metavar="T",
    shell_complete=complete_topic,
    help="Only articles that match this topic.",
)
source_option = click.option(
    "--source", metavar="S", shell_complete=complete_source, help="Only articles of this source."
)
since_option = click.option(
    "--since", type=WhenParam(), metavar="WHEN", help="First seen since: 2d, 2026-11-20."
)


@click.command()
@options
@time_options
@topic_option
@source_option
@since_option
@click.option(
    "--until", type=WhenParam(ends=True), metavar="WHEN", help="First seen until: 2d, 2026-11-20."
)
@click.option("--changed", is_flag=True, help="Edits instead, the weightiest first.")
@click.option("--silenced", is_flag=True, help="Only articles with silenced alerts.")
@limit_option
@click.pass_context
def articles(
    ctx: click.Context,
    topic: str | None,
    source: str | None,
    since: datetime | None,
    until: datetime | None,
    changed: bool,
    silenced: bool,
    limit: int,
) -> None:
    """List what is stored, newest first; with --changed what was edited.

    Example: news-monitor articles --topic border --since 2d
    """
    require_known(ctx, topic=topic, source=source)
    wanted = ArticleFilter(topic=topic, source=source, since=since, until=until, silenced=silenced)
    output = Output.of(ctx)
    with open_archive(database(ctx)) as archive:
        if changed:
            output.print_rows(
                EDITS,
                archive.edits(wanted, limit),
                empty="no stored edit matches",
                total=Total(count=lambda: archive.count_edits(wanted)),
            )
        else:
            output.print_rows(
                ARTICLES,
                archive.articles(wanted, limit),
                empty="no stored article matches",
                total=Total(
                    count=lambda: archive.count_articles(wanted), most=MOST_ARTICLES_COUNTED
                ),
            )


@click.command()
@options
@time_options
@click.argument("query", metavar="WORDS")
@topic_option
@source_option
@since_option
@click.option(
    "--by",
    type=click.Choice(["time", "relevance"]),
    default="time",
    show_default=True,
    help="What comes first: the newest, or of the newest 5,000 the best.",
)
@limit_option
@click.pass_context
def search(
    ctx: click.Context,
    query: str,
    topic: str | None,
    source: str | None,
    since: datetime | None,
    by: str,
    limit: int,
) -> None:
    """Search the titles and texts of what is stored, newest first.

    Example: news-monitor search "import duty" --since 30d
    """
    if not any(letter.isalnum() for letter in query):
        raise WrongUse("give at least one word to search for")
    require_known(ctx, topic=topic, source=source)
    wanted = ArticleFilter(topic=topic, source=source, since=since)
    with open_archive(database(ctx)) as archive:
        Output.of(ctx).print_rows(
            HITS,
            archive.search(query, wanted, limit, by_relevance=by == "relevance"),
            empty="no stored article matches",
            total=Total(count=lambda: archive.count_hits(query, wanted), most=MOST_HITS_COUNTED),
        )
