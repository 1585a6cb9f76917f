"""`verify`: is what is stored still what was seen?"""

import click

from monitor.cli.context import FAILED, as_json, database, emit, options


@click.command()
@options
@as_json
@click.pass_context
def verify(ctx: click.Context, json_lines: bool) -> int:
    """Check the chain of evidence: each revision's link covers it and the revision before."""
    from monitor.store.archive import Archive

    with Archive(database(ctx)) as archive:
        broken = 0
        for article, revision in archive.broken_links():
            broken += 1
            if json_lines:
                emit({"article": article, "revision": revision, "error": "the link does not hold"})
            else:
                where = f"article {article}, revision {revision}"
                click.echo(f"{where}: was changed after it was stored")
        checked = archive.counts()["revisions"]
    if not json_lines:
        click.echo(f"{checked} revisions checked, {broken} broken")
    return FAILED if broken else 0
