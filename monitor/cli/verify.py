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
        broken = archive.broken_links()
        checked = archive.counts()["revisions"]
    for article, revision in broken:
        if json_lines:
            emit({"article": article, "revision": revision, "error": "the link does not hold"})
        else:
            click.echo(f"article {article}, revision {revision}: was changed after it was stored")
    if not json_lines:
        click.echo(f"{checked} revisions checked, {len(broken)} broken")
    return FAILED if broken else 0
