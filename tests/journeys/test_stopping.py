"""A stop ends in time, whatever hangs, and what it did not finish is owed still.

The journeys show that each step ends although nothing lets it; how long it may take is the sum of
limits, which no busy machine makes longer.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sinks import inbox
from waiting import patience

from journeys.daemon import running, until
from journeys.test_daemon import configured
from journeys.world import World
from monitor.engine import local
from monitor.engine.shutdown import run_in_daemon_thread, run_within
from monitor.send_workers import CLOSE_TIMEOUT
from monitor.service import DRAIN_LIMIT
from monitor.store import store
from monitor.web.health import SHUTDOWN_TIMEOUT

PROMISE = timedelta(seconds=10)
IGNORES = (
    "  - {name: script, type: command, timeout: 2m, max_per_hour: 0,"
    """ command: [sh, -c, "trap '' TERM INT HUP; echo > begun; sleep 600; sleep 600"]}\n"""
)
MAIL = (
    "  - {{name: mail, type: email, to: a@example.org, from: m@example.org, max_per_hour: 0,"
    " smtp: {{host: 127.0.0.1, port: {port}, tls: none}}}}\n"
)


def test_the_steps_of_a_stop_take_less_than_was_promised() -> None:
    usual = SHUTDOWN_TIMEOUT + DRAIN_LIMIT + CLOSE_TIMEOUT
    assert usual <= timedelta(seconds=7)
    assert usual + local.UNWIND + local.REQUEUE + 2 * store.CLOSING <= PROMISE


async def test_what_does_not_close_is_left_at_the_limit() -> None:
    hanging = asyncio.Event()
    closed = list[str]()

    async def quick() -> None:
        closed.append("quick")

    async def refuses() -> None:
        try:
            await hanging.wait()
        except asyncio.CancelledError:
            await hanging.wait()

    async with patience():
        await run_within(
            timedelta(milliseconds=20), refuses(), quick(), run_in_daemon_thread(lambda: None)
        )
    assert closed == ["quick"]
    hanging.set()


async def test_an_error_while_closing_is_raised_once_all_had_their_turn() -> None:
    closed = list[str]()

    async def fails() -> None:
        raise OSError("no")

    async def quick() -> None:
        await asyncio.sleep(0)
        closed.append("quick")

    with pytest.raises(OSError, match="no"):
        await run_within(timedelta(minutes=1), fails(), quick())
    assert closed == ["quick"]


async def test_it_ends_under_a_webhook_a_mail_server_and_a_command_that_hang(
    world: World,
) -> None:
    world.site.publish(world.story("strike"))
    never, asked = asyncio.Event(), asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        asked.set()
        await never.wait()
        return web.Response()

    world.hook.answers = [hang]
    async with inbox() as mail:
        mail.handle_DATA = _hanging(never)  # type: ignore[method-assign, assignment]
        path = configured(world, "news")
        with path.open("a") as file:
            file.write(IGNORES + MAIL.format(port=mail.port))
        log = world.folder / "log"
        async with running(path, log) as process:
            await asked.wait()
            await until(lambda: bool(mail.tried), "the mail")
            await until(lambda: (world.folder / "begun").exists(), "the command")
            process.send_signal(signal.SIGTERM)
            async with patience():
                assert await process.wait() == 0
        never.set()
    _nothing_is_lost(world, log)


def _hanging(never: asyncio.Event) -> Callable[..., Awaitable[str]]:
    async def handle(*_: object) -> str:
        await never.wait()
        return "250 OK"

    return handle


def _nothing_is_lost(world: World, log: Path) -> None:
    owed = world.rows("SELECT channel, state, attempts, lease, last_error FROM deliveries")
    assert [tuple(row) for row in owed] == [
        (name, "pending", 0, None, None) for name in ("hook", "script", "mail")
    ]
    said = log.read_text()
    assert "stopped" in said
    assert "Traceback" not in said
    assert '"level": "error"' not in said
