"""Kills a pass at every fsync, and at random moments: nothing lost, nothing doubled.

Run by `make crash [KILLS=200]`; takes some minutes.

Each round starts on an empty database. `strace` kills the process at its Nth fsync; a second,
undisturbed pass follows, and then every story must be stored once and its alert accepted, under
one id. The rounds end with the first pass that has fewer than N of them.
"""

import asyncio
import random
import shutil
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from sinks import FakeReceiver, inbox, receiver

from demo.newsroom import Newsroom
from journeys.daemon import COMMAND
from journeys.world import PHOENIX, SECRET, World

FEEDS, STORIES = 3, 4
SYNCS = "fsync,fdatasync"
CONFIG = """\
database: news.db
timezone: UTC
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s}}
sources:
{sources}
topics: [{{name: border, match: border}}]
channels: [{{name: hook, type: webhook, url: "{hook}", secret: {secret}, max_per_hour: 0}}]
"""


@dataclass(slots=True)
class Round:
    """What one round on an empty database left."""

    killed: bool
    problems: list[str] = field(default_factory=list)


async def one_pass(config: Path, *wrapper: str, kill_after_s: float | None = None) -> bool:
    """Runs `poll --all`; whether it was killed."""
    process = await asyncio.create_subprocess_exec(
        *wrapper,
        *COMMAND,
        "poll",
        "--all",
        "--config",
        str(config),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if kill_after_s is not None:
        try:
            async with asyncio.timeout(kill_after_s):
                await process.wait()
        except TimeoutError:
            process.kill()
    code = await process.wait()
    return code in (-signal.SIGKILL, 128 + signal.SIGKILL)


def configured(world: World) -> Path:
    """A fresh folder, and so an empty database."""
    folder = Path(tempfile.mkdtemp(dir=world.folder))
    world.folder_now = folder
    sources = "\n".join(
        f'  - {{name: {name}, url: "{world.site.feed_url(name)}"}}' for name in world.feeds
    )
    path = folder / "config.yaml"
    path.write_text(
        CONFIG.format(sources=sources, hook=world.hook.url, secret=SECRET), encoding="utf-8"
    )
    return path


def problems(world: World, hook: FakeReceiver) -> list[str]:
    """What a reader, or a channel, would complain of."""
    found = []
    count = FEEDS * STORIES
    stored = world.rows("SELECT count(*) AS n, count(DISTINCT title) AS t FROM articles")[0]
    if (stored["n"], stored["t"]) != (count, count):
        found.append(f"{stored['n']} rows for {count} articles")
    ids: dict[str, set[str]] = {}
    for post in hook.posts:
        title = post.json["data"]["article"]["title"]
        ids.setdefault(title, set()).add(post.headers["webhook-id"])
    if len(ids) != count:
        found.append(f"{len(ids)} of {count} alerts arrived")
    found += [
        f"'{title}' came under {len(seen)} ids" for title, seen in ids.items() if len(seen) > 1
    ]
    if (verdict := world.rows("PRAGMA integrity_check")[0][0]) != "ok":
        found.append(f"integrity: {verdict}")
    return found


async def killed_at_sync(world: World, number: int) -> Round:
    config = configured(world)
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={SYNCS}")
    inject = ("-e", f"inject={SYNCS}:signal=SIGKILL:when={number}")
    killed = await one_pass(config, *strace, *inject)
    return await _recovered(world, config, killed=killed)


async def killed_after(world: World, seconds: float) -> Round:
    config = configured(world)
    killed = await one_pass(config, kill_after_s=seconds)
    return await _recovered(world, config, killed=killed)


async def _recovered(world: World, config: Path, *, killed: bool) -> Round:
    """The undisturbed pass that follows, and what it leaves."""
    await one_pass(config)
    found = problems(world, world.hook)
    world.hook.posts.clear()
    shutil.rmtree(config.parent)
    return Round(killed=killed, problems=found)


async def main(random_kills: int) -> int:
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory()))
        world = World(
            folder=folder,
            site=await exits.enter_async_context(Newsroom(zone=ZoneInfo(PHOENIX)).open()),
            inbox=await exits.enter_async_context(inbox()),
            hook=await exits.enter_async_context(receiver()),
        )
        publish(world)
        bad = await _every_sync(world)
        bad += await _at_random(world, random_kills)
    print("nothing lost, nothing doubled" if not bad else f"{bad} rounds with problems")
    return 1 if bad else 0


def publish(world: World) -> None:
    world.feeds = tuple(f"feed{n}" for n in range(FEEDS))
    for feed in world.feeds:
        for n in range(STORIES):
            world.site.publish(world.story(f"{feed}-{n}"), feed)


async def _every_sync(world: World) -> int:
    bad, number = 0, 0
    while True:
        number += 1
        result = await killed_at_sync(world, number)
        _print(f"fsync {number}", result)
        bad += bool(result.problems)
        if not result.killed:
            return bad


async def _at_random(world: World, times: int) -> int:
    bad, chance = 0, random.Random(1)
    for n in range(times):
        result = await killed_after(world, 0.3 + 2.5 * chance.random())
        _print(f"random {n + 1}/{times}", result)
        bad += bool(result.problems)
    return bad


def _print(what: str, result: Round) -> None:
    state = "killed" if result.killed else "ran to its end"
    print(f"{what}: {state}: {'; '.join(result.problems) or 'ok'}", flush=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)))
