"""The `backup` command: the database as one file."""

from pathlib import Path

import click

from monitor.cli.context import database, options
from monitor.data_access import open_administration


@click.command()
@options
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@click.pass_context
def backup(ctx: click.Context, path: Path, force: bool) -> None:
    """Copy the database to PATH, also while the daemon runs.

    PATH appears when the copy is whole and checked, or not at all.
    """
    from monitor.cli.progress import page_progress

    administration = open_administration(database(ctx))
    with page_progress("backup") as progress:
        size = administration.backup(path, force=force, progress=progress)
    click.echo(f"{path}: {size:,} bytes", err=True)
