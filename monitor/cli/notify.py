"""`notify`: does this channel work?"""

import click

from monitor.cli.context import WRONG_USE, as_json, emit, load_settings, now, options
from monitor.settings import ChannelSettings, Settings


@click.command()
@options
@as_json
@click.argument("channel")
@click.pass_context
def notify(ctx: click.Context, channel: str, json_lines: bool) -> int:
    """Send a marked test message through one channel, now and past the outbox."""
    import asyncio

    settings = load_settings(ctx)
    wanted = next((c for c in settings.channels if c.name == channel), None)
    if wanted is None:
        names = ", ".join(c.name for c in settings.channels) or "none is configured"
        click.echo(f"no channel '{channel}' (there are: {names})", err=True)
        return WRONG_USE
    asyncio.run(_send(wanted, settings))
    if json_lines:
        emit({"channel": channel, "sent": True})
    else:
        click.echo(f"{channel}: the test message was accepted")
    return 0


async def _send(channel: ChannelSettings, settings: Settings) -> None:
    import secrets

    from monitor.channel_factory import open_channel
    from monitor.model import Notice, NoticeKind

    notice = Notice(
        kind=NoticeKind.TEST,
        id=f"msg_test_{secrets.token_hex(8)}",
        created_at=now(),
        text=f"This is a test of the channel '{channel.name}'. Nothing happened.",
    )
    async with open_channel(channel, settings) as opened:
        await opened.send(notice)
