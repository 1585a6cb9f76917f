"""Webhook sender: signed JSON over HTTP as Standard Webhooks specifies, or the user's template."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterator
from datetime import timedelta

import aiohttp
from yarl import URL

from monitor import __version__
from monitor.channels.webhook.config import WebhookConfig
from monitor.core.dates import parse_retry_after
from monitor.core.messages import Template, build_payload, encode_payload
from monitor.errors import DeliveryError, Refused, TemplateError
from monitor.model import Message
from monitor.ports import Clock

TIMEOUT = timedelta(seconds=20)  # from connecting to the head of the response
THROTTLED = (429, 503)  # their Retry-After is obeyed


class WebhookChannel:
    """Sender to one address. `session` must guard its own sockets; its owner closes it."""

    def __init__(
        self,
        settings: WebhookConfig,
        *,
        session: aiohttp.ClientSession,
        clock: Clock,
        zone: str = "UTC",
        timeout: timedelta = TIMEOUT,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._zone = zone  # the reader's, of the times in a template's `text`
        self._template = _template(settings)
        self._session = session
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=timeout.total_seconds())

    async def send(self, message: Message) -> None:
        """Post the message; any 2xx accepts it. Raises DeliveryError."""
        try:
            body = await asyncio.to_thread(self._body, message)  # a long digest takes a second
        except TemplateError as error:
            line = f" in line {error.line}" if error.line else ""
            raise self._error(f"its template fails{line}: {error}", permanent=True) from error
        headers = self._headers(message.id, body)
        try:
            async with self._session.post(
                self._settings.url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=self._timeout,
            ) as response:
                # The body is not read: it may drip or never end.
                self._check_reply(response.status, response.headers.get("Retry-After"))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._unreachable(error) from error

    async def close(self) -> None:
        """Do nothing: the session is closed by its owner."""

    def _body(self, message: Message) -> bytes:
        if self._template is None:
            return encode_payload(build_payload(message))
        return self._template.render(message, zone=self._zone)

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            **self._settings.headers,
            "Content-Type": self._settings.media_type,
            "User-Agent": f"news-monitor/{__version__}",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
        }
        if self._settings.secrets:
            signed = signatures(self._settings.secrets, message_id, timestamp, body)
            headers["webhook-signature"] = " ".join(signed)
        return headers

    def _check_reply(self, status: int, retry_after: str | None) -> None:
        """Raise DeliveryError unless the status accepts the message."""
        if 200 <= status < 300:
            return
        wait = parse_retry_after(retry_after, self._clock()) if status in THROTTLED else None
        raise self._error(
            f"{self._host()} answered {status}{_meaning(status)}",
            permanent=status == 410,
            disable=status == 410,
            too_large=status == 413,
            retry_after=wait,
        )

    def _unreachable(self, error: Exception) -> DeliveryError:
        """Build an error that names the host alone: the rest of a webhook's address is a secret."""
        if isinstance(error, TimeoutError):
            seconds = self._timeout.total or 0
            return self._error(f"{self._host()} did not answer within {seconds:g} s")
        refused = next((cause for cause in _causes(error) if isinstance(cause, Refused)), None)
        if refused is not None:
            return self._error(f"{self._host()}: {refused}", permanent=True)
        if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
            return self._error("its url is not an http or https address", permanent=True)
        return self._error(f"{self._host()} could not be reached: {_cause(error)}")

    def _error(
        self,
        message: str,
        *,
        permanent: bool = False,
        disable: bool = False,
        too_large: bool = False,
        retry_after: timedelta | None = None,
    ) -> DeliveryError:
        return DeliveryError(
            f"webhook {self.name}: {message}",
            channel=self.name,
            permanent=permanent,
            disable=disable,
            too_large=too_large,
            retry_after=retry_after,
        )

    def _host(self) -> str:
        try:
            return URL(self._settings.url).host or "the receiver"
        except ValueError:
            return "the receiver"


def _template(settings: WebhookConfig) -> Template | None:
    if settings.template is None:
        return None
    return Template(settings.template, content_type=settings.media_type)


def signatures(secrets: tuple[str, ...], message_id: str, timestamp: str, body: bytes) -> list[str]:
    """Return one `v1,…` for each secret, so that a receiver may know the old one or the new one.

    Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, base64.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(key_of(secret), signed, hashlib.sha256) for secret in secrets)
    return ["v1," + base64.b64encode(digest).decode() for digest in digests]


def key_of(secret: str) -> bytes:
    """Return the bytes behind `whsec_…` (base64, padded or not); any other text is its own key."""
    prefix, found, encoded_key = secret.strip().partition("whsec_")
    if prefix or not found:
        return secret.encode()
    try:
        return base64.b64decode(encoded_key + "=" * (-len(encoded_key) % 4), validate=True)
    except binascii.Error:
        return secret.encode()


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return ": a redirect, which a webhook does not follow"
    return {410: ": it wants no more messages", 429: ": too many requests"}.get(status, "")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and its causes, as aiohttp and asyncio chain them."""
    while error is not None:
        yield error
        error = getattr(error, "os_error", None) or error.__cause__


def _cause(error: Exception) -> str:
    """Return the cause in words, without the address that aiohttp's own texts hold."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not valid for it"
        case aiohttp.ClientConnectorDNSError():
            return "its name could not be resolved"
        case aiohttp.ClientConnectorError():
            number = error.os_error.errno or 0
            return os.strerror(number) if number > 0 else type(error.os_error).__name__
        case aiohttp.ServerDisconnectedError() | ConnectionError():
            return "the connection was cut"
        case aiohttp.ClientError():
            return f"no valid answer ({type(error).__name__})"
        case _:
            return type(error).__name__
