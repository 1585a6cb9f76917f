import asyncio
import gc
import tracemalloc
from datetime import datetime, timedelta

import pytest
from hostile import RAW, Hostile, hostile, whole

from monitor.errors import FetchError, Refused, Throttled, Unreachable
from monitor.model import FetchKind, Request
from monitor.net.robots import MAX_ORIGINS, RobotsCache, applicable_rules
from net.fetchers import NOW, FetcherFactory

SITE = "https://a.example"


class Web:
    """Serves one robots.txt, or an error, for every origin, and records the requests."""

    def __init__(self, answer: bytes | FetchError) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.now: datetime = NOW

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        await asyncio.sleep(0)
        if isinstance(self.answer, FetchError):
            raise self.answer
        return self.answer

    def robots(self) -> RobotsCache:
        return RobotsCache(self.fetch, lambda: self.now)


def unreachable(status: int | None) -> FetchError:
    return Unreachable("no", url="", status=status)


async def allowed(text: str, path: str) -> bool:
    try:
        await Web(text.encode()).robots().check(SITE + path)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "path", "verdict"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: News-Monitor/2\nDisallow: /b", "/a", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: news-monitor\nDisallow: /a", "/a", False),
        ("User-agent: news\nDisallow: /", "/a", True),
        ("User-agent: x\nUser-agent: news-monitor\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /a\nUser-agent: *\nDisallow: /b", "/a", False),
        ("User-agent: *\nDisallow: /\nAllow: /news", "/news/1", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf?y", True),
        ("User-agent: *\nDisallow: /a?print=", "/a?print=1", False),
        ("user-AGENT : *\n DISALLOW : /a # why", "/a", False),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("Disallow: /", "/a", True),
        ("<html><body>Not found</body></html>", "/a", True),
        ("User-agent: *\nDisallow: /ä", "/%C3%A4", False),
    ],
)
async def test_the_rules_are_those_of_rfc_9309(text: str, path: str, verdict: bool) -> None:
    assert await allowed(text, path) is verdict


async def test_bytes_that_are_no_text_allow_everything() -> None:
    await Web(b"\xff\xfe\x00U\x00s" * 1_000).robots().check(f"{SITE}/a")


async def test_one_fetch_a_day_serves_every_article_of_an_origin() -> None:
    web = Web(b"")
    robots = web.robots()
    await asyncio.gather(*(robots.check(f"{SITE}/{number}") for number in range(20)))
    assert web.asked == [f"{SITE}/robots.txt"]
    web.now += timedelta(hours=24)
    await robots.check(f"{SITE}/again")
    assert len(web.asked) == 2


async def test_each_origin_has_its_own_robots_txt() -> None:
    web = Web(b"")
    robots = web.robots()
    for origin in ("https://a.example", "http://a.example", "https://a.example:8443"):
        await robots.check(f"{origin}/page")
    assert web.asked == [
        "https://a.example/robots.txt",
        "http://a.example/robots.txt",
        "https://a.example:8443/robots.txt",
    ]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_a_site_without_the_file_allows_everything(status: int) -> None:
    await Web(unreachable(status)).robots().check(f"{SITE}/a")


@pytest.mark.parametrize("status", [429, 500, 503, None])
async def test_a_page_waits_while_robots_txt_is_unavailable(status: int | None) -> None:
    web = Web(unreachable(status))
    robots = web.robots()
    for _ in range(2):
        with pytest.raises(Unreachable, match=r"robots\.txt unavailable") as error:
            await robots.check(f"{SITE}/a")
    assert error.value.retry_after == timedelta(minutes=10)
    assert not error.value.permanent
    assert len(web.asked) == 1
    web.now += timedelta(minutes=10)
    web.answer = b""
    await robots.check(f"{SITE}/a")


async def test_retry_after_of_robots_txt_applies_to_the_page() -> None:
    web = Web(Throttled("busy", url="", retry_after=timedelta(hours=1), status=503))
    with pytest.raises(Unreachable) as error:
        await web.robots().check(f"{SITE}/a")
    assert error.value.retry_after == timedelta(hours=1)


async def test_cached_rules_stay_in_force_while_robots_txt_is_unavailable() -> None:
    web = Web(b"User-agent: *\nDisallow: /a")
    robots = web.robots()
    await robots.check(f"{SITE}/b")
    web.now += timedelta(days=2)
    web.answer = unreachable(500)
    await robots.check(f"{SITE}/b")
    with pytest.raises(Refused, match=r"robots\.txt forbids"):
        await robots.check(f"{SITE}/a")


