from typing import Any

import pytest
from hostile import FEED, RAW, Hostile, hostile, whole

from monitor.core.addresses import AddressPolicy
from monitor.errors import Refused, Unreachable
from monitor.model import FetchKind, Page, Request, Unchanged, Validators
from monitor.net import redirects
from net.wired import Fetchers, body

KEY = (("X-Key", "secret"), ("Authorization", "Basic c2VjcmV0"))


def feed(url: str, **more: Any) -> Request:
    return Request(url=url, kind=FetchKind.FEED, **more)


def departed(url: str, **more: Any) -> redirects.RedirectChain:
    return redirects.depart(feed(url, **more), AddressPolicy(()).check_url(url))


async def test_every_address_on_the_way_is_kept(server: Hostile, fetching: Fetchers) -> None:
    start = server.url("/to?302=/to%3F301=/feed")
    page = await fetching().get(feed(start))
    assert isinstance(page, Page)
    assert page.body == FEED
    assert page.hops == (start, server.url("/to?301=/feed"))
    assert page.url == server.url("/feed")
    assert page.moved_to is None


async def test_permanent_redirects_alone_tell_where_a_feed_moved(
    server: Hostile, fetching: Fetchers
) -> None:
    page = await fetching().get(feed(server.url("/to?301=/to%3F308=/to%253F302=/feed")))
    assert page.moved_to == server.url("/to?302=/feed")


async def test_a_304_behind_a_redirect_tells_it_too(server: Hostile, fetching: Fetchers) -> None:
    request = feed(server.url("/to?301=/not-modified"), validators=Validators(etag='"a"'))
    answer = await fetching().get(request)
    assert isinstance(answer, Unchanged)
    assert answer.moved_to == answer.url == server.url("/not-modified")


def test_a_permanent_redirect_down_to_plain_http_moves_nothing() -> None:
    step = redirects.follow(departed("https://a.example/"), 301, "http://a.example/")
    assert step.moved_to is None


def test_an_address_with_a_password_never_moves() -> None:
    step = redirects.follow(departed("https://me:word@a.example/"), 301, "/b")
    assert step.url == "https://a.example/b"
    assert step.moved_to is None
    assert step.carried == (("Authorization", "Basic bWU6d29yZA=="),)


@pytest.mark.parametrize(
    ("start", "location"),
    [
        ("https://a.example/", "https://b.example/"),
        ("https://a.example/", "//b.example/"),
        ("https://a.example/", "http://a.example/"),
        ("https://a.example/", "https://a.example:8443/"),
        ("http://a.example/", "http://www.a.example/"),
        ("http://a.example:8080/", "https://a.example/"),
    ],
)
def test_what_was_configured_for_one_host_is_not_shown_to_another(
    start: str, location: str
) -> None:
    assert redirects.follow(departed(start, headers=KEY), 302, location).carried == ()


@pytest.mark.parametrize(
    ("start", "location"),
    [
        ("https://a.example/", "/other"),
        ("https://a.example/", "https://a.example:443/other"),
        ("http://a.example/", "https://a.example/"),
    ],
)
def test_it_goes_along_within_the_host_and_up_to_https(start: str, location: str) -> None:
    assert redirects.follow(departed(start, headers=KEY), 302, location).carried == KEY


def test_what_was_dropped_once_does_not_come_back() -> None:
    away = redirects.follow(departed("https://a.example/", headers=KEY), 302, "https://b.example/")
    assert redirects.follow(away, 302, "https://a.example/again").carried == ()


async def test_another_host_sees_no_authorization_on_the_wire(
    server: Hostile, fetching: Fetchers
) -> None:
    async with hostile("127.0.0.2") as other:
        there = other.url("/feed", "127.0.0.2")
        await fetching().get(feed(server.url(f"/to?302={there}"), headers=KEY))
        assert "authorization" in server.asked[0].headers
        assert not {"authorization", "x-key"} & other.asked[0].headers.keys()


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/feed",
        "//127.0.0.2:{port}/feed",
        "http://[::ffff:127.0.0.2]:{port}/feed",
        "http://2130706434:{port}/feed",
        "http://0x7f.2:{port}/feed",
        r"http://127.0.0.2:{port}\@127.0.0.1/feed",
    ],
)
async def test_a_redirect_to_a_private_address_is_refused_at_that_hop(
    server: Hostile, fetching: Fetchers, location: str
) -> None:
    async with hostile("127.0.0.2") as other:
        start = server.url(f"/to?302={location.format(port=other.port)}")
        with pytest.raises((Refused, Unreachable)):
            await fetching(allow_private=("127.0.0.1/32",)).get(feed(start))
        assert other.most_open == 0


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://host/", "gopher://host/", "data:,x", "javascript:alert(1)"],
)
async def test_a_redirect_away_from_http_is_refused(
    server: Hostile, fetching: Fetchers, location: str
) -> None:
    with pytest.raises(Refused, match="does not begin with http"):
        await fetching().get(feed(server.url(f"/to?302={location}")))


@pytest.mark.parametrize(
    ("path", "words", "asked"),
    [
        ("/chain/0", "more than 5 redirects", 6),
        ("/to?302=/to%3F302=%2Fto%253F302%253D", "without an address", 3),
        ("/empty-location", "without an address", 1),
        ("/no-location", "without an address", 1),
        ("/to?302=http://[/", "no address", 1),
        ("/to?302=http://[::::]/", "no address", 1),
        ("/to?302=http://xn--/", "no address", 1),
        ("/to?302=http://xn--a.x/", "no address", 1),
    ],
)
async def test_redirects_that_lead_nowhere_end_clearly(
    server: Hostile, fetching: Fetchers, path: str, words: str, asked: int
) -> None:
    with pytest.raises(Unreachable, match=words):
        await fetching().get(feed(server.url(path)))
    assert len(server.asked) == asked


@pytest.mark.parametrize("location", ["/loop", "#fragment", "/back"])
async def test_a_loop_is_told_as_soon_as_it_closes(
    server: Hostile,
    fetching: Fetchers,
    location: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = "302 Found"
    monkeypatch.setitem(RAW, "/loop", whole(b"", f"Location: {location}", status=found))
    monkeypatch.setitem(RAW, "/back", whole(b"", "Location: /loop", status=found))
    with pytest.raises(Unreachable, match="in a loop"):
        await fetching().get(feed(server.url("/loop")))
    assert len(server.asked) <= 2


async def test_a_location_beyond_ascii_is_followed(
    server: Hostile, fetching: Fetchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAW, "/f%C3%A9ed", whole(FEED))
    raw = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /f\xe9ed\r\n\r\n"
    monkeypatch.setitem(RAW, "/latin", raw)
    monkeypatch.setitem(RAW, "/utf", raw.replace(b"\xe9", "é".encode()))
    assert await body(fetching(), feed(server.url("/latin"))) == FEED
    assert await body(fetching(), feed(server.url("/utf"))) == FEED


def test_a_configured_authorization_wins_over_a_user_in_the_address() -> None:
    assert departed("https://me:word@a.example/", headers=KEY).carried == KEY
