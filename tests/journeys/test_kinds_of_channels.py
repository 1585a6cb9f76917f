"""Templates, commands and apprise in the whole product: notify, poll, and a daemon that ends."""

import importlib.util
import json
import signal
from pathlib import Path

import pytest
from waiting import patience

from journeys.daemon import command, running, until
from journeys.world import SECRET, World
from monitor.core.messages.webhook_payload import MAX_ARTICLE_BYTES

HOSTILE = 'Border "news" \\ <!channel> @everyone $(touch pwned) {{ 7*7 }} &amp; \\'
CONFIG = """\
database: news.db
timezone: America/Phoenix
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s}}
sources:
  - {{name: news, url: "{feed}"}}
topics:
  - {{name: border, match: border}}
channels:
"""
TEMPLATE = """\
  - name: chat
    type: webhook
    url: "{hook}"
    secret: {secret}
    template: |
      {{"text": "{{{{ subject | slack }}}}",
       "titles": {{{{ items | map(attribute="article.title") | list }}}}}}
"""
COMMAND = """\
  - name: script
    type: command
    command: [./tell.sh]
    retry: [1s, 1s, 1s]
"""
APPRISE = """\
  - {{name: many, type: apprise, urls: ["json://127.0.0.1:{port}/t0ken"]}}
"""


def configured(world: World, *channels: str, script: str = "cat > received.json") -> Path:
    tell = world.folder / "tell.sh"
    tell.write_text(f"#!/bin/sh\n{script}\n")
    tell.chmod(0o755)
    path = world.folder / "config.yaml"
    path.write_text(
        "".join((CONFIG, *channels)).format(
            feed=world.site.feed_url(), hook=world.hook.url, secret=SECRET, port=world.hook.port
        )
    )
    return path


def alive(pid: str) -> bool:
    return Path("/proc", pid).exists()


async def notified(name: str, config: Path) -> None:
    code, out, err = await command("notify", name, config=config)
    assert (code, out, err) == (0, f"{name}: the test message was accepted\n", "")


async def test_notify_goes_through_a_template(world: World) -> None:
    await notified("chat", configured(world, TEMPLATE))
    assert world.hook.posts[0].json == {"text": "[news-monitor] Test message", "titles": []}
    assert world.hook.posts[0].headers["webhook-signature"].startswith("v1,")


async def test_notify_runs_a_command_and_says_how_it_failed(world: World) -> None:
    path = configured(world, COMMAND)
    await notified("script", path)
    assert json.loads((world.folder / "received.json").read_text())["type"] == "test"
    configured(world, COMMAND, script="echo no route to the pager >&2; exit 75")
    code, out, err = await command("notify", "script", config=path)
    assert (code, out) == (1, "")
    assert "script: exited with status 75 (try again): no route to the pager" in err


@pytest.mark.skipif(importlib.util.find_spec("apprise") is None, reason="the extra is not there")
async def test_notify_uses_apprise(world: World) -> None:
    path = configured(world, APPRISE)
    await notified("many", path)
    assert world.hook.posts[0].json["title"] == "[news-monitor] Test message"
    world.hook.answer(500)
    code, out, err = await command("notify", "many", config=path)
    assert (code, out) == (1, "")
    assert "t0ken" not in err


async def test_a_hostile_headline_reaches_chat_and_program_as_words(world: World) -> None:
    world.site.publish(world.story("hostile", title=HOSTILE))
    path = configured(world, TEMPLATE, COMMAND)
    code, _, err = await command("poll", config=path)
    assert code == 0, err
    [post] = world.hook.posts
    [title] = post.json["titles"]
    assert title.startswith('Border "news" \\ <!channel> @everyone $(touch pwned) {{ 7*7 }}')
    assert "&lt;!channel&gt;" in post.json["text"]
    assert "@everyone" not in post.json["text"]
    received = (world.folder / "received.json").read_text()
    assert len(received) < MAX_ARTICLE_BYTES
    assert json.loads(received)["data"]["article"]["title"] == title
    assert not (world.folder / "pwned").exists()


async def test_a_command_that_fails_is_tried_again_and_its_words_are_kept(world: World) -> None:
    world.site.publish(world.story("strike"))
    path = configured(world, COMMAND, script="echo the pager is off; exit 1")
    await command("poll", config=path)
    [owed] = world.rows("SELECT * FROM deliveries")
    assert (owed["state"], owed["attempts"]) == ("pending", 1)
    assert owed["last_error"] == "command script: exited with status 1: the pager is off"


async def test_a_daemon_ends_under_a_command_that_hangs_and_owes_it_still(
    world: World,
) -> None:
    world.site.publish(world.story("strike"))
    ids = world.folder / "ids"
    path = configured(world, COMMAND, script="echo $NEWS_MONITOR_ID $$ >> ids; exec sleep 600")
    async with running(path, world.folder / "log") as process:
        await until(lambda: ids.exists() and ids.read_text().endswith("\n"), "the command")
        process.send_signal(signal.SIGTERM)
        async with patience():
            assert await process.wait() == 0
    message_id, pid = ids.read_text().split()
    assert not alive(pid)
    configured(world, COMMAND, script="echo $NEWS_MONITOR_ID done >> ids")
    await command("poll", config=path)
    assert ids.read_text().splitlines()[1:] == [f"{message_id} done"]
