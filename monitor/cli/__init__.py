"""The command line. A command's module is imported only when it runs, so `--help` is quick."""

import importlib
import sys

import click

from monitor import __version__, reload_signal
from monitor.cli.context import options, run_command

# name → (module in this package, its command object, the line in --help)
COMMANDS = {
    "init": ("init", "init", "Write a commented starter config.yaml."),
    "check": ("check", "check", "Validate the configuration; all faults at once."),
    "poll": ("poll", "poll", "Make one pass: poll what is due, read, send."),
    "run": ("run", "run", "Run the daemon: poll on schedule until stopped."),
    "status": ("status", "status", "Show the backlog, sources in trouble, and the outbox."),
    "sources": ("sources", "sources", "List, add, check, discover, import and export sources."),
    "articles": ("articles", "articles", "List what is stored, newest first."),
    "show": ("show", "show", "Show one article: text, dates, matches, revisions, changes."),
    "export": ("export", "export", "Print one article's history with its changes: html, json, md."),
    "verify": ("verify", "verify", "Check the hash chain of the stored revisions."),
    "search": ("articles", "search", "Search the titles and texts of what is stored."),
    "match": ("match", "match", "Match rules against documents, JSON lines in and out."),
    "backtest": ("backtest", "backtest", "Show what a rule would have found in what is stored."),
    "extract": ("extract", "extract", "Read article pages: JSON lines."),
    "parse": ("parse", "parse", "Read feeds: JSON lines."),
    "deliveries": ("deliveries", "deliveries", "List the outbox; send again."),
    "silence": (
        "silence",
        "silence",
        "Send no messages about a topic, a source or a rule for a while.",
    ),
    "backup": ("backup", "backup", "Copy the database to one file, also beside the daemon."),
    "restore": ("restore", "restore", "Put a backup in the database's place."),
    "datasette": ("datasette", "datasette", "Metadata for Datasette: titles, columns, queries."),
    "notify": ("notify", "notify", "Send a marked test message through one channel."),
}


class LazyGroup(click.Group):
    """Group that lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command. None: there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"monitor.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the arguments; an unknown name suggests a similar one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(_unknown_command(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands in --help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


def _unknown_command(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    return f"No such command '{name}'." + (f" Did you mean '{near[0]}'?" if near else "")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="news-monitor")
@options
@click.pass_context
def group(ctx: click.Context) -> None:
    """Watch news feeds, tell new articles from updated ones, and alert once."""
    if ctx.invoked_subcommand != "run":  # which unblocks SIGHUP itself, once it handles it
        reload_signal.unblock()


def main() -> None:
    """Run the command line; an expected error is one line and an exit status."""
    sys.exit(run_command(group))
