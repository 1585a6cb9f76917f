"""The `init` command: a starter configuration, or copies of the built-in topics."""

from collections.abc import Mapping
from pathlib import Path

import click

from monitor.cli.context import options
from monitor.errors import MonitorError


@click.command()
@options
@click.option(
    "--topics", is_flag=True, help="Copy the built-in topics and word lists out, to DIR/topics."
)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(folder: Path, topics: bool) -> None:
    """Write a commented starter config.yaml into DIR (default: here); never overwrites."""
    if topics:
        _copy_topics(folder)
    else:
        _write_starter(folder)


def _write_starter(folder: Path) -> None:
    from importlib.resources import files

    starter = (files("monitor.config") / "starter.yaml").read_text(encoding="utf-8")
    _write(folder, {"config.yaml": starter})
    option = "" if folder == Path() else f" -c {folder / 'config.yaml'}"
    click.echo(f"next: edit it, then `news-monitor{option} check` and `… poll`", err=True)


def _copy_topics(folder: Path) -> None:
    from monitor.config.topics import topic_files

    _write(folder / "topics", topic_files())
    click.echo("next: edit them, and write `- include: topics/*.yaml` under `topics:`", err=True)


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all of these files, or none if one of them exists already."""
    for path in (folder / name for name in texts):
        if path.exists():
            raise MonitorError(f"{path} exists already and is left as it is")
    for path, text in ((folder / name, text) for name, text in texts.items()):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise MonitorError(f"{path}: cannot be written: {error.strerror}") from error
        click.echo(f"wrote {path}")
