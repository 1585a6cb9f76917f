from typing import Any

import pytest
from hostile import FEED, RAW, Hostile, hostile, whole

from monitor.core.addresses import AddressPolicy
from monitor.errors import Refused, Unreachable
from monitor.model import FetchKind, Page, Request, Unchanged, Validators
from monitor.net import redirects
from net.fetchers import FetcherFactory, body

KEY = (("X-Key", "secret"), ("Authorization", "Basic c2VjcmV0"))


def feed(url: str, **more: Any) -> Request:
    return Request(url=url, kind=FetchKind.FEED, **more)


def chain_to(url: str, **more: Any) -> redirects.RedirectChain:
    return redirects.start_chain(feed(url, **more), AddressPolicy(()).check_url(url))


async def test_a_page_lists_every_address_of_its_redirects(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    start = server.url("/to?302=/to%3F301=/feed")
    page = await new_fetcher().get(feed(start))
    assert isinstance(page, Page)
    assert page.body == FEED
    assert page.hops == (start, server.url("/to?301=/feed"))
    assert page.url == server.url("/feed")
    assert page.moved_to is None


async def test_only_permanent_redirects_set_where_a_feed_moved(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    page = await new_fetcher().get(feed(server.url("/to?301=/to%3F308=/to%253F302=/feed")))
    assert page.moved_to == server.url("/to?302=/feed")


async def test_a_304_after_a_permanent_redirect_sets_it_too(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    request = feed(server.url("/to?301=/not-modified"), validators=Validators(etag='"a"'))
    answer = await new_fetcher().get(request)
    assert isinstance(answer, Unchanged)
    assert answer.moved_to == answer.url == server.url("/not-modified")


def test_a_permanent_redirect_from_https_to_http_does_not_move_a_feed() -> None:
    chain = redirects.follow(chain_to("https://a.example/"), 301, "http://a.example/")
    assert chain.moved_to is None


def test_an_address_with_a_password_never_moves() -> None:
    chain = redirects.follow(chain_to("https://me:word@a.example/"), 301, "/b")
    assert chain.url == "https://a.example/b"
    assert chain.moved_to is None
    assert chain.origin_headers == (("Authorization", "Basic bWU6d29yZA=="),)


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
def test_configured_headers_are_not_sent_to_another_origin(start: str, location: str) -> None:
    assert redirects.follow(chain_to(start, headers=KEY), 302, location).origin_headers == ()


@pytest.mark.parametrize(
    ("start", "location"),
    [
        ("https://a.example/", "/other"),
        ("https://a.example/", "https://a.example:443/other"),
        ("http://a.example/", "https://a.example/"),
    ],
)
def test_configured_headers_are_sent_within_the_origin_and_to_its_https(
    start: str, location: str
) -> None:
    assert redirects.follow(chain_to(start, headers=KEY), 302, location).origin_headers == KEY


def test_headers_once_dropped_are_not_sent_again() -> None:
    away = redirects.follow(chain_to("https://a.example/", headers=KEY), 302, "https://b.example/")
    assert redirects.follow(away, 302, "https://a.example/again").origin_headers == ()


async def test_another_host_receives_no_authorization(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    async with hostile("127.0.0.2") as other:
        there = other.url("/feed", "127.0.0.2")
        await new_fetcher().get(feed(server.url(f"/to?302={there}"), headers=KEY))
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
    server: Hostile, new_fetcher: FetcherFactory, location: str
) -> None:
    async with hostile("127.0.0.2") as other:
        start = server.url(f"/to?302={location.format(port=other.port)}")
        with pytest.raises((Refused, Unreachable)):
            await new_fetcher(allow_private=("127.0.0.1/32",)).get(feed(start))
        assert other.most_open == 0


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://host/", "gopher://host/", "data:,x", "javascript:alert(1)"],
)
async def test_a_redirect_to_another_scheme_is_refused(
    server: Hostile, new_fetcher: FetcherFactory, location: str
) -> None:
    with pytest.raises(Refused, match="does not begin with http"):
        await new_fetcher().get(feed(server.url(f"/to?302={location}")))


@pytest.mark.parametrize(
    ("path", "words", "asked"),
    [
        ("/chain/0", "more than 5 redirects", 6),
        ("/to?302=/to%3F302=%2Fto%253F302%253D", "without an address", 3),
        ("/empty-location", "without an address", 1),
        ("/no-location", "without an address", 1),
        ("/to?302=http://[/", "invalid address", 1),
        ("/to?302=http://[::::]/", "invalid address", 1),
        ("/to?302=http://xn--/", "invalid address", 1),
        ("/to?302=http://xn--a.x/", "invalid address", 1),
    ],
)
async def test_broken_redirects_end_with_a_clear_error(
    server: Hostile, new_fetcher: FetcherFactory, path: str, words: str, asked: int
) -> None:
    with pytest.raises(Unreachable, match=words):
        await new_fetcher().get(feed(server.url(path)))
    assert len(server.asked) == asked


@pytest.mark.parametrize("location", ["/loop", "#fragment", "/back"])
async def test_a_loop_is_detected_at_its_first_repetition(
    server: Hostile,
    new_fetcher: FetcherFactory,
    location: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = "302 Found"
    monkeypatch.setitem(RAW, "/loop", whole(b"", f"Location: {location}", status=found))
    monkeypatch.setitem(RAW, "/back", whole(b"", "Location: /loop", status=found))
    with pytest.raises(Unreachable, match="in a loop"):
        await new_fetcher().get(feed(server.url("/loop")))
    assert len(server.asked) <= 2


async def test_a_location_beyond_ascii_is_followed(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAW, "/f%C3%A9ed", whole(FEED))
    raw = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /f\xe9ed\r\n\r\n"
    monkeypatch.setitem(RAW, "/latin", raw)
    monkeypatch.setitem(RAW, "/utf", raw.replace(b"\xe9", "é".encode()))
    assert await body(new_fetcher(), feed(server.url("/latin"))) == FEED
    assert await body(new_fetcher(), feed(server.url("/utf"))) == FEED


def test_a_configured_authorization_wins_over_a_user_in_the_address() -> None:
    assert chain_to("https://me:word@a.example/", headers=KEY).origin_headers == KEY
