"""The `notify` command: sends a test message through one channel."""

import click

from monitor.cli.completion import complete_channel
from monitor.cli.context import load_settings, now, options
from monitor.cli.names import unknown_name
from monitor.cli.output import Output, data_options
from monitor.settings import ChannelSettings, Settings


@click.command()
@options
@data_options
@click.argument("channel", shell_complete=complete_channel)
@click.pass_context
def notify(ctx: click.Context, channel: str) -> None:
    """Send a marked test message through one channel, now and past the outbox.

    Example: news-monitor notify hook
    """
    import asyncio

    settings = load_settings(ctx)
    wanted = next((c for c in settings.channels if c.name == channel), None)
    if wanted is None:
        raise unknown_name("channel", channel, [c.name for c in settings.channels])
    asyncio.run(_send(wanted, settings))
    output = Output.of(ctx)
    if output.for_people:
        click.echo(f"{channel}: the test message was accepted")
    else:
        output.print_row({"channel": channel, "sent": True})


async def _send(channel: ChannelSettings, settings: Settings) -> None:
    import secrets

    from monitor.channel_factory import open_channel
    from monitor.model import Message, MessageKind

    message = Message(
        kind=MessageKind.TEST,
        id=f"msg_test_{secrets.token_hex(8)}",
        created_at=now(),
        text=f"This is a test of the channel '{channel.name}'. Nothing happened.",
    )
    async with open_channel(channel, settings) as opened:
        await opened.send(message)
