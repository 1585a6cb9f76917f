"""Redirect chain of one request: its next address, and the headers that may be sent there.

Pure: `fetch` sends the requests.
"""

import base64
from dataclasses import dataclass, replace

from yarl import URL

from monitor.core.text import redact_url
from monitor.errors import Unreachable
from monitor.model import FetchKind, Request
from monitor.net.response import PERMANENT_REDIRECTS

MAX_HOPS = 5
ACCEPT = {
    FetchKind.FEED: (
        "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
        "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
    ),
    FetchKind.ARTICLE: "text/html, application/xhtml+xml, */*;q=0.5",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectChain:
    """A request and the redirects followed so far."""

    url: str  # of the next request; without user and password
    request: Request
    origin_headers: tuple[tuple[str, str], ...] = ()  # configured; not sent to another origin
    hops: tuple[str, ...] = ()  # earlier addresses, the first one first
    moved_to: str | None = None  # where permanent redirects alone led
    is_permanent: bool = True  # every redirect so far was permanent


def start_chain(request: Request, parsed: URL) -> RedirectChain:
    """Return the chain before its first request; `parsed` is the request's URL.

    A user and password in the URL become an Authorization header, so that no log shows them.
    """
    if parsed.user is None and parsed.password is None:
        return RedirectChain(url=request.url, request=request, origin_headers=request.headers)
    pair = f"{parsed.user or ''}:{parsed.password or ''}".encode()
    basic = ("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    names = {name.lower() for name, _ in request.headers}
    headers = request.headers if "authorization" in names else (*request.headers, basic)
    # Not permanent: `moved_to` would replace the configured URL and lose the user and password.
    return RedirectChain(
        url=_bare(parsed), request=request, origin_headers=headers, is_permanent=False
    )


def follow(chain: RedirectChain, status: int, location: str) -> RedirectChain:
    """Return the chain after a redirect to `location`, the value of the header.

    The origin headers are dropped when the redirect leads to another host or from HTTPS to HTTP.
    Raises Unreachable for a loop, more than MAX_HOPS redirects, and a missing or invalid location.
    """
    here = URL(chain.url)
    there = _resolve(chain, here, location)
    target = _bare(there)
    hops = (*chain.hops, chain.url)
    if target in {_bare(URL(hop)) for hop in hops}:
        raise Unreachable("redirected in a loop", url=redact_url(chain.url))
    if len(hops) > MAX_HOPS:
        raise Unreachable(f"more than {MAX_HOPS} redirects", url=redact_url(chain.url))
    downgraded = here.scheme == "https" and there.scheme == "http"
    is_permanent = chain.is_permanent and status in PERMANENT_REDIRECTS and not downgraded
    return replace(
        chain,
        url=target,
        origin_headers=chain.origin_headers if _is_same_origin(here, there) else (),
        hops=hops,
        moved_to=target if is_permanent else chain.moved_to,
        is_permanent=is_permanent,
    )


def request_headers(chain: RedirectChain, user_agent: str) -> dict[str, str]:
    """Return the headers of the next request, names in lower case; configured ones win."""
    validators = chain.request.validators
    ours = {
        "user-agent": user_agent,
        "accept": ACCEPT[chain.request.kind],
        "accept-encoding": "gzip, deflate, br, zstd",
    }
    if validators.etag:
        ours["if-none-match"] = validators.etag
    if validators.last_modified:
        ours["if-modified-since"] = validators.last_modified
    return ours | {name.lower(): value for name, value in chain.origin_headers}


def _resolve(chain: RedirectChain, here: URL, location: str) -> URL:
    if not location:
        raise Unreachable("redirected without an address", url=redact_url(chain.url))
    try:
        there = here.join(URL(location))
        _ = there.host, there.port  # yarl parses these only now, and may raise
    except ValueError as error:
        raise Unreachable("redirected to an invalid address", url=redact_url(chain.url)) from error
    return there


def _bare(url: URL) -> str:
    """Format the URL without user, password and fragment."""
    return str(url.with_fragment(None).with_user(None) if url.host else url.with_fragment(None))


def _is_same_origin(here: URL, there: URL) -> bool:
    """Whether both have one origin, or `there` is the HTTPS one of the same host."""
    if here.host != there.host:
        return False
    if here.scheme == there.scheme:
        return here.port == there.port
    upgraded = (here.scheme, there.scheme) == ("http", "https")
    return upgraded and here.is_default_port() and there.is_default_port()
