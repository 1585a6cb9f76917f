"""The `deliveries` commands: the outbox."""

import click

from monitor.cli.completion import complete_dead_delivery
from monitor.cli.context import FAILED, WrongUse, database, now, options
from monitor.cli.output import (
    WIDE,
    Column,
    Output,
    Table,
    Total,
    count_noun,
    limit_option,
    time_options,
)
from monitor.data_access import open_administration, open_archive

DELIVERIES = Table(
    plain=("id", "channel", "state", "attempts", "due_at", "sent_at", "title", "last_error"),
    columns=(
        Column(key="id", right=True),
        Column(key="channel", most=16),
        Column(key="state", fixed=True),
        Column(key="attempts", heading="tries", right=True),
        Column(key="due_at", heading="due", time=True),
        Column(key="sent_at", heading="sent", time=True),
        Column(key="title", notes=("last_error",), below=WIDE),
        Column(key="title", least=WIDE),
        Column(key="last_error", heading="last error", least=WIDE),
    ),
)


@click.group(invoke_without_command=True)
@options
@time_options
@click.option(
    "--state", type=click.Choice(["pending", "sent", "dead"]), help="Only those in this state."
)
@limit_option
@click.pass_context
def deliveries(ctx: click.Context, state: str | None, limit: int) -> None:
    """List messages that are pending, sent or dead, newest first.

    Example: news-monitor deliveries --state dead
    """
    if ctx.invoked_subcommand:
        return

    empty = f"no delivery is {state}" if state else "nothing was sent yet, and nothing is owed"
    with open_archive(database(ctx)) as archive:
        Output.of(ctx).print_rows(
            DELIVERIES,
            archive.deliveries(state, limit),
            empty=empty,
            total=Total(count=lambda: archive.count_deliveries(state)),
        )


@deliveries.command()
@options
@click.argument("ids", nargs=-1, type=int, metavar="ID…", shell_complete=complete_dead_delivery)
@click.option("--dead", is_flag=True, help="All that are dead.")
@click.pass_context
def retry(ctx: click.Context, ids: tuple[int, ...], dead: bool) -> int:
    """Send again: these deliveries, or all the dead. A daemon or the next poll sends them.

    Example: news-monitor deliveries retry --dead
    """
    if bool(ids) == dead:
        raise WrongUse("give the numbers of deliveries, or --dead")

    outbox = open_administration(database(ctx))
    queued, refused = outbox.retry_deliveries(None if dead else ids, now())
    click.echo(f"{count_noun(len(queued), 'delivery', 'deliveries')} queued to be sent again")
    for number in refused:
        click.echo(f"there is no delivery {number}", err=True)
    return FAILED if refused else 0
