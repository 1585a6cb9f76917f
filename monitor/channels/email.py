"""Channel E-MAIL: one SMTP connection for many messages, and an outcome for each recipient."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponse,
    SMTPResponseException,
)

from monitor.channels.letter import letter
from monitor.core.clean import clean_line
from monitor.core.render import mail
from monitor.errors import DeliveryError, Refused
from monitor.model import Notice
from monitor.settings import EmailSettings, Tls

Dial = Callable[[str, int, float], Awaitable[socket.socket]]  # host, port, seconds

TIMEOUT = timedelta(seconds=30)  # for one answer of the server
IDLE = timedelta(seconds=30)  # a connection is kept this long for the next message
COMMANDS = 8  # a message may take this many time-outs in all
ANSWER_LETTERS = 200

Answers = dict[str, SMTPResponse]  # of the recipients that were refused


class EmailChannel:
    """`connect` dials and guards; `zone` is the reader's, an IANA name; `tls` is for tests."""

    def __init__(
        self,
        settings: EmailSettings,
        *,
        zone: str,
        connect: Dial,
        timeout: timedelta = TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._zone = zone
        self._connect = connect
        self._timeout = timeout.total_seconds()
        self._tls = tls
        self._turn = asyncio.Lock()
        self._smtp: SMTP | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def send(self, notice: Notice) -> None:
        recipients = notice.remaining or self._settings.to
        try:
            message = letter(notice, mail(notice, zone=self._zone), self._settings)
        except ValueError as error:
            raise self._error(f"an address cannot be written: {error}", permanent=True) from error
        refused = await self._delivered(message.as_bytes(), recipients)
        if refused:
            raise self._refusal(refused, len(recipients))

    async def close(self) -> None:
        async with self._turn:
            await self._hang_up()

    # ── one message ──────────────────────────────────────────────────────────────────────

    async def _delivered(self, message: bytes, recipients: Sequence[str]) -> Answers:
        """The recipients that were refused, with the server's answer. Raises DeliveryError."""
        async with self._turn:
            try:
                async with asyncio.timeout(COMMANDS * self._timeout):
                    smtp = await self._ready()
                    refused = await _transact(smtp, message, recipients)
            except (SMTPException, OSError, ValueError, Refused) as error:
                self._drop()
                raise self._failure(error) from error
            except BaseException:
                self._drop()
                raise
            self._keep()
            return refused
