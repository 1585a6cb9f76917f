"""What the daemon tells those who watch it."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.contracts import Outcome, Stats
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.settings import Listen
from monitor.web.health import HealthServer

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass(slots=True)
class House:
    """A service as the server sees it."""

    stats: Stats = field(
        default_factory=lambda: Stats(
            due={"poll": 3, "read": 40, "send": 1},
            waited={"read": timedelta(minutes=2)},
            deliveries={"pending": 1, "sent": 7, "dead": 0},
            sources={"well": 9, "failing": 1},
        )
    )
    trouble: StoreError | None = None
    since_tick: timedelta | None = timedelta(seconds=0.2)

    async def measure(self) -> Stats:
        await self.commit()
        return self.stats

    async def commit(self) -> None:
        if self.trouble:
            raise self.trouble


@dataclass(slots=True)
class Watched:
    """The server at work, and a client of it."""

    house: House
    metrics: Metrics
    server: HealthServer
    client: aiohttp.ClientSession
    at: Listen

    async def get(self, path: str) -> tuple[int, str]:
        async with self.client.get(f"http://{self.at}{path}") as answer:
            return answer.status, await answer.text()

    async def value(self, name: str, **labels: str) -> float | None:
        _, text = await self.get("/metrics")
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return float(sample.value)
        return None


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    house, metrics, at = House(), Metrics(), Listen(port=free_port())
    server = HealthServer(
        metrics,
        measure=house.measure,
        commit=house.commit,
        since_tick=lambda: house.since_tick,
    )
    fresh = aiohttp.TCPConnector(force_close=True)
    async with server, aiohttp.ClientSession(connector=fresh) as client:
        await server.listen(at)
        yield Watched(house, metrics, server, client, at)


async def test_every_kind_of_work_is_counted_from_its_outcome(watched: Watched) -> None:
    for outcome in (
        Outcome(worker="poll", subject="kjzz", result="polled", new=5, changed=2, size=1000),
        Outcome(worker="poll", subject="kjzz", result="failed", error="HTTP 500", seconds=0.3),
        Outcome(
            worker="read",
            subject="kjzz",
            result="new",
            alerts=2,
            matches=3,
            change="first",
            size=500,
            lag=timedelta(minutes=3),
        ),
        Outcome(worker="read", subject="kjzz", result="revised", change="headline"),
        Outcome(worker="send", subject="desk", result="sent", lag=timedelta(seconds=4)),
    ):
        watched.metrics.observe(outcome)
    value, prefix = watched.value, "news_monitor_"
    assert await value(f"{prefix}polls_total", result="polled") == 1
    assert await value(f"{prefix}polls_total", result="failed") == 1
    assert await value(f"{prefix}entries_total", kind="new") == 5
    assert await value(f"{prefix}received_bytes_total", desk="poll") == 1000
    assert await value(f"{prefix}articles_total") == 1
    assert await value(f"{prefix}revisions_total", change="headline") == 1
    assert await value(f"{prefix}alerts_total") == 2
    assert await value(f"{prefix}matches_total") == 3
    assert await value(f"{prefix}sends_total", channel="desk", result="sent") == 1
    assert await value(f"{prefix}published_to_stored_seconds_bucket", le="300.0") == 1
    assert await value(f"{prefix}stored_to_sent_seconds_bucket", le="1.0") == 0
    assert await value(f"{prefix}work_duration_seconds_count", desk="poll") == 1


async def test_what_waits_is_measured_when_asked(watched: Watched) -> None:
    assert await watched.value("news_monitor_backlog", desk="read") == 40
    assert await watched.value("news_monitor_backlog_age_seconds", desk="read") == 120
    assert await watched.value("news_monitor_deliveries", state="sent") == 7
    assert await watched.value("news_monitor_sources", health="failing") == 1
    watched.house.trouble = StoreError("locked")
    assert await watched.value("news_monitor_alarms_total", desk="metrics") == 1


async def test_a_reload_shows_whether_it_succeeded_and_when(watched: Watched) -> None:
    watched.metrics.record_reload(AT)
    watched.metrics.record_refused_reload()
    name = "news_monitor_config_last_reload_success"
    assert await watched.value(f"{name}ful") == 0
    assert await watched.value(f"{name}_timestamp_seconds") == AT.timestamp()


async def test_promtool_finds_nothing_to_improve(watched: Watched) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    watched.metrics.observe(Outcome(worker="send", subject="desk", result="sent", seconds=1))
    _, text = await watched.get("/metrics")
    found = await asyncio.to_thread(
        subprocess.run,
        [promtool, "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


async def test_it_is_healthy_while_the_writer_commits(watched: Watched) -> None:
    assert await watched.get("/healthz") == (200, "ok\n")
    watched.house.trouble = StoreError("/var/lib/news.db: the disk is full")
    status, text = await watched.get("/healthz")
    assert status == 503
    assert "commit" in text
    assert "/var/lib" not in text


async def test_it_is_ready_while_the_engine_ticks(watched: Watched) -> None:
    assert await watched.get("/readyz") == (200, "ok\n")
    watched.house.since_tick = timedelta(seconds=30)
    assert await watched.get("/readyz") == (503, "no tick for 30 s\n")
    watched.house.since_tick = None
    assert await watched.get("/readyz") == (503, "it is starting\n")


async def test_nothing_else_is_served(watched: Watched) -> None:
    assert (await watched.get("/"))[0] == 404
    async with watched.client.post(f"http://{watched.at}/metrics", data=b"x") as answer:
        assert answer.status == 405


async def test_it_moves_to_another_port_and_away(watched: Watched) -> None:
    old, watched.at = watched.at, Listen(port=free_port())
    await watched.server.listen(watched.at)
    assert (await watched.get("/readyz"))[0] == 200
    await watched.server.listen(None)
    for at in (old, watched.at):
        with pytest.raises(aiohttp.ClientConnectionError):
            await watched.client.get(f"http://{at}/readyz")


async def test_a_port_in_use_is_an_error_that_leaves_the_rest_alone(watched: Watched) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            await watched.server.listen(Listen(port=taken.getsockname()[1]))
    await watched.server.listen(watched.at)
    assert (await watched.get("/readyz"))[0] == 200


def test_an_address_is_written_as_it_was_read() -> None:
    assert str(Listen(host="::1", port=80)) == "[::1]:80"
