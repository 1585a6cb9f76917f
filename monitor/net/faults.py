"""What went wrong on the wire, in words for people."""

import os
import ssl

import aiohttp
from aiohttp.http import HttpProcessingError

from monitor.core.text.urls import redacted
from monitor.errors import FetchError, Refused, Unreachable
from monitor.net.guard import AddressRefused
from monitor.net.inflate import BrokenEncoding, TooLarge

# All that a request may raise. ValueError: addresses and headers that cannot be sent.
FAULTS = (aiohttp.ClientError, HttpProcessingError, OSError, TimeoutError, ValueError)


class TooSlow(TimeoutError):
    """A body that trickles."""


class NotConnected(TimeoutError):
    """Nobody took the call in time."""


class NoConnection(OSError):
    """To none of the addresses; `reason` is of the system or of TLS."""

    def __init__(self, host: str, port: int, reason: OSError) -> None:
        super().__init__(reason.errno, str(reason))
        self.host = host
        self.port = port
        self.reason = reason


class UnknownName(OSError):
    """The resolver knows no address."""

    def __init__(self, host: str, reason: OSError) -> None:
        super().__init__(reason.errno, str(reason))
        self.host = host
        self.reason = reason


def explained(error: BaseException, url: str, doing: str) -> FetchError:
    """The error of our tree for one of FAULTS; `doing` is the step that a time-out hit."""
    shown = redacted(url)
    refusal = error.reason if isinstance(error, NoConnection) else error
    if isinstance(refusal, AddressRefused):
        return Refused(str(refusal), url=shown, permanent=True)
    if isinstance(error, TooLarge):
        return Refused(str(error), url=shown, permanent=True)
    return Unreachable(_words(error, doing), url=shown)


def _words(error: BaseException, doing: str) -> str:
    match error:
        case TooSlow() | BrokenEncoding():
            return str(error)
        case NotConnected():
            return str(error)
        case TimeoutError():
            return f"timed out {doing}"
        case NoConnection(reason=UnknownName() as unknown):
            return f"the name {_clean(unknown.host)} cannot be resolved ({_system(unknown.reason)})"
        case NoConnection(reason=ssl.SSLCertVerificationError() as refused):
            return f"TLS: {_clean(refused.verify_message)}"
        case NoConnection(reason=ssl.SSLError() as failed):
            return f"TLS failed: {_tls(failed)}"
        case NoConnection():
            return f"cannot connect to {_clean(error.host)}:{error.port}: {_system(error.reason)}"
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
