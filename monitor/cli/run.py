"""`run`: the daemon."""

import click

from monitor.cli.context import is_debug, load_settings, options


@click.command()
@options
@click.pass_context
def run(ctx: click.Context) -> None:
    """Poll on schedule until stopped (SIGTERM or Ctrl-C); SIGHUP or a new file reloads."""
    import asyncio

    from monitor import daemon, logs

    settings = load_settings(ctx)
    logs.configure(debug=is_debug(ctx))
    asyncio.run(daemon.run(settings))
