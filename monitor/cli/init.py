"""`init`: a starter configuration."""

from pathlib import Path

import click

from monitor.cli.context import options
from monitor.errors import MonitorError


@click.command()
@options
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a commented starter config.yaml into DIR (default: here); never overwrites."""
    from importlib.resources import files

    path = folder / "config.yaml"
    starter = (files("monitor.config") / "starter.yaml").read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(starter)
    except FileExistsError as error:
        raise MonitorError(f"{path} is there already and stays as it is") from error
    except OSError as error:
        raise MonitorError(f"{path}: cannot be written: {error.strerror}") from error
    option = "" if folder == Path() else f" -c {path}"
    click.echo(f"wrote {path}")
    click.echo(f"next: edit it, then `news-monitor{option} check` and `… poll`", err=True)
