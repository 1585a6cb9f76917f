import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import trustme
from notices import NOW, alert, item, notice
from sinks import FakeInbox, dial, inbox, only, serving

from monitor.channels.email.channel import EmailChannel
from monitor.channels.email.config import EmailConfig, SmtpConfig, Tls
from monitor.errors import DeliveryError, Refused
from monitor.model import Reason

ANA, BEN, CLEO = "ana@example.org", "ben@example.org", "cleo@example.org"


@asynccontextmanager
async def email_channel(
    port: int,
    *,
    to: tuple[str, ...] = (ANA,),
    seconds: float = 5.0,
    trust: ssl.SSLContext | None = None,
    connect: Any = dial,
    sender: str = "Monitor <monitor@example.org>",
    **smtp: Any,
) -> AsyncIterator[EmailChannel]:
    server = SmtpConfig(port=port, **{"tls": Tls.NONE, **smtp})
    channel = EmailChannel(
        # Also recipients that a configuration may not have.
        EmailConfig(type="email", name="desk", to=(ANA,), sender=sender, smtp=server).model_copy(
            update={"to": to}
        ),
        zone="America/Phoenix",
        connect=connect,
        timeout=timedelta(seconds=seconds),
        tls=trust,
    )
    try:
        yield channel
    finally:
        await channel.close()


