"""The `run` command: the daemon."""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import NoReturn

import click

from monitor.cli.context import is_debug, load_settings, options


@click.command()
@options
@click.pass_context
def run(ctx: click.Context) -> None:
    """Poll on schedule until stopped (SIGTERM or Ctrl-C); SIGHUP or a new file reloads."""
    from monitor import daemon, logs

    settings = load_settings(ctx)
    logs.configure(debug=is_debug(ctx))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(daemon.run(settings))
        _exit()


def _exit() -> NoReturn:
    """Exit with status 0 at once, without waiting for threads.

    All is closed by now; a thread that hangs (in a name lookup, in apprise) cannot be ended.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the loop of the extra `uvloop` if it is installed. None: asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
