"""Translates errors of aiohttp and the socket layer into FetchError with a message for users."""

import os
import ssl

import aiohttp
from aiohttp.http import HttpProcessingError

from monitor.core.addresses import AddressRefused
from monitor.core.text import redact_url
from monitor.errors import FetchError, Refused, Unreachable
from monitor.net.content_encoding import BodyTooLarge, BrokenEncoding

# Everything a request may raise. ValueError: URLs and headers that cannot be sent.
REQUEST_ERRORS = (aiohttp.ClientError, HttpProcessingError, OSError, TimeoutError, ValueError)


class TooSlow(TimeoutError):
    """A body that arrives more slowly than the minimum rate."""


class Disconnected(aiohttp.ClientError):
    """A connection that ended before its response; `reason` is aiohttp's error."""

    def __init__(self, reason: aiohttp.ClientError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def fetch_error(error: BaseException, url: str, doing: str) -> FetchError:
    """Convert one of REQUEST_ERRORS; `doing` completes the message "timed out …"."""
    shown = redact_url(url)
    refusal = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(refusal, AddressRefused):
        return Refused(str(refusal), url=shown, permanent=True)
    if isinstance(error, BodyTooLarge):
        return Refused(str(error), url=shown, permanent=True)
    return Unreachable(_describe(error, doing), url=shown)


def _describe(error: BaseException, doing: str) -> str:
    match error:
        case TooSlow() | BrokenEncoding():
            return str(error)
        case Disconnected():
            return _describe(error.reason, doing)
        case aiohttp.ConnectionTimeoutError():
            return "timed out while connecting"
        case TimeoutError():
            return f"timed out {doing}"
        case aiohttp.ClientConnectorCertificateError():
            return f"TLS: {_certificate_reason(error.certificate_error)}"
        case aiohttp.ClientConnectorSSLError():
            return f"TLS failed: {_tls_reason(error.os_error)}"
        case aiohttp.ClientConnectorDNSError():
            reason = _os_reason(error.os_error)
            return f"the name {_printable(error.host)} cannot be resolved ({reason})"
        case aiohttp.ClientConnectorError():
            reason = _os_reason(error.os_error)
            return f"cannot connect to {_printable(error.host)}:{error.port}: {reason}"
        case aiohttp.ServerDisconnectedError():
            return "the connection was closed without an answer"
        case aiohttp.ClientPayloadError():
            return "the body was cut short or badly framed"
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return f"not a proper HTTP answer: {_printable(error.message)}"
        case OSError():
            return f"the connection was lost: {_os_reason(error)}"
        case _:
            return f"cannot be requested: {_printable(str(error) or type(error).__name__)}"


def _certificate_reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _printable(error.verify_message)
    return _printable(str(error))


def _tls_reason(error: OSError) -> str:
    reason = getattr(error, "reason", None)
    return _printable(str(reason).lower().replace("_", " ") if reason else _os_reason(error))


def _os_reason(error: OSError) -> str:
    if error.errno and error.errno > 0 and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return _printable(error.strerror or str(error) or type(error).__name__)


def _printable(text: str) -> str:
    """Return the first line, printable and at most 200 characters; the server may be quoted."""
    line = text.strip().partition("\n")[0][:200]
    return "".join(c if c.isprintable() else "�" for c in line).rstrip(":")
