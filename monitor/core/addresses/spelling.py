"""Parsing of URLs that every parser reads in the same way, and of IPv4 addresses spelled oddly."""

import re
from ipaddress import IPv4Address

from yarl import URL

from monitor.core.text import MAX_URL_LENGTH

_LABEL = r"[A-Za-z0-9_-]{1,63}"  # RFC 1035, 2.3.4
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_NAME = 253
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*)")


def parse_url(url: str) -> URL:
    """Parse an http or https URL with a host. Raises ValueError with the reason of a refusal."""
    if len(url) > MAX_URL_LENGTH:  # IDNA takes seconds for a megabyte
        raise ValueError(f"the address is longer than {MAX_URL_LENGTH} characters")
    authority = re.split(r"[/?#]", url.partition("//")[2], maxsplit=1)[0]
    if _CONTROL.search(url.partition("?")[0].partition("#")[0].replace(" ", "")):
        raise ValueError("the address holds control characters")
    if "\\" in authority or authority.count("@") > 1:
        # Parsers disagree on who is the host here (`http://private\@public/`).
        raise ValueError("the address can be read in two ways")
    try:
        parsed = URL(url)
    except ValueError as error:
        raise ValueError(f"not an address: {printable_start(str(error))}") from error
    if parsed.scheme not in ("http", "https"):
        raise ValueError("the address does not begin with http:// or https://")
    if not parsed.raw_host or not parsed.port:
        raise ValueError("the address names no host and port")
    return parsed


def is_host_name(host: str) -> bool:
    """Whether the text is a host name of letters, digits, `-` and `_`; `127.1` is one too."""
    return _NAME.fullmatch(host) is not None and len(host) <= _LONGEST_NAME


def numeric_ipv4(host: str) -> str | None:
    """The IPv4 address that inet_aton(3) reads in the host, dotted; None: it is a name.

    One to four numbers, each decimal, octal (`0177`) or hexadecimal (`0x7f`); the last one fills
    the bytes that are left: `2130706433`, `0x7f.1` and `127.1` are all 127.0.0.1.
    """
    if not host[:1].isdigit():  # nearly every host
        return None
    matches = [_NUMBER.fullmatch(part) for part in host.split(".")]
    numbers = [_number(found) for found in matches if found]
    if len(numbers) < len(matches) or len(numbers) > 4:
        return None
    *leading, last = numbers
    if any(number > 0xFF for number in leading) or last >= 1 << 8 * (4 - len(leading)):
        return None
    shifted = (number << 8 * (3 - index) for index, number in enumerate(leading))
    return str(IPv4Address(sum(shifted) + last))


def _number(found: re.Match[str]) -> int:
    base = 16 if found[1] else 8 if found[2] else 10
    return int(found[0], base)


def printable_start(text: str) -> str:
    """The first 200 characters, with a replacement for those that cannot be printed."""
    return "".join(c if c.isprintable() else "�" for c in text[:200]) or "nothing"
