"""Sources that storm, flap, throttle, move or lie, through days that are moved by hand."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hostile import Hostile, hostile, whole
from journeys.world import PHOENIX, World
from sinks import inbox, receiver

from demo.newsroom import Newsroom
from threats.poison import XML, item, rss

EVERY = timedelta(minutes=15)
PATH = "/lure"


@dataclass(slots=True)
class Lure:
    """One source, which answers what the test wants it to, once a pass."""

    world: World
    server: Hostile
    path: str = PATH

    def feed_url(self) -> str:
        return self.server.url(self.path)

    async def poll(self, answer: bytes | Callable[[], bytes]) -> None:
        """A pass that meets this answer; then the clock moves on by the interval."""
        self.server.pages[self.path] = answer
        await self.world.poll()
        self.world.now += EVERY

    async def says(self, *items: str, headers: tuple[str, ...] = ()) -> None:
        await self.poll(whole(rss(*items), XML, *headers))

    def row(self) -> dict[str, Any]:
        return dict(self.world.rows("SELECT * FROM sources")[0])

    def wait(self) -> timedelta:
        """From the last pass to the next visit."""
        due = datetime.fromisoformat(self.row()["due_at"])
        return due - (self.world.now - EVERY)

    def count(self, table: str) -> int:
        return int(self.world.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])


@pytest.fixture
async def lure(tmp_path: Path) -> AsyncIterator[Lure]:
    async with AsyncExitStack() as exits:
        site = await exits.enter_async_context(Newsroom(zone=ZoneInfo(PHOENIX)).open())
        mail = await exits.enter_async_context(inbox())
        hook = await exits.enter_async_context(receiver())
        server = await exits.enter_async_context(hostile())
        world = World(folder=tmp_path, site=site, inbox=mail, hook=hook, feeds=())
        world.fetch_articles = False
        lure = Lure(world, server)
        world.outlets["lure"] = lure  # type: ignore[assignment]
        yield lure


def story(guid: str, number: int, *, link: str = "", title: str = "", more: str = "") -> str:
    address = link or f"http://news.example/story/{number}"
    text = f"<description>Trucks wait at border crossing {number} for hours.</description>"
    return item(guid, title or f"Border {number}", f"<link>{address}</link>{text}{more}")


# ── dates (row 31) ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "stamp",
    [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 2300 00:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "-5000-01-01T00:00:00Z",
        "99999999999999999999",
        "yesterday, or the day after",
        "2024-02-30T25:61:61Z",
    ],
)
async def test_a_date_that_cannot_be_right_does_not_lose_or_misplace_the_article(
    lure: Lure, stamp: str
) -> None:
    await lure.says(story("1", 1, more=f"<pubDate>{stamp}</pubDate>"), story("2", 2))
    rows = lure.world.rows("SELECT published_at, first_seen_at FROM articles ORDER BY id")
    assert len(rows) == 2
    assert all(
        row["published_at"] is None or row["published_at"] <= row["first_seen_at"] for row in rows
    )


# ── identity and storms (rows 32 to 34) ──────────────────────────────────────────────────


async def test_new_guids_for_known_links_and_titles_alert_nobody_again(lure: Lure) -> None:
    for attempt in range(3):
        await lure.says(*(story(f"{attempt}-{n}", n) for n in range(5)))
    assert lure.count("articles") == 5
    assert lure.count("alerts") == 5


async def test_entries_without_a_guid_or_with_one_for_all_keep_apart(lure: Lure) -> None:
    bare = [story("x", n).replace('<guid isPermaLink="false">x</guid>', "") for n in range(3)]
    shared = [story("same", n) for n in range(10, 13)]
    for _ in range(2):
        await lure.says(*bare, *shared)
    assert lure.count("articles") == 6
    assert lure.count("alerts") == 6


async def test_a_storm_is_stored_and_told_in_a_digest_that_drops_nothing(lure: Lure) -> None:
    lure.world.max_per_hour = 10
    for attempt in range(3):
        await lure.says(*(story(f"{attempt}-{n}", attempt * 100 + n) for n in range(100)))
    assert lure.count("articles") == 300
    assert lure.count("alerts") == 300
    lure.world.now += timedelta(hours=1)
    await lure.world.poll()
    posts = [post.json for post in lure.world.hook.posts]
    assert len(posts) < 30
    told = {
        alert["id"]
        for post in posts
        for data in (post["data"]["items"] if post["type"] == "digest" else [post["data"]])
        for alert in data["alerts"]
    }
    assert len(told) == 300


async def test_a_text_that_flips_is_not_told_each_time_it_returns(lure: Lure) -> None:
    texts = ("Trucks wait at the border for hours.", "No truck waits at the border any more today.")
    for n in range(10):
        about = f"<description>{texts[n % 2]}</description>"
        await lure.says(item("1", "Border", f"<link>http://news.example/1</link>{about}"))
    assert lure.count("articles") == 1
    assert lure.count("alerts WHERE reason = 'new'") == 1
    assert lure.count("alerts") <= 2


async def test_moved_stamps_shuffled_order_and_tracking_parameters_are_no_news(lure: Lure) -> None:
    for n in range(6):
        stamp = format_datetime(lure.world.now - timedelta(minutes=1))
        stories = [
            story(
                f"{one}",
                one,
                link=f"http://news.example/story/{one}?utm_source=rss{n}&amp;fbclid={n}",
                more=f"<pubDate>{stamp}</pubDate>",
            )
            for one in range(4)
        ]
        await lure.says(*(stories[n % 4 :] + stories[: n % 4]))
    assert lure.count("articles") == 4
    assert lure.count("revisions") == 4
    assert lure.count("alerts") == 4


async def test_a_feed_that_shrinks_and_returns_tells_nothing_twice(lure: Lure) -> None:
    stories = [story(str(n), n) for n in range(6)]
    for listed in (stories, stories[:1], [], stories):
        await lure.says(*listed)
    assert lure.count("articles") == 6
    assert lure.count("alerts") == 6


# ── what a status means (rows 35 and 36) ─────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7200", timedelta(hours=1.8), timedelta(hours=2.2)),
        ("1", EVERY * 0.9, EVERY * 1.1),
        ("-5", EVERY * 1.8, EVERY * 2.2),
        ("soon", EVERY * 1.8, EVERY * 2.2),
        ("99999999999999999999", timedelta(hours=21.6), timedelta(hours=24)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(hours=21.6), timedelta(hours=24)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", EVERY * 1.8, EVERY * 2.2),
    ],
)
async def test_retry_after_is_obeyed_between_the_interval_and_a_day(
    lure: Lure, value: str, least: timedelta, most: timedelta
) -> None:
    await lure.poll(whole(b"", f"Retry-After: {value}", status="503 Service Unavailable"))
    assert least <= lure.wait() <= most


async def test_410_stops_a_source_for_good(lure: Lure) -> None:
    await lure.poll(whole(b"", status="410 Gone"))
    lure.world.now += timedelta(days=3)
    asked = len(lure.server.asked)
    await lure.says(story("1", 1))
    assert len(lure.server.asked) == asked
    assert (lure.row()["due_at"], lure.row()["failures"]) == (None, 1)
    assert "410" in lure.row()["last_error"]


async def test_301_is_remembered_once_it_repeats(lure: Lure) -> None:
    lure.server.pages["/new"] = whole(rss(story("1", 1)), XML)
    moved = whole(b"", "Location: /new", status="301 Moved Permanently")
    await lure.poll(moved)
    assert lure.row()["moved_to"] is None
    await lure.poll(moved)
    assert lure.row()["moved_to"] == lure.server.url("/new")
    await lure.poll(moved)
    assert lure.server.paths()[-1] == "/new"
    assert lure.server.paths()[-2] == "/new"  # the old address was not asked any more
    assert lure.row()["url"] == lure.feed_url()
    assert lure.count("articles") == 1


@pytest.mark.parametrize("status", ["404 Not Found", "401 Unauthorized", "500 Server Error"])
async def test_other_failures_slow_a_source_down_and_never_stop_it(lure: Lure, status: str) -> None:
    await lure.says(story("1", 1))
    waits = []
    for _ in range(3):
        await lure.poll(whole(b"", status=status))
        waits.append(lure.wait() / EVERY)
    assert [round(wait) for wait in waits] == pytest.approx([2, 3, 4], abs=0.6)
    assert status[:3] in lure.row()["last_error"]
    await lure.says(story("1", 1), story("2", 2))
    assert (lure.row()["failures"], lure.row()["last_error"]) == (0, None)
    assert lure.count("articles") == 2


# ── validators (rows 37 and 38) ──────────────────────────────────────────────────────────


async def test_what_is_no_feed_leaves_the_last_validators(lure: Lure) -> None:
    await lure.says(story("1", 1), headers=('ETag: "good"',))
    await lure.poll(whole(b"<!DOCTYPE html><title>Sign in</title>", 'ETag: "login"'))
    assert lure.row()["etag"] == '"good"'
    await lure.says(story("1", 1), story("2", 2))
    assert lure.server.asked[-1].headers["if-none-match"] == '"good"'
    assert lure.count("articles") == 2


async def test_an_etag_that_lies_is_found_out_within_a_day(lure: Lure) -> None:
    """The server answers 304 whenever a validator comes, although its feed has changed."""
    await lure.says(story("1", 1), headers=('ETag: "for ever"',))
    begun = lure.world.now

    def lie() -> bytes:
        if "if-none-match" in lure.server.asked[-1].headers:
            return b'HTTP/1.1 304 Not Modified\r\nETag: "for ever"\r\n\r\n'
        return whole(rss(story("1", 1), story("2", 2)), XML, 'ETag: "for ever"')

    while lure.count("articles") == 1:
        await lure.poll(lie)
        lure.world.now += timedelta(hours=3)
        assert lure.world.now - begun < timedelta(hours=30)
    assert lure.world.now - begun > timedelta(hours=20)  # and until then it was believed
    assert lure.count("articles") == 2


async def test_a_304_that_nobody_asked_for_and_a_204_are_failures(lure: Lure) -> None:
    for answer in (b"HTTP/1.1 304 Not Modified\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"):
        await lure.poll(answer)
        assert lure.row()["last_error"]
    assert lure.row()["failures"] == 2
