"""Addresses: cleaned, compared, shown. Every function is total: garbage gives garbage, no error.

The parts of an address are those of RFC 3986, appendix B.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urljoin

from publicsuffixlist import PublicSuffixList

from monitor.core.text.tracking_params import is_session, is_tracking

LONGEST = 8_000  # characters; RFC 9110 (4.1) asks servers to take this much, none of ours is longer

_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_AUTHORITY = re.compile(r"(?:(.*)@)?(\[[^\]@]*\]|[^:@\[\]]+)(?::([0-9]*))?", re.DOTALL)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT_ASCII = "".join(map(chr, range(0x21, 0x7F)))  # `quote` leaves them; the rest becomes %XX
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")

_VARIANT_LABELS = frozenset({"www", "m", "mobile", "amp", "wap", "touch"})
_AMP_CACHE = re.compile(
    r"(?:[^.]+\.cdn\.ampproject\.org|[^.]+\.bing-amp\.com)/(?:c|v|a)/(s/)?(?=[^/])"
    r"|www\.google\.[a-z.]+/amp/(s/)?(?=[^/])"
)
_INDEX = re.compile(r"(?:index|default)\.(?:html?|php|aspx?|jsp)", re.IGNORECASE)
_AMP_SUFFIX = re.compile(r"(?:\.amp(?:html)?|[.-]amp\.html|/amp\.html)$")
_PATH_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_AMP_PARAMETERS = frozenset({"amp", "_amp", "amp=1", "amp=true", "_amp=true", "amp=", "m=1"})


class _Parts(NamedTuple):
    scheme: str
    host: str
    port: str  # without the scheme's default
    path: str
    query: str


def canonical(url: str) -> str:
    """The address as we store it: cleaned, without fragment, user, and tracking parameters.

    Two canonical addresses may still be one page; `key` answers that.
    """
    parts = _parts(url)
    if parts is None:
        return _cleaned(url)
    port = f":{parts.port}" if parts.port else ""
    kept = [one for one in parts.query.split("&") if one and not is_tracking(one)]
    query = f"?{'&'.join(kept)}" if kept else ""
    return f"{parts.scheme}://{parts.host}{port}{parts.path}{query}"


def key(url: str) -> str:
    """Equal for two addresses of one page: AMP, mobile, http or https, order of parameters, …

    Not an address to visit: `example.org/story?id=3`.
    """
    parts = _parts(url)
    if parts is None:
        return _cleaned(url)
    parts = _out_of_cache(parts)
    port = f":{parts.port}" if parts.port else ""
    query = "&".join(sorted(_identifying(parts.query)))
    return f"{_main_host(parts.host)}{port}{_main_path(parts.path)}{'?' if query else ''}{query}"


def site_of(url: str) -> str:
    """The registered domain (`bbc.co.uk`), by the public suffix list; `host:port` where none is.

    Empty for what has no host.
    """
    parts = _parts(url)
    if parts is None:
        return ""
    return _registered(parts.host) or f"{parts.host}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"


def redacted(url: str) -> str:
    """The address fit for a log or a screen: no user, no fragment, query values as `…`."""
    scheme, authority, path, query, _ = _split(_cleaned(url))
    shown = "&".join(_without_value(one) for one in query.split("&")) if query else ""
    start = f"{scheme}:" if scheme else ""
    if authority:
        start += "//" + authority.rpartition("@")[2]
    elif "@" in path:
        path = path.rpartition("@")[2]  # user:password@host without its scheme
    return f"{start}{path}{'?' if shown else ''}{shown}"


def absolute(base: str, link: str) -> str | None:
    """The link as a page at `base` means it; None unless that is an http(s) address.

    Not canonical: it is what to fetch, with its fragment dropped and its user kept.
    """
    link = _cleaned(link)
    if not link or len(link) > LONGEST:
        return None
    try:
        joined = urljoin(_cleaned(base)[:LONGEST], link).partition("#")[0]
    except ValueError:  # a broken IPv6 literal
        return None
    scheme, authority, *_ = _split(joined)
    if scheme.lower() not in _DEFAULT_PORTS or _host_and_port(authority) is None:
        return None
    return re.sub(r"\s", "%20", joined) if len(joined) <= LONGEST else None


# ── parts ────────────────────────────────────────────────────────────────────────────────


def _cleaned(url: str) -> str:
    return _UNSAFE.sub("", url[: 2 * LONGEST]).strip()


def _split(url: str) -> tuple[str, str, str, str, str]:
    found = _PARTS.match(url)
    assert found is not None  # every part may be empty
    scheme, authority, path, query, fragment = found.groups(default="")
    return scheme, authority, path, query, fragment


def _host_and_port(authority: str) -> tuple[str, str] | None:
    """None where browsers and RFC 3986 would read different hosts, or none."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None or "\\" in authority or any(map(str.isspace, found[2])):
        return None
    host = found[2].lower().rstrip(".")
    port = (found[3] or "").lstrip("0")
    return (host, port) if host and len(port) < 6 and int(port or 1) < 65_536 else None


