"""Receivers that answer without end: left at a bound, in time, and tried again later."""

import asyncio
import socket
from contextlib import suppress
from datetime import timedelta

import pytest
from flooding import Flood, flooding, serving
from notices import NOW, notice
from sinks import dial

from monitor.channels.email.channel import EmailChannel
from monitor.channels.email.config import EmailConfig, SmtpConfig, Tls
from monitor.channels.webhook.channel import WebhookChannel
from monitor.channels.webhook.config import WebhookConfig
from monitor.core.addresses import AddressPolicy
from monitor.errors import DeliveryError
from monitor.net.session import guarded_session

MOST_BYTES = 8_000_000  # what the kernels' buffers and one read may hold beside what was parsed
LIMIT = timedelta(seconds=30)  # far more than any of this takes


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_webhook_receiver_that_only_announces_is_left_at_a_bound(loop: str) -> None:
    factory = pytest.importorskip("uvloop").new_event_loop if loop == "uvloop" else None

    async def send(flood: Flood) -> DeliveryError:
        settings = WebhookConfig(type="webhook", name="hook", url=flood.url())
        async with guarded_session(lambda: AddressPolicy(("127.0.0.0/8",))) as session:
            hook = WebhookChannel(settings, session=session, clock=lambda: NOW, timeout=LIMIT)
            with pytest.raises(DeliveryError) as caught:
                await hook.send(notice())
        return caught.value

    wave = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1_000
    with flooding(b"", wave) as flood, asyncio.Runner(loop_factory=factory) as runner:
        error = runner.run(send(flood))
    assert "no valid answer" in str(error)
    assert not error.permanent
    assert flood.sent < MOST_BYTES


async def mail_failure(port: int) -> DeliveryError:
    settings = EmailConfig(
        type="email",
        name="desk",
        to=("ana@example.org",),
        sender="monitor@example.org",
        smtp=SmtpConfig(host="127.0.0.1", port=port, tls=Tls.NONE),
    )
    channel = EmailChannel(settings, zone="UTC", connect=dial, timeout=LIMIT)
    with pytest.raises(DeliveryError) as caught:
        await channel.send(notice())
    await channel.close()
    return caught.value


@pytest.mark.parametrize("wave", [b"220-hello\r\n", b"250-SIZE 1000\r\n" * 500, b"2" * 60_000])
@pytest.mark.parametrize("head", [b"", b"220 ready\r\n"])
def test_a_mail_server_whose_reply_never_ends_is_left_at_a_bound(wave: bytes, head: bytes) -> None:
    """`head`: whether its greeting ends, and the flood answers EHLO."""
    sent = 0

    def answer(connection: socket.socket) -> None:
        nonlocal sent
        with connection, suppress(OSError):
            connection.sendall(head)
            if head:
                connection.recv(1_000)
            while sent < 50_000_000:
                connection.sendall(wave)
                sent += len(wave)

    with serving(answer) as port:
        error = asyncio.run(mail_failure(port))
    assert not error.permanent
    assert "127.0.0.1" in str(error)
    assert sent < MOST_BYTES
