"""The `silence` command: no messages about something, for a while."""

import re
from datetime import timedelta

import click

from monitor.cli.completion import complete_silence, complete_topic_or_source
from monitor.cli.context import FAILED, Duration, WrongUse, database, now, options
from monitor.cli.names import all_names, nearest
from monitor.cli.output import Column, Output, Table, time_options
from monitor.data_access import open_administration, open_archive
from monitor.model import SilenceKind, utc_text
from monitor.queries import KnownNames

SILENCES = Table(
    plain=("id", "kind", "value", "until", "reason", "alerts"),
    columns=(
        Column(key="id", right=True),
        Column(key="kind", fixed=True),
        Column(key="value"),
        Column(key="until", time=True, dated=True),
        Column(key="alerts", right=True),
        Column(key="reason"),
    ),
)

_BARE_WORD = re.compile(r"[^\W_](?:[^\s=\"“”„‟*:()^@]*[^\W_])?")  # no blank, no operator

_QUERY_HINT = "--query '{}' silences what the word finds"


@click.command()
@options
@time_options
@click.argument(
    "what", metavar="TOPIC|SOURCE|RULE", required=False, shell_complete=complete_topic_or_source
)
@click.option("--query", metavar="RULE", help="A rule, also of one word: what it finds is silent.")
@click.option("--for", "length", type=Duration(), metavar="TIME", help="How long, such as 2d.")
@click.option("--reason", default="", metavar="TEXT", help="Why; shown in the list.")
@click.option(
    "--remove",
    "number",
    type=int,
    metavar="N",
    shell_complete=complete_silence,
    help="End the silence of this number.",
)
@click.pass_context
def silence(
    ctx: click.Context,
    what: str | None,
    query: str | None,
    length: timedelta | None,
    reason: str,
    number: int | None,
) -> int:
    """Send no messages about a topic, a source or what a rule finds; without arguments the list.

    Articles are stored and matched all the same, and their alerts are listed. A silence ends by
    itself.

    Example: news-monitor silence border --for 2d --reason "planned march"
    """
    wanted = what if query is None else query
    if number is not None:
        if (wanted, length, reason) != (None, None, ""):
            raise WrongUse("--remove takes a number and nothing else")
        return _remove(ctx, number)
    if what is not None and query is not None:
        raise WrongUse(f"either '{what}' or --query, not both")
    if wanted is None:
        if length is not None or reason:
            raise WrongUse("name what to silence: a topic, a source, or --query RULE")
        _print_silences(ctx)
        return 0
    if length is None:
        raise WrongUse("give a length of time: --for 2d")
    kind = SilenceKind.QUERY if query is not None else _find_kind(all_names(ctx), wanted)
    _add(ctx, kind, wanted, length, reason)
    return 0


def _add(ctx: click.Context, kind: SilenceKind, what: str, length: timedelta, reason: str) -> None:
    from monitor.cli.rules import read_rule

    if kind is SilenceKind.QUERY:
        read_rule(what)
    until = now() + length
    administration = open_administration(database(ctx))
    number = administration.add_silence(kind, what, until, reason, now())
    output = Output.of(ctx)
    if not output.for_people:
        ends = utc_text(until)
        row = {"id": number, "kind": kind.value, "value": what, "until": ends, "reason": reason}
        output.print_row(row)
        return
    noun = "rule" if kind is SilenceKind.QUERY else kind.value
    ends = output.times.format_date(utc_text(until))
    click.echo(f"silence {number}: {noun} {what}, until {ends}")


def _find_kind(known: KnownNames, what: str) -> SilenceKind:
    """Return TOPIC or SOURCE for a known name, else QUERY. Raises WrongUse for a bare word."""
    if what in known.topics:
        return SilenceKind.TOPIC
    if what in known.sources:
        return SilenceKind.SOURCE
    bare = _BARE_WORD.fullmatch(what) is not None
    near = nearest(what, _similar_candidates(known, several=not bare))
    problem = f"no topic and no source is named '{what}'"
    hint = f"did you mean the {'topic' if near in known.topics else 'source'} '{near}'?"
    if bare:
        raise WrongUse(f"{problem}; {hint if near else _QUERY_HINT.format(what)}")
    if near:
        click.echo(f"{problem}: taken as a rule; {hint}", err=True)
    return SilenceKind.QUERY


def _similar_candidates(known: KnownNames, *, several: bool) -> list[str]:
    """Return the known names of topics and sources; `several`: only those of several words."""
    names = (*known.topics, *known.sources)
    return [name for name in names if " " in name or not several]


def _remove(ctx: click.Context, number: int) -> int:
    if open_administration(database(ctx)).remove_silence(number):
        click.echo(f"silence {number} is over")
        return 0
    click.echo(f"there is no silence {number}", err=True)
    return FAILED


def _print_silences(ctx: click.Context) -> None:
    with open_archive(database(ctx)) as archive:
        found, counts = archive.silences(now()), archive.silenced_counts()
    rows = [
        {
            "id": each.id,
            "kind": each.kind.value,
            "value": each.value,
            "until": utc_text(each.until),
            "reason": each.reason,
            "alerts": counts.get(each.id, 0),
        }
        for each in found
    ]
    Output.of(ctx).print_rows(SILENCES, rows, empty="nothing is silenced")
