"""Interprets the status and headers of a response (RFC 9110). Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from monitor.core.dates import parse_retry_after
from monitor.core.text import redact_url
from monitor.errors import FetchError, Gone, Throttled, Unreachable
from monitor.model import Validators

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT_REDIRECTS = frozenset({301, 308})
MAX_VALUE = 1_000  # characters of a header value that is used

_HINTS = {
    401: "a user and password are asked for",
    402: "the site wants to be paid",
    403: "the site does not let us read this",
    407: "a proxy in between asks for a password",
    451: "withheld for legal reasons",
}
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})(?!\d)", re.IGNORECASE)


def status_error(status: int, headers: Mapping[str, str], url: str, now: datetime) -> FetchError:
    """Return the error for a status that is no success, no redirect and no expected 304."""
    message = describe_status(status)
    shown = redact_url(url)
    if status in (429, 503):
        wait = parse_retry_after(headers.get("Retry-After"), now)
        return Throttled(message, url=shown, retry_after=wait, status=status)
    if status in (404, 410):
        return Gone(message, url=shown, permanent=status == 410, status=status)
    if status == 304:
        message += " in answer to an unconditional request"
    return Unreachable(message, url=shown, status=status)


def describe_status(status: int) -> str:
    """Format a status as `HTTP 403 Forbidden: …`, with the standard's phrase, not the server's."""
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    hint = f": {_HINTS[status]}" if status in _HINTS else ""
    return f"HTTP {status}{phrase}{hint}"


def validators(headers: Mapping[str, str]) -> Validators:
    """Return ETag and Last-Modified; a value that cannot be sent back as it is counts as absent."""
    return Validators(
        etag=_safe_value(headers, "ETag"), last_modified=_safe_value(headers, "Last-Modified")
    )


def content_type(headers: Mapping[str, str]) -> str | None:
    """Return the Content-Type header as sent."""
    return _safe_value(headers, "Content-Type")


def location(headers: Mapping[str, str]) -> str:
    """Return the Location header, decoded as UTF-8 or else Latin-1, as browsers do; empty: none."""
    sent = headers.get("Location", "").strip().encode("utf-8", "surrogateescape")
    try:
        return sent.decode()
    except UnicodeDecodeError:
        return sent.decode("latin-1")


def content_encoding(headers: Mapping[str, str]) -> str:
    """Return the Content-Encoding header; empty: none."""
    return headers.get("Content-Encoding", "")


def max_age(headers: Mapping[str, str]) -> int | None:
    """Return max-age of Cache-Control in seconds (RFC 9111, 5.2.2.1); None if absent."""
    found = _MAX_AGE.search(headers.get("Cache-Control", "")[:MAX_VALUE])
    return int(found[1]) if found else None


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the Content-Length in bytes; None if absent or invalid."""
    value = headers.get("Content-Length", "")
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None


def _safe_value(headers: Mapping[str, str], name: str) -> str | None:
    """Return the value if it can be stored and sent back unchanged: short, printable ASCII."""
    value = headers.get(name, "").strip()
    is_safe = value.isascii() and value.isprintable() and len(value) <= MAX_VALUE
    return value if value and is_safe else None
