"""The `export` command: the history of one article as a document."""

import json

import click

from monitor.cli.context import FAILED, database, options
from monitor.data_access import open_archive


@click.command()
@options
@click.argument("article_id", metavar="ID", type=int)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "json", "md"]),
    default="md",
    show_default=True,
    help="Format of the document.",
)
@click.option(
    "--page",
    type=click.IntRange(1),
    metavar="N",
    help="The raw page of revision N, if kept.",
)
@click.pass_context
def export(ctx: click.Context, article_id: int, form: str, page: int | None) -> int:
    """Print one article's revisions: when and where seen, with what digest, and what changed.

    Example: news-monitor export 12 --format html > article.html
    """
    from monitor.core.revisions import render_html, render_markdown, revision_diffs

    with open_archive(database(ctx)) as archive:
        article = archive.article(article_id)
        if article is None:
            click.echo(f"no article {article_id} is stored", err=True)
            return FAILED
        if page is not None:
            return _print_page(archive.raw_page(article_id, page), article_id, page)
        revisions, alerts = archive.revisions(article_id), archive.alerts(article_id)
    match form:
        case "html":
            click.echo(render_html(article, revisions), nl=False)
        case "md":
            click.echo(render_markdown(article, revisions), nl=False)
        case _:
            changes = revision_diffs(revisions)
            whole = {**article, "revisions": revisions, "alerts": alerts, "changes": changes}
            click.echo(json.dumps(whole, ensure_ascii=False, indent=1))
    return 0


def _print_page(raw: bytes | None, article_id: int, number: int) -> int:
    if raw is None:
        click.echo(
            f"the page of article {article_id}, revision {number}, was not kept"
            " (archive: true keeps those to come)",
            err=True,
        )
        return FAILED
    click.echo(raw, nl=False)
    return 0
