"""What a status line and its headers mean. Pure: no waiting, no socket."""

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
MAX_VALUE = 1_000  # characters of a header that we keep

_HINTS = {
    401: "a user and password are asked for",
    402: "the site wants to be paid",
    403: "the site does not let us read this",
    407: "a proxy in between asks for a password",
    451: "withheld for legal reasons",
}
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})(?!\d)", re.IGNORECASE)


def failure(status: int, headers: Mapping[str, str], url: str, now: datetime) -> FetchError:
    """The error behind a status that is neither success nor redirect nor an expected 304."""
    said = described(status)
    shown = redact_url(url)
    if status in (429, 503):
        wait = parse_retry_after(headers.get("Retry-After"), now)
        return Throttled(said, url=shown, retry_after=wait, status=status)
    if status in (404, 410):
        return Gone(said, url=shown, permanent=status == 410, status=status)
    if status == 304:
        said += " although nothing was asked conditionally"
    return Unreachable(said, url=shown, status=status)


def described(status: int) -> str:
    """`HTTP 403 Forbidden: …`; the phrase is the standard's, never the server's."""
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    hint = f": {_HINTS[status]}" if status in _HINTS else ""
    return f"HTTP {status}{phrase}{hint}"


def validators(headers: Mapping[str, str]) -> Validators:
    return Validators(etag=_kept(headers, "ETag"), last_modified=_kept(headers, "Last-Modified"))


def content_type(headers: Mapping[str, str]) -> str | None:
    return _kept(headers, "Content-Type")


def location(headers: Mapping[str, str]) -> str:
    """Location as text: UTF-8 where it is that, else Latin-1, as browsers read it."""
    sent = headers.get("Location", "").strip().encode("utf-8", "surrogateescape")
    try:
        return sent.decode()
    except UnicodeDecodeError:
        return sent.decode("latin-1")


def content_encoding(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Encoding", "")


def max_age(headers: Mapping[str, str]) -> int | None:
    found = _MAX_AGE.search(headers.get("Cache-Control", "")[:MAX_VALUE])
    return int(found[1]) if found else None


def content_length(headers: Mapping[str, str]) -> int | None:
    value = headers.get("Content-Length", "")
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None


def _kept(headers: Mapping[str, str], name: str) -> str | None:
    """A header that can be stored and sent again as it is; anything odd counts as absent."""
    value = headers.get(name, "").strip()
    sane = value.isascii() and value.isprintable() and len(value) <= MAX_VALUE
    return value if value and sane else None
