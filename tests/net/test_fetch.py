from datetime import timedelta
from typing import Any

import pytest
from hostile import FEED, RAW, Hostile, whole

from monitor.errors import FetchError, Gone, Refused, Throttled, Unreachable
from monitor.model import FetchKind, Page, Request, Unchanged, Validators
from net.fetchers import NOW, FetcherFactory, body, network


def feed(url: str, **more: Any) -> Request:
    return Request(url=url, kind=FetchKind.FEED, **more)


async def test_a_page_has_its_body_and_the_validators_for_the_next_request(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    page = await new_fetcher().get(feed(server.url("/feed")))
    assert page == Page(
        url=server.url("/feed"),
        body=FEED,
        content_type="application/rss+xml",
        validators=Validators(etag='"one"'),
        fetched_at=NOW,
    )


async def test_a_request_names_the_user_agent_and_the_accepted_types(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    await new_fetcher().get(feed(server.url("/feed")))
    sent = server.asked[0].headers
    assert sent["user-agent"] == "news-monitor/1 (+https://example.org/contact)"
    assert sent["accept-encoding"] == "gzip, deflate, br, zstd"
    assert "application/rss+xml" in sent["accept"]
    assert "cookie" not in sent


async def test_known_validators_are_sent_and_a_304_is_an_ordinary_result(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    known = Validators(etag='"one"', last_modified="Wed, 01 May 2024 10:00:00 GMT")
    answer = await new_fetcher().get(feed(server.url("/not-modified"), validators=known))
    assert answer == Unchanged(url=server.url("/not-modified"), validators=known, fetched_at=NOW)
    assert server.asked[0].headers["if-none-match"] == '"one"'
    assert server.asked[0].headers["if-modified-since"] == "Wed, 01 May 2024 10:00:00 GMT"


async def test_a_304_to_an_unconditional_request_is_an_error(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    with pytest.raises(Unreachable, match="unconditional request"):
        await new_fetcher().get(feed(server.url("/not-modified")))


async def test_a_configured_header_wins_over_ours(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    request = feed(server.url("/feed"), headers=(("user-AGENT", "me"), ("X-Key", "k")))
    await new_fetcher().get(request)
    assert server.asked[0].headers["user-agent"] == "me"
    assert server.asked[0].headers["x-key"] == "k"


async def test_a_header_that_cannot_be_sent_is_a_clear_error(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    with pytest.raises(Unreachable, match="cannot be requested"):
        await new_fetcher().get(feed(server.url("/feed"), headers=(("X", "a\r\nY: b"),)))
    assert server.asked == []


async def test_a_user_in_the_address_is_sent_as_a_header_and_never_logged(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    url = server.url("/feed").replace("127", "me:secret@127")
    page = await new_fetcher().get(feed(url))
    assert server.asked[0].headers["authorization"] == "Basic bWU6c2VjcmV0"
    assert "secret" not in repr(page)


@pytest.mark.parametrize("path", ["/empty-200", "/no-content"])
async def test_an_empty_response_is_a_page_without_a_body(
    server: Hostile, new_fetcher: FetcherFactory, path: str
) -> None:
    assert await body(new_fetcher(), feed(server.url(path))) == b""


async def test_cookies_are_never_stored(server: Hostile, new_fetcher: FetcherFactory) -> None:
    fetcher = new_fetcher()
    await fetcher.get(feed(server.url("/cookie-bomb")))
    await fetcher.get(feed(server.url("/feed")))
    assert "cookie" not in server.asked[1].headers


async def test_a_second_response_smuggled_after_the_first_is_discarded(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    fetcher = new_fetcher()
    for path in ("/smuggling", "/feed", "/smuggling", "/feed"):
        assert await body(fetcher, feed(server.url(path))) == FEED


async def test_a_validator_with_control_characters_is_dropped(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    try:
        page = await new_fetcher().get(feed(server.url("/odd-etag")))
    except Unreachable:
        return  # the parser refused the whole response, which is as good
    assert page.validators == Validators()


# ── time ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/hang", "while waiting for an answer"),
        ("/slow-headers", "while waiting for an answer"),
        ("/slow-body", "too slow"),
        ("/slow-known-body", "too slow"),
        ("/tiny-chunks", "too slow"),
    ],
)
async def test_a_slow_server_times_out(
    server: Hostile, new_fetcher: FetcherFactory, path: str, words: str
) -> None:
    with pytest.raises(Unreachable, match=words) as error:
        await new_fetcher(timeout=timedelta(seconds=2)).get(feed(server.url(path)))
    assert not error.value.permanent


async def test_a_server_that_does_not_accept_times_out_while_connecting(
    new_fetcher: FetcherFactory, full_port: int
) -> None:
    fetcher = new_fetcher(timeout=timedelta(seconds=2))
    with pytest.raises(Unreachable, match="while connecting"):
        await fetcher.get(feed(f"http://127.0.0.1:{full_port}/"))


# ── size ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    [
        "/endless",
        "/endless-chunked",
        "/huge-length",
        "/bomb/gzip",
        "/bomb/deflate",
        "/bomb/br",
        "/bomb/zstd",
        "/bomb/nested",
    ],
)
async def test_an_oversized_body_is_refused_at_the_limit(
    server: Hostile, new_fetcher: FetcherFactory, path: str
) -> None:
    with pytest.raises(Refused, match=r"larger than 1 MB \(network\.max_body\)"):
        await new_fetcher().get(feed(server.url(path)))


@pytest.mark.parametrize("path", ["/endless-header", "/endless-headers", "/wide-headers"])
async def test_oversized_headers_are_an_error(
    server: Hostile, new_fetcher: FetcherFactory, path: str
) -> None:
    with pytest.raises(Unreachable, match=r"headers|not a proper HTTP answer"):
        await new_fetcher().get(feed(server.url(path)))


async def test_endless_trailers_are_an_error(server: Hostile, new_fetcher: FetcherFactory) -> None:
    with pytest.raises(Unreachable):
        await new_fetcher().get(feed(server.url("/endless-trailers")))


# ── malformed responses and truncated bodies ─────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/not-http",
        "/bad-status",
        "/negative-length",
        "/double-length",
        "/length-and-chunked",
        "/control-in-header",
        "/bad-chunk",
        "/huge-chunk",
        "/partial",
        "/no-gzip",
        "/too-deep",
    ],
)
async def test_a_malformed_response_is_a_clear_error(
    server: Hostile, new_fetcher: FetcherFactory, path: str
) -> None:
    with pytest.raises(Unreachable) as error:
        await new_fetcher().get(feed(server.url(path)))
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    "path", ["/short", "/reset", "/cut-chunked", "/cut-gzip", "/cut-br", "/cut-zstd"]
)
async def test_a_truncated_body_is_an_error(
    server: Hostile, new_fetcher: FetcherFactory, path: str
) -> None:
    with pytest.raises(Unreachable) as error:
        await new_fetcher().get(feed(server.url(path)))
    assert not error.value.permanent


async def test_the_error_names_a_closed_port(new_fetcher: FetcherFactory, closed_port: int) -> None:
    with pytest.raises(Unreachable, match=f"127.0.0.1:{closed_port}: Connection refused"):
        await new_fetcher().get(feed(f"http://127.0.0.1:{closed_port}/"))


async def test_the_error_names_a_host_that_does_not_exist(new_fetcher: FetcherFactory) -> None:
    with pytest.raises(Unreachable, match=r"nothing\.invalid cannot be resolved"):
        await new_fetcher().get(feed("http://nothing.invalid/"))


# ── address policy ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
async def test_a_private_address_is_refused_before_a_connection(
    server: Hostile, new_fetcher: FetcherFactory, host: str
) -> None:
    with pytest.raises(Refused, match=r"loopback.*network\.allow_private") as error:
        await new_fetcher(allow_private=()).get(feed(server.url("/feed", host)))
    assert error.value.permanent
    assert server.most_open == 0


async def test_new_settings_apply_to_the_next_request(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    fetcher = new_fetcher()
    await fetcher.get(feed(server.url("/feed")))
    fetcher.apply(network(allow_private=()))
    with pytest.raises(Refused):
        await fetcher.get(feed(server.url("/feed")))


async def test_an_error_never_contains_a_password_or_a_query(
    server: Hostile, new_fetcher: FetcherFactory
) -> None:
    url = server.url("/nowhere?token=secret").replace("127", "me:secret@127")
    with pytest.raises(FetchError) as error:
        await new_fetcher().get(feed(url))
    assert "secret" not in error.value.url + str(error.value)


# ── statuses ─────────────────────────────────────────────────────────────────────────────


async def test_a_missing_page_may_come_back(server: Hostile, new_fetcher: FetcherFactory) -> None:
    with pytest.raises(Gone, match="HTTP 404 Not Found") as error:
        await new_fetcher().get(feed(server.url("/nowhere")))
    assert not error.value.permanent


async def test_a_429_makes_its_site_busy(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = whole(b"", "Retry-After: 120", status="429 Too Many Requests")
    monkeypatch.setitem(RAW, "/busy", busy)
    fetcher = new_fetcher()
    with pytest.raises(Throttled) as error:
        await fetcher.get(feed(server.url("/busy")))
    assert error.value.retry_after == timedelta(seconds=120)
    assert fetcher.limiter.busy() == {f"127.0.0.1:{server.port}"}
