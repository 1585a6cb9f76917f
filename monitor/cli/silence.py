"""`silence`: no messages about something, for a while."""

from datetime import timedelta

import click

from monitor.cli.context import (
    FAILED,
    WRONG_USE,
    Duration,
    as_json,
    emit,
    load_settings,
    now,
    options,
    table,
)
from monitor.model import SilenceKind, utc_text
from monitor.settings import Settings


@click.command()
@options
@as_json
@click.argument("what", metavar="TOPIC|SOURCE|QUERY", required=False)
@click.option("--for", "length", type=Duration(), help="How long, e.g. 2d.")
@click.option("--reason", default="", help="Why; shown in the list.")
@click.option("--remove", "number", type=int, metavar="N", help="End the silence of this number.")
@click.pass_context
def silence(
    ctx: click.Context,
    json_lines: bool,
    what: str | None,
    length: timedelta | None,
    reason: str,
    number: int | None,
) -> int:
    """Hear nothing of a topic, a source or what a rule finds; without arguments the list.

    Articles are stored and matched all the same, and their alerts are listed; only the messages
    are not sent. A silence ends by itself.
    """
    settings = load_settings(ctx)
    if number is not None:
        return _remove(settings, number)
    if what is None:
        return _list(settings, json_lines)
    if length is None:
        click.echo("say for how long: --for 2d", err=True)
        return WRONG_USE
    return _add(settings, what, length, reason)


def _add(settings: Settings, what: str, length: timedelta, reason: str) -> int:
    from monitor.core.rules import parse
    from monitor.store.archive import add_silence

    kind = _kind(settings, what)
    if kind is SilenceKind.QUERY:
        parse(what)  # a broken rule is refused here
    until = now() + length
    number = add_silence(settings.database, kind, what, until, reason, now())
    click.echo(f"silence {number}: {kind.value} {what}, until {utc_text(until)}")
    return 0


def _kind(settings: Settings, what: str) -> SilenceKind:
    """A topic of that name, else a source, else a rule."""
    if any(topic.name == what for topic in settings.topics):
        return SilenceKind.TOPIC
    if any(source.name == what for source in settings.sources):
        return SilenceKind.SOURCE
    return SilenceKind.QUERY


def _remove(settings: Settings, number: int) -> int:
    from monitor.store.archive import remove_silence

    if remove_silence(settings.database, number):
        click.echo(f"silence {number} is over")
        return 0
    click.echo(f"there is no silence {number}", err=True)
    return FAILED


def _list(settings: Settings, json_lines: bool) -> int:
    from monitor.store.archive import Archive

    with Archive(settings.database) as archive:
        found, counts = archive.silences(now()), archive.silenced_counts()
    rows = [
        {
            "id": one.id,
            "kind": one.kind.value,
            "value": one.value,
            "until": utc_text(one.until),
            "reason": one.reason,
            "alerts": counts.get(one.id, 0),
        }
        for one in found
    ]
    if json_lines:
        for row in rows:
            emit(row)
    else:
        columns = ("id", "kind", "value", "until", "reason", "alerts")
        table("silences", columns, ([row[column] for column in columns] for row in rows))
    return 0