async def test_memory_is_bounded_in_origins_and_rules() -> None:
    web = Web(b"User-agent: *\n" + b"Disallow: /a\n" * 200)
    robots = web.robots()
    for number in range(MAX_ORIGINS + 50):
        await robots.check(f"https://{number}.example/b")
    assert len(robots._origins) <= 500


def test_only_the_applicable_group_is_parsed() -> None:
    agents = "".join(f"User-agent: a{number}\n" for number in range(15_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(15_000))
    assert applicable_rules(f"{agents}{rules}\nUser-agent: *\nDisallow: /x\n") == (
        "User-agent: *\ndisallow: /x\n"
    )


# ── with a server ─────────────────────────────────────────────────────────────────────────


def article(url: str) -> Request:
    return Request(url=url, kind=FetchKind.ARTICLE)


def publish(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setitem(RAW, "/robots.txt", whole(text.encode()))
    monkeypatch.setitem(RAW, "/page", whole(b"page"))


async def test_an_article_needs_robots_txt_and_a_feed_does_not(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, "User-agent: news-monitor\nDisallow: /page")
    fetcher = new_fetcher(robots=True)
    with pytest.raises(Refused, match=r"robots\.txt forbids"):
        await fetcher.get(article(server.url("/page")))
    await fetcher.get(Request(url=server.url("/feed"), kind=FetchKind.FEED))
    assert server.paths() == ["/robots.txt", "/feed"]


async def test_robots_txt_may_be_switched_off(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, "User-agent: *\nDisallow: /")
    await new_fetcher(robots=False).get(article(server.url("/page")))
    assert server.paths() == ["/page"]


async def test_a_redirect_into_a_forbidden_page_is_not_followed(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, "User-agent: *\nDisallow: /page")
    with pytest.raises(Refused, match=r"robots\.txt forbids"):
        await new_fetcher(robots=True).get(article(server.url("/to?302=/page")))
    assert "/page" not in server.paths()


async def test_a_huge_robots_txt_is_read_as_far_as_rfc_9309_requires(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = "User-agent: *\nDisallow: /page\n" + "# padding\n" * 500_000
    publish(monkeypatch, rules)
    with pytest.raises(Refused, match=r"robots\.txt forbids"):
        await new_fetcher(robots=True).get(article(server.url("/page")))


async def test_a_redirect_of_robots_txt_to_a_private_address_is_refused(
    server: Hostile, new_fetcher: FetcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, "")
    async with hostile("127.0.0.2") as other:
        away = f"Location: http://127.0.0.2:{other.port}/robots.txt"
        monkeypatch.setitem(RAW, "/robots.txt", whole(b"", away, status="302 Found"))
        fetcher = new_fetcher(robots=True, allow_private=("127.0.0.1/32",))
        with pytest.raises(Unreachable, match=r"robots\.txt unavailable: 127\.0\.0\.2"):
            await fetcher.get(article(server.url("/page")))
        assert other.most_open == 0


async def test_rules_cached_while_the_clock_was_ahead_are_fetched_again() -> None:
    web = Web(b"User-agent: *\nDisallow: /")
    robots, web.now = web.robots(), NOW + timedelta(days=365)
    with pytest.raises(Refused):
        await robots.check(f"{SITE}/a")
    web.now, web.answer = NOW, b""
    await robots.check(f"{SITE}/a")


async def test_a_truncated_robots_txt_leaves_only_the_reason_in_memory(
    new_fetcher: FetcherFactory,
) -> None:
    """Not the received bytes, to which the frames of the error's traceback refer."""
    size, origins = 400_000, 10
    fetcher = new_fetcher(robots=True)
    async with hostile("0.0.0.0") as server:
        server.pages["/robots.txt"] = whole(bytes(size))[:-1_000]
        tracemalloc.start()
        try:
            for number in range(origins):
                url = server.url("/page", f"127.0.1.{number + 1}")
                with pytest.raises(Unreachable, match=r"robots\.txt unavailable: the body was cut"):
                    await fetcher.get(Request(url=url, kind=FetchKind.ARTICLE))
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert held < size * origins / 2