def _parts(url: str) -> _Parts | None:
    """None for what is no http(s) address."""
    if len(url) > LONGEST:
        return None
    scheme, authority, path, query, _ = _split(_cleaned(url))
    scheme = scheme.lower()
    place = _host_and_port(authority)
    if scheme not in _DEFAULT_PORTS or place is None:
        return None
    host, port = place
    port = "" if port == _DEFAULT_PORTS[scheme] else port
    return _Parts(scheme, host, port, _path(path), _escaped(query))


def _path(path: str) -> str:
    path = _escaped(path) or "/"
    return _without_dots(path) if "/." in path else path


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _escaped(text: str) -> str:
    """Percent-encoding in its normal form: RFC 3986, section 6.2.2."""
    if "%" in text:
        text = _ESCAPE.sub(_escape, text)
    return text if text.isascii() and " " not in text else quote(text, safe=_KEPT_ASCII)


def _escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return "%25"  # a bare percent sign
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()


def _without_value(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    return f"{name}=…" if equals and value else name


# ── the same page ────────────────────────────────────────────────────────────────────────


def _out_of_cache(parts: _Parts) -> _Parts:
    """The page behind an address of an AMP cache."""
    found = _AMP_CACHE.match(parts.host + parts.path)
    if found is None:
        return parts
    rest = (parts.host + parts.path)[found.end() :]
    inner = _parts(f"https://{rest}")
    return parts if inner is None else inner._replace(query=parts.query)


def _identifying(query: str) -> list[str]:
    parameters = query.replace("+", "%20").split("&")
    return [one for one in parameters if one and not _says_nothing(one)]


def _says_nothing(parameter: str) -> bool:
    lower = parameter.lower()
    if lower in _AMP_PARAMETERS or lower.startswith("outputtype=amp"):
        return True
    return is_tracking(parameter) or is_session(parameter)


def _main_path(path: str) -> str:
    path = _PATH_SESSION.sub("", path) if ";" in path else path
    path = _AMP_SUFFIX.sub("", path) if "amp" in path else path
    segments = [segment for segment in path.split("/") if segment and segment != "amp"]
    if segments and _INDEX.fullmatch(segments[-1]):
        del segments[-1]
    return "/" + "/".join(segments)


@lru_cache(maxsize=4096)
def _main_host(host: str) -> str:
    """Without www, m, amp; international names as ASCII, only to be compared."""
    host = _ascii(host)
    registered = _registered(host)
    if not registered:
        return host
    labels = host[: len(host) - len(registered)].rstrip(".").split(".")
    labels = [label for label in labels if label not in _VARIANT_LABELS]
    return ".".join([*filter(None, labels), registered])


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host[:253].encode("idna").decode("ascii")
    except UnicodeError:
        return host


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def _registered(host: str) -> str:
    """Empty for IP literals, single labels, and public suffixes themselves."""
    if "." not in host or host.startswith("[") or _IPV4.fullmatch(host) or len(host) > 253:
        return ""
    return _suffixes().privatesuffix(host) or ""
