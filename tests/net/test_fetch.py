from datetime import timedelta
from typing import Any

import pytest
from hostile import FEED, RAW, Hostile, whole

from monitor.errors import FetchError, Gone, Refused, Throttled, Unreachable
from monitor.model import FetchKind, Page, Request, Unchanged, Validators
from net.wired import NOW, Fetchers, body, network


def feed(url: str, **more: Any) -> Request:
    return Request(url=url, kind=FetchKind.FEED, **more)


async def test_a_page_comes_whole_with_what_is_needed_to_ask_again(
    server: Hostile, fetching: Fetchers
) -> None:
    page = await fetching().get(feed(server.url("/feed")))
    assert page == Page(
        url=server.url("/feed"),
        body=FEED,
        content_type="application/rss+xml",
        validators=Validators(etag='"one"'),
        fetched_at=NOW,
    )


async def test_we_say_who_we_are_and_what_we_read(server: Hostile, fetching: Fetchers) -> None:
    await fetching().get(feed(server.url("/feed")))
    sent = server.asked[0].headers
    assert sent["user-agent"] == "news-monitor/1 (+https://example.org/contact)"
    assert sent["accept-encoding"] == "gzip, deflate, br, zstd"
    assert "application/rss+xml" in sent["accept"]
    assert "cookie" not in sent


async def test_what_was_remembered_is_asked_and_a_304_is_an_ordinary_answer(
    server: Hostile, fetching: Fetchers
) -> None:
    known = Validators(etag='"one"', last_modified="Wed, 01 May 2024 10:00:00 GMT")
    answer = await fetching().get(feed(server.url("/not-modified"), validators=known))
    assert answer == Unchanged(url=server.url("/not-modified"), validators=known, fetched_at=NOW)
    assert server.asked[0].headers["if-none-match"] == '"one"'
    assert server.asked[0].headers["if-modified-since"] == "Wed, 01 May 2024 10:00:00 GMT"


async def test_a_304_that_nobody_asked_for_is_an_error(server: Hostile, fetching: Fetchers) -> None:
    with pytest.raises(Unreachable, match="although nothing was asked"):
        await fetching().get(feed(server.url("/not-modified")))


async def test_a_configured_header_wins_over_ours(server: Hostile, fetching: Fetchers) -> None:
    request = feed(server.url("/feed"), headers=(("user-AGENT", "me"), ("X-Key", "k")))
    await fetching().get(request)
    assert server.asked[0].headers["user-agent"] == "me"
    assert server.asked[0].headers["x-key"] == "k"


async def test_a_header_that_cannot_be_sent_is_a_clear_error(
    server: Hostile, fetching: Fetchers
) -> None:
    with pytest.raises(Unreachable, match="cannot be asked"):
        await fetching().get(feed(server.url("/feed"), headers=(("X", "a\r\nY: b"),)))
    assert server.asked == []


async def test_a_user_in_the_address_is_sent_as_a_header_and_never_shown(
    server: Hostile, fetching: Fetchers
) -> None:
    url = server.url("/feed").replace("127", "me:secret@127")
    page = await fetching().get(feed(url))
    assert server.asked[0].headers["authorization"] == "Basic bWU6c2VjcmV0"
    assert "secret" not in repr(page)


@pytest.mark.parametrize("path", ["/empty-200", "/no-content"])
async def test_an_empty_answer_is_a_page_without_a_body(
    server: Hostile, fetching: Fetchers, path: str
) -> None:
    assert await body(fetching(), feed(server.url(path))) == b""


async def test_a_cookie_is_never_kept(server: Hostile, fetching: Fetchers) -> None:
    one = fetching()
    await one.get(feed(server.url("/cookie-bomb")))
    await one.get(feed(server.url("/feed")))
    assert "cookie" not in server.asked[1].headers


async def test_a_second_answer_smuggled_behind_the_first_is_nobodys_page(
    server: Hostile, fetching: Fetchers
) -> None:
    one = fetching()
    for path in ("/smuggling", "/feed", "/smuggling", "/feed"):
        assert await body(one, feed(server.url(path))) == FEED


async def test_a_validator_with_control_characters_is_not_kept(
    server: Hostile, fetching: Fetchers
) -> None:
    try:
        page = await fetching().get(feed(server.url("/odd-etag")))
    except Unreachable:
        return  # the parser refused the whole answer, which is as good
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
async def test_a_server_that_takes_its_time_is_left(
    server: Hostile, fetching: Fetchers, path: str, words: str
) -> None:
    with pytest.raises(Unreachable, match=words) as error:
        await fetching(timeout=timedelta(seconds=2)).get(feed(server.url(path)))
    assert not error.value.permanent


