"""Normalizes, compares, resolves and redacts URLs.

Every function accepts any string without raising: what is no URL is only cleaned of control
characters, or gives None where documented. Parsing follows RFC 3986, appendix B. Does not decide
whether a URL may be fetched: that is `net/ssrf_guard.py`.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urljoin

from publicsuffixlist import PublicSuffixList

from monitor.core.text.tracking_params import is_session, is_tracking

# Characters. RFC 9110 (4.1) asks servers to accept this much; no URL handled here is longer.
MAX_URL_LENGTH = 8_000

_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_AUTHORITY = re.compile(r"(?:(.*)@)?(\[[^\]@]*\]|[^:@\[\]]+)(?::([0-9]*))?", re.DOTALL)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE_ASCII = "".join(map(chr, range(0x21, 0x7F)))  # printable; `quote` escapes everything else
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
    port: str  # empty if it is the scheme's default
    path: str
    query: str


def normalize_url(url: str) -> str:
    """Normalize a URL for storage: no fragment, credentials or tracking parameters.

    Percent-encoding, dot segments, host case and default ports follow RFC 3986, section 6.2. Two
    normalized URLs may still be one page: compare `url_key` instead.
    """
    parts = _parts(url)
    if parts is None:
        return _strip_unsafe(url)
    port = f":{parts.port}" if parts.port else ""
    parameters = [item for item in parts.query.split("&") if item and not is_tracking(item)]
    query = f"?{'&'.join(parameters)}" if parameters else ""
    return f"{parts.scheme}://{parts.host}{port}{parts.path}{query}"


def url_key(url: str) -> str:
    """Return a comparison key that is equal for the variants of one page's URL.

    Variants are AMP and mobile versions, AMP caches, http and https, `www`, index pages, sessions,
    tracking and the order of parameters. A key cannot be fetched: `example.org/story?id=3`.
    """
    parts = _parts(url)
    if parts is None:
        return _strip_unsafe(url)
    parts = _unwrap_amp_cache(parts)
    port = f":{parts.port}" if parts.port else ""
    page = f"{_comparable_host(parts.host)}{port}{_comparable_path(parts.path)}"
    query = "&".join(sorted(_identifying_parameters(parts.query)))
    return f"{page}?{query}" if query else page


def site_of(url: str) -> str:
    """Return the registrable domain (`bbc.co.uk`) by the public suffix list.

    `host:port` for IP addresses and hosts outside the list; empty for what is no http(s) URL.
    """
    parts = _parts(url)
    if parts is None:
        return ""
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    return _registrable_domain(parts.host) or f"{parts.host}:{port}"


def redact_url(url: str) -> str:
    """Return the URL without secrets, for logs: no credentials or fragment, query values as `…`."""
    scheme, authority, path, query, _ = _split(_strip_unsafe(url))
    redacted = "&".join(map(_redact_value, query.split("&"))) if query else ""
    start = f"{scheme}:" if scheme else ""
    if authority:
        start += "//" + authority.rpartition("@")[2]
    elif "@" in path:
        path = path.rpartition("@")[2]  # user:password@host without its scheme
    return f"{start}{path}{'?' if redacted else ''}{redacted}"


def resolve_link(base: str, link: str) -> str | None:
    """Resolve a link found at `base` (RFC 3986, section 5); None unless the result is http(s).

    The result is for fetching, so it is not normalized: credentials stay, only the fragment goes.
    """
    link = _strip_unsafe(link)
    if not link or len(link) > MAX_URL_LENGTH:
        return None
    try:
        joined = urljoin(_strip_unsafe(base)[:MAX_URL_LENGTH], link).partition("#")[0]
    except ValueError:  # a broken IPv6 literal
        return None
    scheme, authority, *_ = _split(joined)
    if scheme.lower() not in _DEFAULT_PORTS or _host_and_port(authority) is None:
        return None
    return re.sub(r"\s", "%20", joined) if len(joined) <= MAX_URL_LENGTH else None


# ── parts ────────────────────────────────────────────────────────────────────────────────


def _strip_unsafe(url: str) -> str:
    return _UNSAFE.sub("", url[: 2 * MAX_URL_LENGTH]).strip()


def _split(url: str) -> tuple[str, str, str, str, str]:
    found = _PARTS.match(url)
    assert found is not None  # the pattern also matches the empty string
    scheme, authority, path, query, fragment = found.groups(default="")
    return scheme, authority, path, query, fragment


def _host_and_port(authority: str) -> tuple[str, str] | None:
    """Split an authority; None if it has no host, or browsers and RFC 3986 would read two."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None or "\\" in authority or any(map(str.isspace, found[2])):
        return None
    host = found[2].lower().rstrip(".")
    port = (found[3] or "").lstrip("0")
    return (host, port) if host and len(port) < 6 and int(port or 1) < 65_536 else None


