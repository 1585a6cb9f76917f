"""A daemon as its operator meets it: numbers, health, heartbeat, backup, and no secret told."""

import asyncio
import base64
import json
import socket
from pathlib import Path

import aiohttp
from sinks import receiver

from journeys.daemon import PATIENCE_S, command, running, status, until
from journeys.world import World

SECRETS = {
    "webhook": "whsec_" + base64.b64encode(b"the hook's own secret 1").decode(),
    "password": "correct-horse-battery",
    "token": "tok_5e1f0c7a9b",
    "query": "key_93ab61f2",
    "path": "heartbeat-3f9a7c11",
    "smtp": "smtp-pass-77aa",
    "header": "header-value-88bb",
}

CONFIG = """\
database: news.db
timezone: UTC
http: {{listen: "127.0.0.1:{port}"}}
heartbeat: {{url: "{beat}", every: 1s}}
poll: {{every: 1s}}
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s, timeout: 2s}}
sources:
  - {{name: news, url: "{site}?apikey={query}", headers: {{X-Api-Key: {header}}}}}
  - {{name: secured, url: "{gone}?apikey={query}", username: reader, password: {password}}}
  - {{name: bearer, url: "http://user:{password}@127.0.0.1:1/feed", token: {token}}}
topics:
  - {{name: border, match: border}}
channels:
  - {{name: hook, type: webhook, url: "{hook}", secret: {webhook}, max_per_hour: 0}}
  - {{name: desk, type: email, to: desk@example.org, from: m@example.org,
     smtp: {{host: 127.0.0.1, port: 1, user: monitor, password: {smtp}, tls: none}}}}
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def configured(world: World, port: int, beat: str) -> Path:
    path = world.folder / "config.yaml"
    text = CONFIG.format(
        port=port,
        beat=f"{beat}/{SECRETS['path']}",
        site=world.site.feed_url("news"),
        gone=world.site.feed_url("absent"),
        hook=world.hook.url,
        **{name: value for name, value in SECRETS.items() if name != "path"},
    )
    path.write_text(text, encoding="utf-8")
    return path


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode()


async def ready(base: str) -> None:
    """Alerts may be faster than the first tick."""
    async with asyncio.timeout(PATIENCE_S):
        while (await answer(f"{base}/readyz"))[0] != 200:  # noqa: ASYNC110 - no event of ours
            await asyncio.sleep(0.02)


async def answer(url: str) -> tuple[int, str]:
    fresh = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=fresh) as client, client.get(url) as got:
        return got.status, await got.text()


async def test_an_operator_sees_how_it_goes_and_nobody_sees_a_secret(world: World) -> None:
    world.site.publish(world.story("strike"))
    port, log = free_port(), world.folder / "log"
    async with receiver() as watcher:
        path = configured(world, port, watcher.url)
        async with running(path, log) as process:
            await until(lambda: len(world.hook.posts) == 1, "the alert")
            await until(lambda: "failed" in log.read_text(), "the failing sources")
            shown_by_ps = command_line(process.pid)
            base = f"http://127.0.0.1:{port}"
            await ready(base)
            assert (await answer(f"{base}/healthz"))[0] == 200
            metrics = (await answer(f"{base}/metrics"))[1]
            told = json.dumps(await status(path))
            _, owed, _ = await command("deliveries", "--json", config=path)
            _, listed, _ = await command("sources", config=path)
            _, listed_json, _ = await command("sources", "--json", config=path)
            copy = world.folder / "copy.db"
            code, _, said = await command("backup", str(copy), config=path)
            assert code == 0, said
            code, _, refused = await command("restore", str(copy), config=path)
            assert code == 2
            assert "runs on it already" in refused
    assert 'news_monitor_polls_total{result="failed"}' in metrics
    assert 'news_monitor_deliveries{state="sent"} 1.0' in metrics
    assert "news_monitor_config_last_reload_successful 1.0" in metrics
    seen = log.read_text() + shown_by_ps + metrics + told + owed + said + refused
    seen += listed + listed_json
    assert len(listed_json.splitlines()) == len(listed.splitlines()) > 1
    shown = {name for name, value in SECRETS.items() if value in seen}
    assert shown == set()
    code, _, said = await command("restore", str(copy), config=path)
    assert code == 0, said
    assert len(list(world.folder.glob("news.db.before-*"))) == 1
    assert world.rows("SELECT count(*) AS n FROM articles")[0]["n"] == 1


async def test_a_heartbeat_stops_when_the_daemon_does_and_its_failure_harms_nothing(
    world: World,
) -> None:
    world.site.publish(world.story("strike"))
    visits = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        await reader.readuntil(b"\r\n\r\n")
        status_line = b"204 No Content" if visits > 1 else b"500 Oops"
        writer.write(b"HTTP/1.1 " + status_line + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(count, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    log = world.folder / "log"
    async with server:
        path = configured(world, free_port(), f"http://127.0.0.1:{address[1]}")
        async with running(path, log):
            await until(lambda: visits >= 3, "three heartbeats")
            await until(lambda: len(world.hook.posts) == 1, "the alert")
        assert log.read_text().count("no heartbeat") == 1


async def test_a_port_in_use_is_a_warning_and_no_reason_not_to_run(world: World) -> None:
    world.site.publish(world.story("strike"))
    log = world.folder / "log"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        path = configured(world, taken.getsockname()[1], "http://127.0.0.1:1")
        async with running(path, log):
            await until(lambda: len(world.hook.posts) == 1, "the alert")
    assert "metrics and health are not served" in log.read_text()
