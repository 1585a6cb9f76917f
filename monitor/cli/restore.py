"""The `restore` command: a backup becomes the database again."""

from pathlib import Path

import click

from monitor.cli.context import database, now, options
from monitor.data_access import open_administration


@click.command()
@options
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def restore(ctx: click.Context, path: Path) -> None:
    """Put the backup at PATH in the database's place; the old database is kept beside it.

    Stop the daemon first. What was sent after the backup was made is sent again, under the same
    ids.
    """
    from monitor.cli.progress import page_progress

    target = database(ctx)
    with page_progress("restore") as progress:
        aside = open_administration(target).restore(path, now=now(), progress=progress)
    click.echo(f"{target}: restored from {path}", err=True)
    if aside is not None:
        click.echo(f"{aside}: the database that was there; delete it when all is well", err=True)
