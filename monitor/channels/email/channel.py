"""Channel E-MAIL: one SMTP connection for many messages, and an outcome for each recipient."""

import asyncio
import os
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import ip_address

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponse,
    SMTPResponseException,
)

from monitor.channels.email.config import EmailConfig, Tls
from monitor.channels.email.smtp_answers import (
    LOGIN_CODES,
    is_too_large,
    names_size,
    too_many_recipients,
)
from monitor.channels.kind import Connect
from monitor.core.messages import letter, mail
from monitor.core.text import clean_line
from monitor.errors import DeliveryError, Refused
from monitor.model import Message

TIMEOUT = timedelta(seconds=30)  # for one answer of the server
IDLE = timedelta(seconds=30)  # a connection is kept this long for the next message
COMMANDS = 8  # a message may take this many time-outs in all
GOODBYE = timedelta(seconds=2)
ANSWER_LETTERS = 200
NAMED = 5  # recipients in one error

MOST_BYTES = 1_000_000  # of a digest; servers and readers differ in what more they take

Answers = dict[str, SMTPResponse]  # of the recipients that were refused


class EmailChannel:
    """`connect` dials and guards; `zone` is the reader's, an IANA name; `tls` is for tests."""

    def __init__(
        self,
        settings: EmailConfig,
        *,
        zone: str,
        connect: Connect,
        timeout: timedelta = TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._zone = zone
        self._connect = connect
        self._sender = parseaddr(settings.sender)[1]
        self._timeout = timeout.total_seconds()
        self._tls = tls
        self._turn = asyncio.Lock()
        self._smtp: SMTP | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def send(self, message: Message) -> None:
        recipients = [address for address in self._settings.to if address not in message.served]
        if not recipients:
            return
        try:
            await self._send(message, recipients)
        except DeliveryError as error:
            if not error.too_large or len(message.items) != 1:
                raise
            await self._send_short(message, recipients, error.served)

    async def _send(
        self, message: Message, recipients: Sequence[str], *, short: bool = False
    ) -> None:
        try:
            data = await asyncio.to_thread(self._written, message, short)
        except ValueError as error:
            raise self._error(f"an address cannot be written: {error}", permanent=True) from error
        if len(data) > MOST_BYTES and len(message.items) > 1:
            raise self._error(f"{len(data):,} bytes are too much for one mail", too_large=True)
        refused = await self._delivered(data, recipients)
        if refused:
            raise self._refusal(refused, recipients)

    async def _send_short(
        self, message: Message, recipients: Sequence[str], served: Sequence[str]
    ) -> None:
        """A single article that is too large, without excerpts and HTML, to those without it."""
        left = [address for address in recipients if address not in served]
        try:
            await self._send(message, left, short=True)
        except DeliveryError as error:
            error.served = (*served, *error.served)
            raise

    async def close(self) -> None:
        async with self._turn:
            await self._hang_up()

    def _written(self, message: Message, short: bool) -> bytes:
        """The message as it goes over the wire."""
        text = mail(message, zone=self._zone, short=short)
        return letter(message, text, self._settings).as_bytes()

    # ── one message ──────────────────────────────────────────────────────────────────────

    async def _delivered(self, data: bytes, recipients: Sequence[str]) -> Answers:
        """The recipients that were refused, with the server's answer. Raises DeliveryError."""
        async with self._turn:
            try:
                async with asyncio.timeout(COMMANDS * self._timeout):
                    smtp = await self._ready()
                    refused = await _transact(smtp, data, self._sender, recipients)
            except (SMTPException, OSError, ValueError, Refused) as error:
                self._drop()
                raise self._failure(error) from error
            except BaseException:
                self._drop()
                raise
            self._keep()
            return refused

    # ── the connection ───────────────────────────────────────────────────────────────────

    async def _ready(self) -> SMTP:
        """The kept connection if the server still answers on it, else a new one."""
        if self._idle is not None:
            self._idle.cancel()
        if self._smtp is not None and self._smtp.is_connected:
            with suppress(SMTPException, OSError):
                await self._smtp.rset()
                return self._smtp
        self._drop()
        return await self._opened()

    async def _opened(self) -> SMTP:
        smtp = self._settings.smtp
        tls = await self._tls_context()
        sock = await self._connect(smtp.host, smtp.server_port, self._timeout)
        if smtp.tls is Tls.NONE and not ip_address(sock.getpeername()[0]).is_loopback:
            sock.close()
            raise self._error("refuses to send without TLS past this machine", permanent=True)
        self._smtp = SMTP(
            hostname=smtp.host,
            username=smtp.user,
            password=smtp.password,
            local_hostname=_own_name(sock),
            timeout=self._timeout,
            use_tls=smtp.tls is Tls.IMPLICIT,
            start_tls=smtp.tls is Tls.STARTTLS,
            tls_context=tls,
            sock=sock,
        )
        await self._smtp.connect()
        return self._smtp

    async def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            # Reading the system's certificates takes a while.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return self._tls

    def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(IDLE.total_seconds(), self._drop)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    async def _hang_up(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self._smtp is not None and self._smtp.is_connected:
            with suppress(SMTPException, OSError):
                await self._smtp.quit(timeout=GOODBYE.total_seconds())
        self._drop()

    # ── what went wrong ──────────────────────────────────────────────────────────────────

    def _refusal(self, refused: Answers, asked: Sequence[str]) -> DeliveryError:
        """Those that accepted are served; all others are asked again while one may accept."""
        named = [f"{address}: {_shown(answer)}" for address, answer in refused.items()]
        more = f"; and {len(named) - NAMED} more" if len(named) > NAMED else ""
        return self._error(
            f"{len(refused)} of {len(asked)} recipients refused: {'; '.join(named[:NAMED])}{more}",
            permanent=not any(a.code < 500 or too_many_recipients(a) for a in refused.values()),
            served=tuple(address for address in asked if address not in refused),
            too_large=any(names_size(answer) for answer in refused.values()),
        )

    def _failure(self, error: Exception) -> DeliveryError:
        host = self._settings.smtp.host
        match error:
            case SMTPConnectError() if isinstance(error.__cause__, OSError):
                return self._failure(error.__cause__)
            case Refused():
                return self._error(f"{host}: {error}", permanent=error.permanent)
            case SMTPAuthenticationError():
                return self._error(f"{host} refused the login: {_shown(_answer(error))}")
            case SMTPConnectResponseError() | SMTPHeloError():
                return self._error(f"{host} is not ready: {_shown(_answer(error))}")
            case SMTPResponseException():
                return self._error(
                    f"{host} refused the message: {_shown(_answer(error))}",
                    permanent=error.code >= 500 and error.code not in LOGIN_CODES,
                    too_large=is_too_large(_answer(error)),
                )
            case TimeoutError():
                return self._error(f"{host} did not answer in time")
            case ssl.SSLCertVerificationError():
                return self._error(f"{host}: its certificate is not valid: {error.verify_message}")
            case ssl.SSLError():
                return self._error(f"{host}: TLS failed: {error.reason}")
            case SMTPException():
                return self._error(f"{host}: {clean_line(error.message, ANSWER_LETTERS)}")
            case OSError():
                return self._error(f"{host} could not be reached: {_reason(error)}")
            case _:
                return self._error(f"an address cannot be used: {error}", permanent=True)

    def _error(
        self,
        message: str,
        *,
        permanent: bool = False,
        served: tuple[str, ...] = (),
        too_large: bool = False,
    ) -> DeliveryError:
        return DeliveryError(
            f"email {self.name}: {message}",
            channel=self.name,
            permanent=permanent,
            served=served,
            too_large=too_large,
        )


async def _transact(smtp: SMTP, data: bytes, sender: str, recipients: Sequence[str]) -> Answers:
    """Which recipients were refused; the message is accepted for the others."""
    options = [] if "".join((sender, *recipients)).isascii() else ["SMTPUTF8"]
    try:
        refused, _ = await smtp.sendmail(sender, recipients, data, mail_options=options)
    except SMTPRecipientsRefused as error:
        return {one.recipient: _answer(one) for one in error.recipients}
    return refused


def _answer(error: SMTPResponseException) -> SMTPResponse:
    return SMTPResponse(error.code, error.message)


def _shown(answer: SMTPResponse) -> str:
    return f"{answer.code} {clean_line(answer.message, ANSWER_LETTERS)}"


def _reason(error: OSError) -> str:
    """In the words of the system; a failed look-up has a negative number and its own words."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or type(error).__name__


def _own_name(sock: socket.socket) -> str:
    """Who we say we are. Never asks the DNS, which may hang; an address will do (RFC 5321)."""
    name = socket.gethostname()
    if "." in name and name.isascii() and name.isprintable() and " " not in name:
        return name
    address = ip_address(sock.getsockname()[0].partition("%")[0])
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"
