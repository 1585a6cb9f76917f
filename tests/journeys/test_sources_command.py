"""`sources add` and `sources check`, against a local site."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from terminal import Cli

from demo.newsroom import Answer
from journeys.daemon import command
from journeys.world import World

CONFIG = """\
# what I watch
database: news.db
timezone: America/Phoenix
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s, timeout: 5s}}
sources:
  # the radio
  - name: radio
    url: "{radio}"   # by hand
channels:
  - {{name: hook, type: webhook, url: "{hook}"}}
"""


@pytest.fixture
def config(world: World) -> Path:
    """A source that is watched; twelve stories in another feed; pages that announce feeds."""
    for number in range(12):
        story = world.story(f"s{number}", published=world.now - timedelta(minutes=10 * number + 5))
        world.site.publish(story, "local")
    world.site.feeds["empty"] = []
    announced = {"one": ("local",), "two": ("local", "empty"), "none": ()}
    for page, feeds in announced.items():
        world.site.answers[page] = front_page(world, *feeds)
    world.site.answers["moved"] = moved(world, "local")
    path = world.folder / "config.yaml"
    text = CONFIG.format(radio=world.site.feed_url("news"), hook=world.hook.url)
    path.write_text(text, encoding="utf-8")
    return path


def written(config: Path) -> str:
    return config.read_text(encoding="utf-8")


def with_sources(config: Path, more: str) -> None:
    text = written(config).replace("channels:", f"{more}channels:")
    config.write_text(text, encoding="utf-8")


def front_page(world: World, *feeds: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        links = "".join(
            f'<link rel="alternate" type="application/rss+xml" title="All of {feed}"'
            f' href="{world.site.feed_url(feed)}">'
            for feed in feeds
        )
        text = f"<!DOCTYPE html><html><head><title>A site</title>{links}</head></html>"
        return web.Response(text=text, content_type="text/html")

    return answer


def moved(world: World, feed: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": world.site.feed_url(feed)})

    return answer


async def test_a_feed_is_shown_and_added_and_every_comment_stays(
    world: World, config: Path
) -> None:
    before = written(config)
    url = world.site.feed_url("local")
    code, out, err = await command("sources", "add", url, "--name", "local news", config=config)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Valley Public Radio: local: rss20, 12 entries"
    assert [line.split("\t")[1].rpartition(" as ")[2] for line in lines[1:11]] == [
        f"s{number} begins" for number in range(10)
    ]
    assert lines[11:] == [f"{config}: added 'local news' ({url})"]
    entry = f'  - name: local news\n    url: "{url}"\n'
    assert written(config) == before.replace("   # by hand\n", f"   # by hand\n{entry}")


async def test_the_only_feed_behind_a_page_is_added_under_its_own_title(
    world: World, config: Path
) -> None:
    page = world.site.feed_url("one")
    code, out, err = await command("sources", "add", page, "--json", config=config)
    assert (code, err) == (0, "")
    added = json.loads(out)
    assert added.pop("preview")[0]["title"].endswith("s0 begins")
    assert added == {
        "name": "Valley Public Radio: local",
        "url": world.site.feed_url("local"),
        "config": str(config),
        "title": "Valley Public Radio: local",
        "format": "rss20",
        "entries": 12,
    }


async def test_of_several_feeds_one_has_to_be_named(world: World, config: Path) -> None:
    before, page = written(config), world.site.feed_url("two")
    code, out, err = await command("sources", "add", page, config=config)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"{page}: 2 feeds behind this page:",
        f"   1  {world.site.feed_url('local')}  All of local",
        f"   2  {world.site.feed_url('empty')}  All of empty",
        "add one of them by its address",
    ]
    assert written(config) == before


async def test_on_a_terminal_the_feed_is_chosen_by_its_number(world: World, config: Path) -> None:
    page = world.site.feed_url("two")
    run = Cli(config).on_terminal
    lines = await asyncio.to_thread(run, "sources", "add", page, width=120, typed="1\n")
    assert any(line.startswith("which one [1]: ") for line in lines)
    assert "".join(lines).endswith(f"({world.site.feed_url('local')})")
    assert world.site.feed_url("local") in written(config)


async def test_what_is_there_already_or_is_no_feed_is_refused_and_nothing_is_written(
    world: World, config: Path
) -> None:
    before, site = written(config), world.site
    radio, local = site.feed_url("news"), site.feed_url("local")
    refusals = {
        (radio,): (2, f"{radio} is watched already, as 'radio'\n"),
        (local, "--name", "radio"): (
            2,
            f"another source is named 'radio' ({radio}); give this one another with --name\n",
        ),
        (site.feed_url("none"),): (
            1,
            f"{site.feed_url('none')}: neither a feed nor a page that announces one\n",
        ),
        (site.feed_url("absent"),): (1, f"{site.feed_url('absent')}: HTTP 404 Not Found\n"),
    }
    for args, (status, said) in refusals.items():
        assert await command("sources", "add", *args, config=config) == (status, "", said)
    assert written(config) == before


async def test_a_feed_that_moved_for_good_is_added_where_it_is_now(
    world: World, config: Path
) -> None:
    code, _, err = await command("sources", "add", world.site.feed_url("moved"), config=config)
    assert (code, err) == (0, "")
    text = written(config)
    assert world.site.feed_url("local") in text
    assert world.site.feed_url("moved") not in text


async def test_check_asks_each_source_once_and_says_what_came(world: World, config: Path) -> None:
    more = "".join(
        f'  - {{name: {name}, url: "{world.site.feed_url(feed)}"}}\n'
        for name, feed in (("local", "local"), ("old", "moved"), ("page", "one"), ("gone", "no"))
    )
    with_sources(config, more)
    code, out, err = await command("sources", "check", "--json", config=config)
    assert (code, err) == (1, "2 of 5 sources failed\n")
    rows = {row["name"]: row for row in map(json.loads, out.splitlines())}
    assert list(rows) == ["radio", "local", "old", "page", "gone"]
    local = rows["local"]
    assert (local["result"], local["status"], local["format"]) == ("ok", 200, "rss20")
    assert (local["entries"], local["error"], local["advice"]) == (12, None, None)
    assert local["newest_at"] is not None
    assert rows["radio"]["advice"] == "the feed lists nothing: look whether it is the right one"
    assert rows["old"]["moved_to"] == world.site.feed_url("local")
    assert rows["old"]["advice"] == (
        "it moved for good: write the new address in the configuration"
    )
    assert (rows["page"]["result"], rows["page"]["status"]) == ("failed", 200)
    assert rows["page"]["advice"] == "`sources discover URL` lists the feeds behind a page"
    assert (rows["gone"]["status"], rows["gone"]["error"]) == (404, "HTTP 404 Not Found")
    feeds = [visit.path for visit in world.site.visits]
    assert feeds.count("/feeds/news.xml") == feeds.count("/feeds/no.xml") == 1
    assert not (world.folder / "news.db").exists()


async def test_check_of_some_sources_asks_no_other(world: World, config: Path) -> None:
    code, _, err = await command("sources", "check", "radio", config=config)
    assert (code, err) == (0, "")
    assert [visit.path for visit in world.site.visits] == ["/feeds/news.xml"]
    code, _, err = await command("sources", "check", "raido", config=config)
    assert (code, err) == (2, "no source 'raido'; did you mean 'radio'?\n")
