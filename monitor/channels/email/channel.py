"""E-mail sender: one SMTP connection for many messages, and an outcome for each recipient."""

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
from monitor.channels.email.smtp_replies import (
    LOGIN_CODES,
    is_too_large,
    names_size,
    too_many_recipients,
)
from monitor.channels.kind import Connect
from monitor.core.messages import build_email, render_mail
from monitor.core.text import clean_line
from monitor.errors import DeliveryError, Refused
from monitor.model import Message

TIMEOUT = timedelta(seconds=30)  # for one reply of the server
IDLE_TIMEOUT = timedelta(seconds=30)  # then an unused connection is closed
TIMEOUTS_PER_MESSAGE = 8  # a whole message may take this many times TIMEOUT
QUIT_TIMEOUT = timedelta(seconds=2)
MAX_REPLY_CHARS = 200
MAX_NAMED = 5  # recipients in one error
MAX_BYTES = 1_000_000  # of a digest; servers and readers differ in what more they take

Replies = dict[str, SMTPResponse]  # of the recipients that were refused


class EmailChannel:
    """Sender to the recipients of one channel.

    `connect` opens guarded sockets; `zone` is the reader's, an IANA name; `tls` is for tests.
    """

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
        self._lock = asyncio.Lock()
        self._smtp: SMTP | None = None
        self._idle_timer: asyncio.TimerHandle | None = None

    async def send(self, message: Message) -> None:
        """Send to every recipient that has not had the message. Raises DeliveryError."""
        recipients = [address for address in self._settings.to if address not in message.served]
        if not recipients:
            return
        try:
            await self._send(message, recipients)
        except DeliveryError as error:
            if not error.too_large or len(message.items) != 1:
                raise
            await self._send_shortened(message, recipients, error.served)

    async def _send(
        self, message: Message, recipients: Sequence[str], *, short: bool = False
    ) -> None:
        try:
            data = await asyncio.to_thread(self._render, message, short)
        except ValueError as error:
            raise self._error(f"an address cannot be written: {error}", permanent=True) from error
        if len(data) > MAX_BYTES and len(message.items) > 1:
            raise self._error(f"{len(data):,} bytes are too much for one mail", too_large=True)
        refused = await self._deliver(data, recipients)
        if refused:
            raise self._refused_recipients(refused, recipients)

    async def _send_shortened(
        self, message: Message, recipients: Sequence[str], served: Sequence[str]
    ) -> None:
        """Send one article that is too large, without excerpts and HTML, to those without it."""
        left = [address for address in recipients if address not in served]
        try:
            await self._send(message, left, short=True)
        except DeliveryError as error:
            error.served = (*served, *error.served)
            raise

    async def close(self) -> None:
        """Quit the SMTP session."""
        async with self._lock:
            await self._quit()

    def _render(self, message: Message, short: bool) -> bytes:
        """Return the message as it is transmitted."""
        text = render_mail(message, zone=self._zone, short=short)
        return build_email(message, text, self._settings).as_bytes()

    # ── one message ──────────────────────────────────────────────────────────────────────

    async def _deliver(self, data: bytes, recipients: Sequence[str]) -> Replies:
        """Return the refused recipients with the server's replies. Raises DeliveryError."""
        async with self._lock:
            try:
                async with asyncio.timeout(TIMEOUTS_PER_MESSAGE * self._timeout):
                    smtp = await self._connected()
                    refused = await _transfer(smtp, data, self._sender, recipients)
            except (SMTPException, OSError, ValueError, Refused) as error:
                self._abort()
                raise self._error_for(error) from error
            except BaseException:
                self._abort()
                raise
            self._close_when_idle()
            return refused

    # ── the connection ───────────────────────────────────────────────────────────────────

    async def _connected(self) -> SMTP:
        """Return the open connection if the server still responds on it, else a new one."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._smtp is not None and self._smtp.is_connected:
            with suppress(SMTPException, OSError):
                await self._smtp.rset()
                return self._smtp
        self._abort()
        return await self._connect_anew()

    async def _connect_anew(self) -> SMTP:
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
            local_hostname=_helo_name(sock),
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

    def _close_when_idle(self) -> None:
        loop = asyncio.get_running_loop()
        self._idle_timer = loop.call_later(IDLE_TIMEOUT.total_seconds(), self._abort)

    def _abort(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    async def _quit(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._smtp is not None and self._smtp.is_connected:
            with suppress(SMTPException, OSError):
                await self._smtp.quit(timeout=QUIT_TIMEOUT.total_seconds())
        self._abort()

    # ── what went wrong ──────────────────────────────────────────────────────────────────

    def _refused_recipients(self, refused: Replies, asked: Sequence[str]) -> DeliveryError:
        """Build the error: who accepted is served; the others are retried if one may accept."""
        listed = [f"{address}: {_reply_text(reply)}" for address, reply in refused.items()]
        if len(listed) > MAX_NAMED:
            listed[MAX_NAMED:] = [f"and {len(listed) - MAX_NAMED} more"]
        return self._error(
            f"{len(refused)} of {len(asked)} recipients refused: {'; '.join(listed)}",
            permanent=not any(a.code < 500 or too_many_recipients(a) for a in refused.values()),
            served=tuple(address for address in asked if address not in refused),
            too_large=any(names_size(reply) for reply in refused.values()),
        )

    def _error_for(self, error: Exception) -> DeliveryError:
        host = self._settings.smtp.host
        match error:
            case SMTPConnectError() if isinstance(error.__cause__, OSError):
                return self._error_for(error.__cause__)
            case Refused():
                return self._error(f"{host}: {error}", permanent=error.permanent)
            case SMTPAuthenticationError():
                return self._error(f"{host} refused the login: {_reply_text(_reply_of(error))}")
            case SMTPConnectResponseError() | SMTPHeloError():
                return self._error(f"{host} is not ready: {_reply_text(_reply_of(error))}")
            case SMTPResponseException():
                return self._error(
                    f"{host} refused the message: {_reply_text(_reply_of(error))}",
                    permanent=error.code >= 500 and error.code not in LOGIN_CODES,
                    too_large=is_too_large(_reply_of(error)),
                )
            case TimeoutError():
                return self._error(f"{host} did not answer in time")
            case ssl.SSLCertVerificationError():
                return self._error(f"{host}: its certificate is not valid: {error.verify_message}")
            case ssl.SSLError():
                return self._error(f"{host}: TLS failed: {error.reason}")
            case SMTPException():
                return self._error(f"{host}: {clean_line(error.message, MAX_REPLY_CHARS)}")
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


async def _transfer(smtp: SMTP, data: bytes, sender: str, recipients: Sequence[str]) -> Replies:
    """Transmit the message; return the recipients that were refused."""
    options = [] if "".join((sender, *recipients)).isascii() else ["SMTPUTF8"]
    try:
        refused, _ = await smtp.sendmail(sender, recipients, data, mail_options=options)
    except SMTPRecipientsRefused as error:
        return {one.recipient: _reply_of(one) for one in error.recipients}
    return refused


def _reply_of(error: SMTPResponseException) -> SMTPResponse:
    return SMTPResponse(error.code, error.message)


def _reply_text(reply: SMTPResponse) -> str:
    return f"{reply.code} {clean_line(reply.message, MAX_REPLY_CHARS)}"


def _reason(error: OSError) -> str:
    """Return the system's text for an error; a failed look-up (negative number) has its own."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or type(error).__name__


def _helo_name(sock: socket.socket) -> str:
    """Return our name for EHLO, else an address (RFC 5321). Never asks the DNS, which may hang."""
    name = socket.gethostname()
    if "." in name and name.isascii() and name.isprintable() and " " not in name:
        return name
    address = ip_address(sock.getsockname()[0].partition("%")[0])
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"
