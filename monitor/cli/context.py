"""Shared by all commands: the common options, the configuration, and the handling of errors."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from monitor.errors import ConfigError, FetchError, Locked, MonitorError
from monitor.settings import Settings

if TYPE_CHECKING:
    from monitor.config.basics import Basics

F = TypeVar("F", bound=Callable[..., Any])

WRONG_USE, FAILED = 2, 1


class WrongUse(click.ClickException):
    """Wrong use of a command: one line on stderr, exit status 2."""

    exit_code = WRONG_USE

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message without click's usage line."""
        click.echo(self.message, file=file, err=file is None)


def run_command(command: click.Command) -> int:
    """Run the command line and return its exit status. Only --debug shows a traceback."""
    debug = "--debug" in sys.argv
    try:
        status = command.main(prog_name="news-monitor", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 130
    except SystemExit:  # of click, at a closed pipe: `news-monitor articles | head`
        return 0
    except MonitorError as error:
        return _report_error(error, debug=debug)
    except BaseExceptionGroup as group:  # of a task group; the first expected error is enough
        expected, _ = group.split(MonitorError)
        if expected is None:
            raise
        return _report_error(_first_error(expected), debug=debug)
    return status if isinstance(status, int) else 0


def _first_error(group: BaseExceptionGroup[MonitorError]) -> MonitorError:
    error = group.exceptions[0]
    return _first_error(error) if isinstance(error, BaseExceptionGroup) else error


def _report_error(error: MonitorError, *, debug: bool) -> int:
    if debug:
        raise error
    where = f"{error.url}: " if isinstance(error, FetchError) else ""
    click.echo(f"{where}{error}", err=True)
    return WRONG_USE if isinstance(error, ConfigError | Locked) else FAILED


def options(function: F) -> F:
    """Add -c/--config and --debug, which are accepted after the command's name too."""
    function = click.option(
        "-c",
        "--config",
        metavar="PATH",
        is_eager=True,  # what other options mean may depend on it
        expose_value=False,
        callback=_store_option,
        help="The configuration (default: ./config.yaml, then /etc/news-monitor/config.yaml).",
    )(function)
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_store_option,
        help="Log more, and show tracebacks.",
    )(function)


def _store_option(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if value and parameter.name:
        ctx.ensure_object(dict)[parameter.name] = value


def config_path(ctx: click.Context) -> str | None:
    """Return the value of -c, if it was given."""
    value: str | None = ctx.ensure_object(dict).get("config")
    return value


def is_debug(ctx: click.Context) -> bool:
    """Whether --debug was given."""
    return bool(ctx.ensure_object(dict).get("debug"))


def load_settings(ctx: click.Context) -> Settings:
    """Load the configuration and print its warnings to stderr. Raises ConfigError."""
    from monitor import config

    settings = config.load(config.find(config_path(ctx)))
    for warning in settings.warnings:
        click.echo(warning, err=True)
    return settings


def basics(ctx: click.Context) -> "Basics":
    """Return the database's path and the reader's zone, also of an otherwise broken configuration.

    Raises ConfigError when there is no configuration.
    """
    from monitor import config
    from monitor.config.basics import basics as read

    found = ctx.ensure_object(dict)
    if "basics" not in found:
        found["basics"] = read(config.find(config_path(ctx)))
    known: Basics = found["basics"]
    return known


def database(ctx: click.Context) -> Path:
    """Return the path of the database. Raises ConfigError when there is no configuration."""
    return basics(ctx).database


def now() -> datetime:
    """Return the present time, aware UTC."""
    return datetime.now(UTC)


class Duration(click.ParamType[timedelta]):
    """`90s`, `15m`, `2h`, `7d`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Parse the argument; fails with a usage error."""
        if isinstance(value, timedelta):
            return value
        from monitor.config import parse_duration

        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(f"{value!r} is no duration ({error})", param, ctx)