def _parts(url: str) -> _Parts | None:
    """Parse a URL into normalized parts; None unless it is http(s)."""
    if len(url) > MAX_URL_LENGTH:
        return None
    scheme, authority, path, query, _ = _split(_strip_unsafe(url))
    scheme = scheme.lower()
    host_and_port = _host_and_port(authority)
    if scheme not in _DEFAULT_PORTS or host_and_port is None:
        return None
    host, port = host_and_port
    port = "" if port == _DEFAULT_PORTS[scheme] else port
    return _Parts(scheme, host, port, _normalize_path(path), _normalize_escapes(query))


def _normalize_path(path: str) -> str:
    path = _normalize_escapes(path) or "/"
    return _remove_dot_segments(path) if "/." in path else path


def _remove_dot_segments(path: str) -> str:
    """Resolve `.` and `..` segments: RFC 3986, section 5.2.4."""
    resolved: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del resolved[-1:]
        elif segment != ".":
            resolved.append(segment)
    if segments[-1] in {".", ".."}:
        resolved.append("")
    return "/" + "/".join(resolved)


def _normalize_escapes(text: str) -> str:
    """Normalize percent-encoding: RFC 3986, section 6.2.2."""
    if "%" in text:
        text = _ESCAPE.sub(_normalize_escape, text)
    return text if text.isascii() and " " not in text else quote(text, safe=_SAFE_ASCII)


def _normalize_escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return "%25"  # a bare percent sign
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()


def _redact_value(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    return f"{name}=…" if equals and value else name


# ── comparison keys ──────────────────────────────────────────────────────────────────────


def _unwrap_amp_cache(parts: _Parts) -> _Parts:
    """Return the original page's URL if this is a copy in an AMP cache."""
    found = _AMP_CACHE.match(parts.host + parts.path)
    if found is None:
        return parts
    original = _parts(f"https://{(parts.host + parts.path)[found.end() :]}")
    return parts if original is None else original._replace(query=parts.query)


def _identifying_parameters(query: str) -> list[str]:
    parameters = query.replace("+", "%20").split("&")
    return [item for item in parameters if item and not _is_ignorable(item)]


def _is_ignorable(parameter: str) -> bool:
    """Whether `name=value` selects a variant, tracks, or carries a session: not the page."""
    lower = parameter.lower()
    if lower in _AMP_PARAMETERS or lower.startswith("outputtype=amp"):
        return True
    return is_tracking(parameter) or is_session(parameter)


def _comparable_path(path: str) -> str:
    path = _PATH_SESSION.sub("", path) if ";" in path else path
    path = _AMP_SUFFIX.sub("", path) if "amp" in path else path
    segments = [segment for segment in path.split("/") if segment and segment != "amp"]
    if segments and _INDEX.fullmatch(segments[-1]):
        del segments[-1]
    return "/" + "/".join(segments)


@lru_cache(maxsize=4096)
def _comparable_host(host: str) -> str:
    """Strip `www`, `m`, `amp` and the like; convert international names to ASCII (IDNA)."""
    host = _ascii(host)
    domain = _registrable_domain(host)
    if not domain:
        return host
    labels = host[: len(host) - len(domain)].rstrip(".").split(".")
    labels = [label for label in labels if label not in _VARIANT_LABELS]
    return ".".join([*filter(None, labels), domain])


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host[:253].encode("idna").decode("ascii")
    except UnicodeError:
        return host


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def _registrable_domain(host: str) -> str:
    """Return the registrable domain; empty for IP addresses, single labels and public suffixes."""
    if "." not in host or host.startswith("[") or _IPV4.fullmatch(host) or len(host) > 253:
        return ""
    return _suffixes().privatesuffix(host) or ""
