"""What went wrong on the wire, in words for people."""

import os
import ssl

import aiohttp
from aiohttp.http import HttpProcessingError

from monitor.core.addresses import AddressRefused
from monitor.core.text import redact_url
from monitor.errors import FetchError, Refused, Unreachable
from monitor.net.content_encoding import BodyTooLarge, BrokenEncoding

# All that a request may raise. ValueError: addresses and headers that cannot be sent.
FAULTS = (aiohttp.ClientError, HttpProcessingError, OSError, TimeoutError, ValueError)


class TooSlow(TimeoutError):
    """A body that trickles."""


class Disconnected(aiohttp.ClientError):
    """A connection that ended before its response came; `reason` is aiohttp's error."""

    def __init__(self, reason: aiohttp.ClientError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def explained(error: BaseException, url: str, doing: str) -> FetchError:
    """The error of our tree for one of FAULTS; `doing` is the step that a time-out hit."""
    shown = redact_url(url)
    refusal = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(refusal, AddressRefused):
        return Refused(str(refusal), url=shown, permanent=True)
    if isinstance(error, BodyTooLarge):
        return Refused(str(error), url=shown, permanent=True)
    return Unreachable(_words(error, doing), url=shown)


def _words(error: BaseException, doing: str) -> str:
    match error:
        case TooSlow() | BrokenEncoding():
            return str(error)
        case Disconnected(reason=reason):
            return _words(reason, doing)
        case aiohttp.ConnectionTimeoutError():
            return "timed out while connecting"
        case TimeoutError():
            return f"timed out {doing}"
        case aiohttp.ClientConnectorCertificateError():
            return f"TLS: {_certificate(error.certificate_error)}"
        case aiohttp.ClientConnectorSSLError():
            return f"TLS failed: {_tls(error.os_error)}"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {_clean(error.host)} cannot be resolved ({_system(error.os_error)})"
        case aiohttp.ClientConnectorError():
            return f"cannot connect to {_clean(error.host)}:{error.port}: {_system(error.os_error)}"
        case aiohttp.ServerDisconnectedError():
            return "the connection was closed without an answer"
        case aiohttp.ClientPayloadError():
            return "the body was cut short or badly framed"
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return f"not a proper HTTP answer: {_clean(error.message)}"
        case OSError():
            return f"the connection was lost: {_system(error)}"
        case _:
            return f"cannot be asked: {_clean(str(error) or type(error).__name__)}"


def _certificate(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _clean(error.verify_message)
    return _clean(str(error))


def _tls(error: OSError) -> str:
    reason = getattr(error, "reason", None)
    return _clean(str(reason).lower().replace("_", " ") if reason else _system(error))


def _system(error: OSError) -> str:
    if error.errno and error.errno > 0 and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return _clean(error.strerror or str(error) or type(error).__name__)


def _clean(text: str) -> str:
    """The first line of what may quote the server, printable and short."""
    line = text.strip().partition("\n")[0][:200]
    return "".join(c if c.isprintable() else "�" for c in line).rstrip(":")
