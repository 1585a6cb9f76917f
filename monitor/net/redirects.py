"""A request on its way through redirects: where it is, where it was, what it may still carry."""

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
    """One step. `url` holds no user; `carried` are the headers meant for this host only."""

    url: str
    request: Request
    carried: tuple[tuple[str, str], ...] = ()
    hops: tuple[str, ...] = ()  # earlier addresses, the first one first
    moved_to: str | None = None  # as far as permanent redirects alone led
    keeps_moving: bool = True  # every redirect so far was a permanent one


def depart(request: Request, parsed: URL) -> RedirectChain:
    """The first step. A user and password in the address become a header, out of every log."""
    if parsed.user is None and parsed.password is None:
        return RedirectChain(url=request.url, request=request, carried=request.headers)
    pair = f"{parsed.user or ''}:{parsed.password or ''}".encode()
    basic = ("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    named = {name.lower() for name, _ in request.headers}
    carried = request.headers if "authorization" in named else (*request.headers, basic)
    # Moving would lose the user and password of the configured address.
    return RedirectChain(url=_bare(parsed), request=request, carried=carried, keeps_moving=False)


def follow(trip: RedirectChain, status: int, location: str) -> RedirectChain:
    """The next step. Raises Unreachable for loops, endless chains and empty addresses.

    What was carried for one host is not shown to another, nor over plain HTTP after HTTPS.
    """
    here = URL(trip.url)
    there = _joined(trip, here, location)
    target = _bare(there)
    hops = (*trip.hops, trip.url)
    if target in {_bare(URL(hop)) for hop in hops}:
        raise Unreachable("redirected in a loop", url=redact_url(trip.url))
    if len(hops) > MAX_HOPS:
        raise Unreachable(f"more than {MAX_HOPS} redirects", url=redact_url(trip.url))
    downgraded = here.scheme == "https" and there.scheme == "http"
    keeps_moving = trip.keeps_moving and status in PERMANENT_REDIRECTS and not downgraded
    return replace(
        trip,
        url=target,
        carried=trip.carried if _same_house(here, there) else (),
        hops=hops,
        moved_to=target if keeps_moving else trip.moved_to,
        keeps_moving=keeps_moving,
    )


def headers(trip: RedirectChain, user_agent: str) -> dict[str, str]:
    """All that is sent; what the user configured wins, whatever its case."""
    asked = trip.request.validators
    sent = {
        "user-agent": user_agent,
        "accept": ACCEPT[trip.request.kind],
        "accept-encoding": "gzip, deflate, br, zstd",
    }
    if asked.etag:
        sent["if-none-match"] = asked.etag
    if asked.last_modified:
        sent["if-modified-since"] = asked.last_modified
    return sent | {name.lower(): value for name, value in trip.carried}


def _joined(trip: RedirectChain, here: URL, location: str) -> URL:
    if not location:
        raise Unreachable("redirected without an address", url=redact_url(trip.url))
    try:
        there = here.join(URL(location))
        _ = there.host, there.port  # which yarl reads only now, and may refuse
    except ValueError as error:
        raise Unreachable("redirected to what is no address", url=redact_url(trip.url)) from error
    return there


def _bare(url: URL) -> str:
    return str(url.with_fragment(None).with_user(None) if url.host else url.with_fragment(None))


def _same_house(here: URL, there: URL) -> bool:
    if here.host != there.host:
        return False
    if here.scheme == there.scheme:
        return here.port == there.port
    upgraded = (here.scheme, there.scheme) == ("http", "https")
    return upgraded and here.is_default_port() and there.is_default_port()
