"""`deliveries`: the outbox."""

import click

from monitor.cli.context import (
    FAILED,
    WRONG_USE,
    as_json,
    database,
    emit,
    now,
    options,
    table,
)


@click.group(invoke_without_command=True)
@options
@as_json
@click.option("--state", type=click.Choice(["pending", "sent", "dead"]))
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.pass_context
def deliveries(ctx: click.Context, json_lines: bool, state: str | None, limit: int) -> None:
    """What was sent, is owed, or died; newest first."""
    if ctx.invoked_subcommand:
        return
    from monitor.store.archive import Archive

    with Archive(database(ctx)) as archive:
        rows = archive.deliveries(state, limit)
    if json_lines:
        for row in rows:
            emit(row)
        return
    columns = ("id", "channel", "state", "attempts", "due_at", "sent_at", "title", "last_error")
    table("deliveries", columns, ([row[column] for column in columns] for row in rows))


@deliveries.command()
@options
@click.argument("ids", nargs=-1, type=int, metavar="ID…")
@click.option("--dead", is_flag=True, help="All that are dead.")
@click.pass_context
def retry(ctx: click.Context, ids: tuple[int, ...], dead: bool) -> int:
    """Send again: these deliveries, or all the dead. A daemon or the next poll sends them."""
    if bool(ids) == dead:
        click.echo("name deliveries, or say --dead", err=True)
        return WRONG_USE
    from monitor.store.archive import retry_deliveries

    queued, unknown = retry_deliveries(database(ctx), None if dead else ids, now())
    click.echo(f"{len(queued)} queued to be sent again")
    for number in unknown:
        click.echo(f"there is no delivery {number}", err=True)
    return FAILED if unknown else 0