async def test_a_server_that_does_not_accept_is_left_while_connecting(
    fetching: Fetchers, deaf_port: int
) -> None:
    impatient = fetching(timeout=timedelta(seconds=2))
    with pytest.raises(Unreachable, match="while connecting"):
        await impatient.get(feed(f"http://127.0.0.1:{deaf_port}/"))


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
async def test_a_body_without_measure_is_refused_at_the_limit(
    server: Hostile, fetching: Fetchers, path: str
) -> None:
    with pytest.raises(Refused, match=r"larger than 1 MB \(network\.max_body\)"):
        await fetching().get(feed(server.url(path)))


@pytest.mark.parametrize("path", ["/endless-header", "/endless-headers", "/wide-headers"])
async def test_headers_without_measure_are_an_error(
    server: Hostile, fetching: Fetchers, path: str
) -> None:
    with pytest.raises(Unreachable, match=r"headers|not a proper HTTP answer"):
        await fetching().get(feed(server.url(path)))


async def test_trailers_without_measure_are_an_error(server: Hostile, fetching: Fetchers) -> None:
    with pytest.raises(Unreachable):
        await fetching().get(feed(server.url("/endless-trailers")))


# ── nonsense, and bodies cut short ───────────────────────────────────────────────────────


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
async def test_what_is_no_proper_answer_is_a_clear_error(
    server: Hostile, fetching: Fetchers, path: str
) -> None:
    with pytest.raises(Unreachable) as error:
        await fetching().get(feed(server.url(path)))
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    "path", ["/short", "/reset", "/cut-chunked", "/cut-gzip", "/cut-br", "/cut-zstd"]
)
async def test_a_body_cut_short_is_never_taken_for_the_whole(
    server: Hostile, fetching: Fetchers, path: str
) -> None:
    with pytest.raises(Unreachable) as error:
        await fetching().get(feed(server.url(path)))
    assert not error.value.permanent


async def test_a_closed_port_is_named(fetching: Fetchers, closed_port: int) -> None:
    with pytest.raises(Unreachable, match=f"127.0.0.1:{closed_port}: Connection refused"):
        await fetching().get(feed(f"http://127.0.0.1:{closed_port}/"))


async def test_a_name_that_does_not_exist_is_named(fetching: Fetchers) -> None:
    with pytest.raises(Unreachable, match=r"nothing\.invalid cannot be resolved"):
        await fetching().get(feed("http://nothing.invalid/"))


# ── the guard on the way ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
async def test_a_private_address_is_refused_before_a_connection(
    server: Hostile, fetching: Fetchers, host: str
) -> None:
    with pytest.raises(Refused, match=r"loopback.*network\.allow_private") as error:
        await fetching(allow_private=()).get(feed(server.url("/feed", host)))
    assert error.value.permanent
    assert server.most_open == 0


async def test_a_reload_closes_what_was_open_to_the_last_request(
    server: Hostile, fetching: Fetchers
) -> None:
    one = fetching()
    await one.get(feed(server.url("/feed")))
    one.apply(network(allow_private=()))
    with pytest.raises(Refused):
        await one.get(feed(server.url("/feed")))


async def test_an_error_never_shows_a_password_or_a_query(
    server: Hostile, fetching: Fetchers
) -> None:
    url = server.url("/nowhere?token=secret").replace("127", "me:secret@127")
    with pytest.raises(FetchError) as error:
        await fetching().get(feed(url))
    assert "secret" not in error.value.url + str(error.value)


# ── statuses ─────────────────────────────────────────────────────────────────────────────


async def test_a_missing_page_is_gone_for_now(server: Hostile, fetching: Fetchers) -> None:
    with pytest.raises(Gone, match="HTTP 404 Not Found") as error:
        await fetching().get(feed(server.url("/nowhere")))
    assert not error.value.permanent


async def test_a_site_that_throttles_gets_its_pause(
    server: Hostile, fetching: Fetchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = whole(b"", "Retry-After: 120", status="429 Too Many Requests")
    monkeypatch.setitem(RAW, "/busy", busy)
    one = fetching()
    with pytest.raises(Throttled) as error:
        await one.get(feed(server.url("/busy")))
    assert error.value.retry_after == timedelta(seconds=120)
    assert one.hosts.busy() == {f"127.0.0.1:{server.port}"}
