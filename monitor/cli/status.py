"""`status`: how things stand, also beside a running daemon."""

from pathlib import Path
from typing import Any

import click

from monitor.cli.context import as_json, config_path, emit, now, options, shown
from monitor.errors import ConfigError


@click.command()
@options
@as_json
@click.pass_context
def status(ctx: click.Context, json_lines: bool) -> None:
    """Backlog, failing sources, last poll, deliveries owed and dead."""
    from monitor.store.archive import Archive

    database = database_of(ctx)
    with Archive(database) as archive:
        state = _state(archive, database)
    if json_lines:
        emit(state)
    else:
        _print(state)


def database_of(ctx: click.Context) -> Path:
    """A broken configuration is something `status` reports, so it still finds the database."""
    from monitor import config

    path = config.find(config_path(ctx))
    try:
        return config.load(path).database
    except ConfigError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        return config.database_of(path)


def _state(archive: Any, database: Path) -> dict[str, Any]:
    from monitor.core.urls import redacted
    from monitor.store.lock import is_held

    backlog, notes = archive.backlog(now()), archive.notes()
    return {
        **archive.source_counts(),
        "failing": [
            {
                "name": s["name"],
                "url": redacted(s["url"]),
                **{k: s[k] for k in ("failures", "last_error", "trouble", "due_at")},
            }
            for s in archive.failing_sources()
        ],
        "sources_due": backlog.sources_due,
        "reads_due": backlog.reads_due,
        **archive.counts(),
        "deliveries_due": backlog.deliveries_due,
        "channels_disabled": archive.disabled_channels(),
        "running": is_held(database),
        "started_at": notes.get("started_at"),
        "config_loaded_at": notes.get("config_loaded_at"),
        "config_error": notes.get("config_error"),
    }


def _print(state: dict[str, Any]) -> None:
    click.echo(f"sources     {state['sources']} watched, {len(state['failing'])} failing")
    click.echo(f"daemon      {'runs' if state['running'] else 'does not run'}")
    click.echo(f"last poll   {state['last_polled_at'] or 'never'}")
    click.echo(f"stored      {state['articles']} articles, {state['revisions']} revisions")
    click.echo(f"backlog     {state['sources_due']} polls, {state['reads_due']} articles to read")
    click.echo(
        f"deliveries  {state['pending']} owed ({state['deliveries_due']} due),"
        f" {state['sent']} sent, {state['dead']} dead"
    )
    for source in state["failing"]:
        why = shown(source["last_error"] or source["trouble"])
        click.echo(
            f"failing     {shown(source['name'])}: {why}"
            f" ({source['failures']} in a row; next try {source['due_at'] or 'when you ask'})"
        )
    for channel in state["channels_disabled"]:
        click.echo(f"disabled    channel {channel['name']}: {shown(channel['last_error'])}")
    if state["config_error"]:
        click.echo("config      the daemon refused the newest file and goes on with the last good:")
        for line in state["config_error"].splitlines():
            click.echo(f"            {shown(line)}")
