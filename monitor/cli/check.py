"""The `check` command: validates the configuration."""

import json
from collections.abc import Iterator

import click

from monitor.cli.context import WRONG_USE, config_path, options
from monitor.cli.output import Output, count_noun, data_options
from monitor.config.diagnostics import Diagnostic
from monitor.errors import StoreError
from monitor.settings import Settings


@click.command()
@options
@data_options
@click.option("--schema", is_flag=True, help="Print the file's JSON Schema, for editors.")
@click.pass_context
def check(ctx: click.Context, schema: bool) -> int:
    """Validate the configuration: every fault at once, with line, column and remedy."""
    from monitor import config
    from monitor.config import schema as sections
    from monitor.config.loader import examine

    if schema:
        click.echo(json.dumps(sections.schema(), indent=2, ensure_ascii=False))
        return 0
    output = Output.of(ctx)
    path = config.find(config_path(ctx))
    examined = examine(path)
    for diagnostic in (*examined.faults, *examined.warnings):
        _print_diagnostic(diagnostic, output)
    if examined.settings is None:
        return WRONG_USE
    for diagnostic in _warnings_from_database(examined.settings):
        _print_diagnostic(diagnostic, output)
    if output.for_people:
        numbers = (
            count_noun(len(getattr(examined.settings, f"{noun}s")), noun)
            for noun in ("source", "topic", "channel")
        )
        click.echo(f"{path}: fine: {', '.join(numbers)}")
    return 0


def _warnings_from_database(settings: Settings) -> Iterator[Diagnostic]:
    """Yield warnings about limits and topics, if there is a database; an unreadable one is one."""
    from monitor.cli.check_limits import broken_limits
    from monitor.cli.check_topics import lost_topics

    try:
        for message in (*lost_topics(settings), *broken_limits(settings)):
            yield Diagnostic(
                file=str(settings.path), position=None, level="warning", message=message
            )
    except StoreError as error:
        yield Diagnostic(
            file=str(settings.path), position=None, level="warning", message=str(error)
        )


def _print_diagnostic(diagnostic: Diagnostic, output: Output) -> None:
    if output.for_people:
        click.echo(diagnostic.text)
        return
    line, column = diagnostic.position or (None, None)
    output.print_row(
        {
            "file": diagnostic.file,
            "line": line,
            "column": column,
            "level": diagnostic.level,
            "message": diagnostic.message,
        }
    )
