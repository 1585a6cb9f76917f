"""The `verify` command: checks that stored revisions were not changed."""

import click

from monitor.cli.context import FAILED, database, options
from monitor.cli.output import Output, count_noun, data_options
from monitor.data_access import open_archive


@click.command()
@options
@data_options
@click.pass_context
def verify(ctx: click.Context) -> int:
    """Check the hash chain: each revision's link covers it and the revision before."""
    output = Output.of(ctx)
    with open_archive(database(ctx)) as archive:
        broken = 0
        for article, revision in archive.broken_links():
            broken += 1
            if output.for_people:
                where = f"article {article}, revision {revision}"
                click.echo(f"{where}: was changed after it was stored")
            else:
                row = {"article": article, "revision": revision, "error": "the link does not hold"}
                output.print_row(row)
        checked = archive.counts()["revisions"]
    if output.for_people:
        click.echo(f"{count_noun(checked, 'revision')} checked, {broken:,} broken")
    return FAILED if broken else 0
