"""What every command shares: the configuration, the archive, printing, and how errors end."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from monitor.errors import ConfigError, Locked, MonitorError
from monitor.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

WRONG_USE, FAILED = 2, 1


def guarded(command: click.Command) -> int:
    """Runs the command line; the exit status. Only --debug shows a traceback."""
    debug = "--debug" in sys.argv
    try:
        status = command.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 130
    except SystemExit:  # click, when the reader went away: `news-monitor articles | head`
        return 0
    except MonitorError as error:
        return _told(error, debug=debug)
    except BaseExceptionGroup as group:  # of a task group; the first expected one says it all
        expected, _ = group.split(MonitorError)
        if expected is None:
            raise
        return _told(_first(expected), debug=debug)
    return status if isinstance(status, int) else 0


def _first(group: BaseExceptionGroup[MonitorError]) -> MonitorError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _told(error: MonitorError, *, debug: bool) -> int:
    if debug:
        raise error
    click.echo(str(error), err=True)
    return WRONG_USE if isinstance(error, ConfigError | Locked) else FAILED


def options(function: F) -> F:
    """-c/--config and --debug, understood after the command's name too."""
    function = click.option(
        "-c",
        "--config",
        metavar="PATH",
        expose_value=False,
        callback=_remember,
        help="The configuration (default: ./config.yaml, then /etc/news-monitor/config.yaml).",
    )(function)
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Say more, and show tracebacks.",
    )(function)


def _remember(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if value and parameter.name:
        ctx.ensure_object(dict)[parameter.name] = value


as_json = click.option("--json", "json_lines", is_flag=True, help="One JSON object a line.")
always_json = click.option(
    "--json", is_flag=True, expose_value=False, help="One JSON object a line, as it is anyway."
)


def config_path(ctx: click.Context) -> str | None:
    """The value of -c, if it was given."""
    value: str | None = ctx.ensure_object(dict).get("config")
    return value


def is_debug(ctx: click.Context) -> bool:
    return bool(ctx.ensure_object(dict).get("debug"))


def load_settings(ctx: click.Context) -> Settings:
    """The configuration; its warnings go to stderr. Raises ConfigError."""
    from monitor import config

    settings = config.load(config.find(config_path(ctx)))
    for warning in settings.warnings:
        click.echo(warning, err=True)
    return settings


def database(ctx: click.Context) -> Path:
    """Only where the database is: no secret has to be readable, and no source correct."""
    from monitor import config

    return config.database_of(config.find(config_path(ctx)))


def now() -> datetime:
    return datetime.now(UTC)


class Duration(click.ParamType[timedelta]):
    """`90s`, `15m`, `2h`, `7d`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        from monitor.config import duration

        try:
            return duration(value)
        except ValueError as error:
            self.fail(f"{value!r} is no duration ({error})", param, ctx)


def emit(row: Mapping[str, Any]) -> None:
    """One JSON object on its own line."""
    click.echo(json.dumps(row, ensure_ascii=False))


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table on a terminal, tab-separated lines elsewhere. Untrusted text stays inert."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(shown(cell) for cell in row))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    grid = Table(title=title, title_justify="left")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(escape(shown(cell)) for cell in row))
    Console().print(grid)


def shown(value: object) -> str:
    """One printable line: nothing of the web reaches the terminal's escape codes."""
    from monitor.core.clean import clean_line

    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(shown(each) for each in value)
    return clean_line(str(value), 300)
