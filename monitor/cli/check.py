"""`check`: is the configuration right?"""

import re

import click

from monitor.cli.context import WRONG_USE, as_json, config_path, emit, options
from monitor.errors import ConfigError


@click.command()
@options
@as_json
@click.option("--schema", is_flag=True, help="Print the file's JSON Schema, for editors.")
@click.pass_context
def check(ctx: click.Context, json_lines: bool, schema: bool) -> int:
    """Validate the configuration: every fault at once, with line and column."""
    from monitor import config

    if schema:
        from monitor.config.shape import schema as of_shape

        emit(of_shape())
        return 0
    path = config.find(config_path(ctx))
    try:
        settings = config.load(path)
    except ConfigError as error:
        _say(error.faults, "fault", json_lines)
        return WRONG_USE
    _say(settings.warnings, "warning", json_lines)
    if not json_lines:
        click.echo(
            f"{path}: fine: {len(settings.sources)} sources, {len(settings.topics)} topics,"
            f" {len(settings.channels)} channels"
        )
    return 0


def _say(lines: tuple[str, ...], level: str, json_lines: bool) -> None:
    for line in lines:
        if json_lines:
            emit({**_parts(line), "level": level})
        else:
            click.echo(line)


def _parts(line: str) -> dict[str, object]:
    found = re.match(r"(.*?):(\d+):(\d+): (.*)", line, re.DOTALL)
    if found is None:
        return {"file": None, "line": None, "column": None, "message": line}
    return {
        "file": found[1],
        "line": int(found[2]),
        "column": int(found[3]),
        "message": found[4].removeprefix("warning: "),
    }
