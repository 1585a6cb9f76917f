"""`init`: a starter configuration."""

from pathlib import Path

import click

from monitor.cli.context import FAILED


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(folder: Path) -> int:
    """Write a commented starter config.yaml; never overwrites."""
    from importlib.resources import files

    path = folder / "config.yaml"
    text = (files("monitor.config") / "starter.yaml").read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        click.echo(f"{path} is there already; it was left as it is", err=True)
        return FAILED
    except OSError as error:
        click.echo(f"{path}: {error.strerror}", err=True)
        return FAILED
    click.echo(f"wrote {path}; edit it, then: news-monitor check && news-monitor poll")
    return 0