@pytest.fixture
async def sink() -> AsyncIterator[FakeInbox]:
    async with inbox() as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def failure(channel: EmailChannel, **values: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send(notice(**values))
    assert caught.value.channel == "desk"
    return caught.value


# ── what arrives ─────────────────────────────────────────────────────────────────────────


async def test_an_alert_arrives_as_plain_text_and_html(sink: FakeInbox) -> None:
    async with email_channel(sink.port) as channel:
        await channel.send(notice(item(title="Aranceles: «¡ya!» 🚢")))
    (mail,) = sink.mails
    assert (mail.sender, mail.recipients) == ("monitor@example.org", (ANA,))
    assert mail.message["Subject"] == "[tariff] Aranceles: «¡ya!» 🚢"
    assert mail.message["Message-ID"] == "<msg_a1_7_9@example.org>"
    assert mail.message["Date"].datetime == NOW
    assert "07:45 MST" in mail.text
    assert "Aranceles: «¡ya!» 🚢" in mail.html


async def test_an_update_threads_under_the_first_message(sink: FakeInbox) -> None:
    async with email_channel(sink.port) as channel:
        await channel.send(notice(item(alert(reason=Reason.UPDATED)), thread="msg_a1_2_2"))
    (mail,) = sink.mails
    assert mail.message["In-Reply-To"] == "<msg_a1_2_2@example.org>"
    assert str(mail.message["Subject"]).startswith("[tariff] Updated: ")


async def test_a_poisoned_headline_is_sent_as_one_clean_line(sink: FakeInbox) -> None:
    title = "A\r\nBcc: all@example.org\u2028B\x00\x1b\u0085C" + "x" * 2_000_000
    async with email_channel(sink.port) as channel:
        await channel.send(notice(item(title=title)))
    (mail,) = sink.mails
    assert mail.recipients == (ANA,)
    assert mail.message["Bcc"] is None
    assert str(mail.message["Subject"]).startswith("[tariff] A Bcc: all@example.org B Cxx")
    assert len(mail.raw) < 50_000


async def test_a_line_that_is_a_dot_ends_no_message(sink: FakeInbox) -> None:
    async with email_channel(sink.port) as channel:
        await channel.send(notice(item(title=".", source=".")))
    assert sink.mails[0].html.rstrip().endswith("</html>")


# ── one connection ───────────────────────────────────────────────────────────────────────


async def test_one_connection_carries_many_messages(sink: FakeInbox) -> None:
    async with email_channel(sink.port) as channel:
        await asyncio.gather(*(channel.send(notice(id=f"msg_{n}")) for n in range(5)))
    assert [mail.connection for mail in sink.mails] == [0] * 5
    assert len({mail.message["Message-ID"] for mail in sink.mails}) == 5


async def test_a_kept_connection_that_died_is_replaced_unnoticed(sink: FakeInbox) -> None:
    async with email_channel(sink.port) as channel:
        await channel.send(notice())
        sink.drop_connections()
        await channel.send(notice())
    assert [mail.connection for mail in sink.mails] == [0, 1]


async def test_after_a_refusal_the_connection_serves_the_next_message(sink: FakeInbox) -> None:
    sink.refusals = {ANA: ["450 4.2.0 greylisted"]}
    async with email_channel(sink.port) as channel:
        await failure(channel)
        await channel.send(notice())
    assert [mail.connection for mail in sink.mails] == [0]


async def test_closing_twice_and_unused_does_no_harm(sink: FakeInbox) -> None:
    async with email_channel(sink.port) as channel:
        await channel.close()
        await channel.send(notice())
        await channel.close()
        await channel.close()


# ── outcomes ─────────────────────────────────────────────────────────────────────────────


async def test_a_greylisted_message_is_tried_again(sink: FakeInbox) -> None:
    sink.refusals = {ANA: ["451 4.7.1 greylisted, come back"]}
    async with email_channel(sink.port) as channel:
        error = await failure(channel)
    assert (error.permanent, error.served) == (False, ())
    assert "1 of 1 recipients refused: ana@example.org: 451 4.7.1 greylisted" in str(error)


async def test_only_the_recipient_that_was_put_off_is_asked_again(sink: FakeInbox) -> None:
    sink.refusals = {BEN: ["451 later"]}
    async with email_channel(sink.port, to=(ANA, BEN, CLEO)) as channel:
        error = await failure(channel)
        assert (error.permanent, error.served) == (False, (ANA, CLEO))
        await channel.send(notice(served=frozenset(error.served)))
    assert [mail.recipients for mail in sink.mails] == [(ANA, CLEO), (BEN,)]
    assert sink.tried == [ANA, BEN, CLEO, BEN]


async def test_a_recipient_that_does_not_exist_is_reported_and_the_others_are_served(
    sink: FakeInbox,
) -> None:
    sink.refusals = {BEN: ["550 5.1.1 no such user"]}
    async with email_channel(sink.port, to=(ANA, BEN, CLEO)) as channel:
        error = await failure(channel)
    assert (error.permanent, error.served) == (True, (ANA, CLEO))
    assert "1 of 3 recipients refused: ben@example.org: 550 5.1.1 no such user" in str(error)
    assert [mail.recipients for mail in sink.mails] == [(ANA, CLEO)]


async def test_while_one_recipient_may_still_accept_the_message_is_not_given_up(
    sink: FakeInbox,
) -> None:
    sink.refusals = {BEN: ["550 unknown"] * 2, CLEO: ["451 later"]}
    async with email_channel(sink.port, to=(ANA, BEN, CLEO)) as channel:
        error = await failure(channel)
        assert (error.permanent, error.served) == (False, (ANA,))
        error = await failure(channel, served=frozenset(error.served))
    assert (error.permanent, error.served) == (True, (CLEO,))
    assert [mail.recipients for mail in sink.mails] == [(ANA,), (CLEO,)]


async def test_too_many_recipients_at_once_are_served_later(sink: FakeInbox) -> None:
    sink.refusals = {BEN: ["552 too many recipients"]}
    async with email_channel(sink.port, to=(ANA, BEN)) as channel:
        assert not (await failure(channel)).permanent


@pytest.mark.parametrize(("answer", "permanent"), [("554 spam", True), ("451 disk full", False)])
async def test_a_message_refused_as_a_whole_keeps_its_recipients(
    sink: FakeInbox, answer: str, permanent: bool
) -> None:
    sink.data_answers = [answer]
    async with email_channel(sink.port, to=(ANA, BEN)) as channel:
        error = await failure(channel)
    assert (error.permanent, error.served) == (permanent, ())
    assert f"refused the message: {answer}" in str(error)


async def test_a_cut_after_the_message_is_tried_again_under_the_same_id(sink: FakeInbox) -> None:
    sink.cuts = 1
    async with email_channel(sink.port) as channel:
        error = await failure(channel)
        assert (error.permanent, error.served) == (False, ())
        await channel.send(notice())
    one, again = sink.mails
    assert one.message["Message-ID"] == again.message["Message-ID"]
    assert one.raw == again.raw


async def test_a_message_that_is_too_large_is_given_up() -> None:
    async with inbox(data_size_limit=500) as sink, email_channel(sink.port) as channel:
        error = await failure(channel)
    assert error.permanent
    assert "refused the message: 552" in str(error)


async def test_a_server_that_hangs_costs_its_time_out_and_is_tried_again() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(hang) as port, email_channel(port, seconds=0.2) as channel:
        error = await failure(channel)
    assert not error.permanent
    assert str(error) == "email desk: localhost did not answer in time"


async def test_a_greeting_that_never_ends_is_cut_off() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220-" + b"x" * 100_000)
        await reader.read()

    async with serving(babble) as port, email_channel(port, seconds=1) as channel:
        error = await failure(channel)
    assert not error.permanent
    assert len(str(error)) < 300


async def test_a_server_that_is_down_is_tried_again() -> None:
    async with email_channel(1) as channel:
        error = await failure(channel)
    assert not error.permanent
    assert str(error) == "email desk: localhost could not be reached: Connection refused"


async def test_an_address_that_the_guard_refuses_is_given_up_at_once() -> None:
    async def refuse(host: str, port: int, seconds: float) -> None:
        raise Refused("10.0.0.1 is a private address", url=host, permanent=True)

    async with email_channel(25, connect=refuse) as channel:
        error = await failure(channel)
    assert error.permanent
    assert str(error) == "email desk: localhost: 10.0.0.1 is a private address"


async def test_an_address_that_smtp_cannot_express_is_given_up(sink: FakeInbox) -> None:
    async with email_channel(sink.port, to=("a b@example.org> SIZE=1",)) as channel:
        error = await failure(channel)
    assert error.permanent
    assert sink.mails == []


async def test_a_send_that_is_cancelled_leaves_no_connection_behind(sink: FakeInbox) -> None:
    dialled = asyncio.Event()

    async def connect(host: str, port: int, seconds: float) -> socket.socket:
        dialled.set()
        return await dial(host, port, seconds)

    async with email_channel(sink.port, connect=connect) as channel:
        sending = asyncio.create_task(channel.send(notice()))
        await dialled.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await channel.send(notice())
    assert sink.mails[-1].connection == 1


# ── TLS and login ────────────────────────────────────────────────────────────────────────


async def test_starttls_is_used_and_its_certificate_verified(
    server_tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    async with inbox(tls_context=server_tls, require_starttls=True) as sink:
        async with email_channel(sink.port, tls=Tls.STARTTLS, trust=trust) as channel:
            await channel.send(notice())
        assert sink.mails[0].tls
        async with email_channel(sink.port, tls=Tls.STARTTLS) as channel:
            error = await failure(channel)
        assert len(sink.mails) == 1
    assert not error.permanent
    assert "its certificate is not valid" in str(error)


async def test_a_certificate_of_another_host_is_refused(
    authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("other.example").configure_cert(context)
    async with inbox(tls_context=context) as sink:
        async with email_channel(sink.port, tls=Tls.STARTTLS, trust=trust) as channel:
            error = await failure(channel)
        assert sink.mails == []
    assert "its certificate is not valid" in str(error)


async def test_where_starttls_is_missing_nothing_goes_out(sink: FakeInbox) -> None:
    async with email_channel(sink.port, tls=Tls.STARTTLS) as channel:
        error = await failure(channel)
    assert not error.permanent
    assert "STARTTLS" in str(error)
    assert sink.tried == []


async def test_implicit_tls_works_and_is_verified(
    server_tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    async with inbox(implicit_tls=server_tls) as sink:
        async with email_channel(sink.port, tls=Tls.IMPLICIT, trust=trust) as channel:
            await channel.send(notice())
        async with email_channel(sink.port, tls=Tls.IMPLICIT) as channel:
            error = await failure(channel)
        assert len(sink.mails) == 1
    assert not error.permanent
    assert "its certificate is not valid" in str(error)


async def test_a_login_works_and_a_refused_one_is_tried_again(
    server_tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    login = only("me", "s3cret")
    async with inbox(auth_required=True, tls_context=server_tls, authenticator=login) as sink:
        async with email_channel(
            sink.port, tls=Tls.STARTTLS, trust=trust, user="me", password="s3cret"
        ) as channel:
            await channel.send(notice())
        async with email_channel(
            sink.port, tls=Tls.STARTTLS, trust=trust, user="me", password="wr0ng"
        ) as channel:
            error = await failure(channel)
        assert len(sink.mails) == 1
    assert not error.permanent
    assert "refused the login: 535" in str(error)
    assert "wr0ng" not in str(error)


async def test_without_tls_nothing_leaves_this_machine(sink: FakeInbox) -> None:
    class Elsewhere:
        """What a socket to another machine looks like."""

        closed = False

        def getpeername(self) -> tuple[str, int]:
            return ("192.0.2.7", 25)

        def close(self) -> None:
            self.closed = True

    elsewhere = Elsewhere()

    async def connect(host: str, port: int, seconds: float) -> Elsewhere:
        return elsewhere

    async with email_channel(sink.port, connect=connect) as channel:
        error = await failure(channel)
    assert error.permanent
    assert elsewhere.closed
