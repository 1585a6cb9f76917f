"""`run`: the daemon."""

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
    with asyncio.Runner(loop_factory=_quicker_loop()) as runner:
        runner.run(daemon.run(settings))
        _end()


def _end() -> NoReturn:
    """Exit status 0 at once: everything is closed, and a thread that still hangs (a name that does
    not resolve, a service of apprise) can be waited for, but not ended."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _quicker_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where the extra `uvloop` is installed; None: asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
