"""`run` as its user meets it: reload, a broken file, a second instance, an end, a crash."""

import random
import signal
from pathlib import Path

from aiohttp import web
from waiting import patience

from journeys.daemon import command, running, status, until
from journeys.world import SECRET, World

CONFIG = """\
database: news.db
timezone: America/Phoenix
poll: {{every: 1s}}
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s}}
sources:
{sources}
topics:
  - {{name: border, match: border}}
channels:
  - {{name: hook, type: webhook, url: "{hook}", secret: {secret}, max_per_hour: 0,
     retry: [1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s]}}
"""


def configured(world: World, *feeds: str) -> Path:
    sources = "\n".join(f'  - {{name: {f}, url: "{world.site.feed_url(f)}"}}' for f in feeds)
    path = world.folder / "config.yaml"
    text = CONFIG.format(sources=sources, hook=world.hook.url, secret=SECRET)
    path.write_text(text, encoding="utf-8")
    return path


def visited(world: World, feed: str) -> bool:
    return any(visit.path == f"/feeds/{feed}.xml" for visit in world.site.visits)


async def test_a_source_that_is_added_is_polled_and_a_broken_file_changes_nothing(
    world: World,
) -> None:
    world.site.publish(world.story("strike"), "late")
    path = configured(world, "news")
    log = world.folder / "log"
    async with running(path, log):
        await until(lambda: visited(world, "news"), "the first poll")
        configured(world, "news", "late")
        await until(lambda: len(world.hook.posts) == 1, "an alert of the added source")
        path.write_text("sources: [{name: a}]\n", encoding="utf-8")
        await until(lambda: "'url' is missing" in log.read_text(), "the fault in the log")
        world.site.visits.clear()
        await until(lambda: visited(world, "late"), "polls under the last good configuration")
        assert "'url' is missing" in (await status(path))["config_error"]


async def test_sighup_reloads(world: World) -> None:
    path = configured(world, "news")
    log = world.folder / "log"
    async with running(path, log) as process:
        await until(lambda: visited(world, "news"), "the first poll")
        before = log.read_text().count("watching")
        process.send_signal(signal.SIGHUP)
        await until(lambda: log.read_text().count("watching") > before, "the reload")


async def test_a_second_instance_says_so_and_exits_2(world: World) -> None:
    path = configured(world, "news")
    async with running(path, world.folder / "log"):
        await until(lambda: visited(world, "news"), "the first poll")
        code, _, err = await command("poll", config=path)
        assert code == 2
        assert "runs on it already" in err


async def test_sigterm_ends_it_with_0(world: World) -> None:
    path = configured(world, "news")
    async with running(path, world.folder / "log") as process:
        await until(lambda: visited(world, "news"), "the first poll")
        process.send_signal(signal.SIGTERM)
        async with patience():
            assert await process.wait() == 0
    assert (await status(path))["running"] is False


async def test_a_broken_configuration_does_not_start(world: World) -> None:
    path = world.folder / "config.yaml"
    path.write_text("sorces: []\n", encoding="utf-8")
    code, _, err = await command("run", config=path)
    assert code == 2
    assert "did you mean 'sources'?" in err


async def test_thirty_kills_lose_and_double_nothing(world: World) -> None:
    """300 articles, a webhook that fails every third time, kill -9 after random numbers of
    requests to the site and the webhook."""
    for n in range(300):
        world.site.publish(world.story(f"story-{n}"))
    seen: dict[str, set[str]] = {}  # alert → ids under which it was accepted
    count = 0

    async def every_third_fails(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        if count % 3 == 0:
            return web.Response(status=500)
        body = await request.json()
        seen.setdefault(body["data"]["article"]["title"], set()).add(request.headers["webhook-id"])
        return web.Response(status=204)

    world.hook.answers = _Endless(every_third_fails)  # type: ignore[assignment]
    path = configured(world, "news")
    chance = random.Random(7)

    def requests() -> int:
        return len(world.site.visits) + count

    for _ in range(30):
        async with running(path, world.folder / "log") as process:
            end = requests() + chance.randrange(1, 40)
            await until(lambda: requests() >= end, "work under way")  # noqa: B023
            process.kill()
    async with running(path, world.folder / "log"):
        await until(lambda: len(seen) == 300, "every alert")
    assert world.rows("SELECT count(*) AS n FROM articles")[0]["n"] == 300
    assert world.rows("SELECT count(*) AS n FROM alerts")[0]["n"] == 300
    assert {len(ids) for ids in seen.values()} == {1}
    assert world.rows("PRAGMA integrity_check")[0][0] == "ok"


class _Endless(list[object]):
    """Answers that never run out."""

    def __init__(self, answer: object) -> None:
        super().__init__([answer])

    def pop(self, index: object = -1) -> object:
        return self[0]
