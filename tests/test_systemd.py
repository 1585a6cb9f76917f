"""The unit: known to systemd, hardened, and the daemon at work under its own restrictions."""

import asyncio
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from asyncio.subprocess import Process
from contextlib import closing, suppress
from pathlib import Path

import pytest
from confined import NOT_HERE
from hostile import hostile, whole
from waiting import PATIENCE_S

TESTS = Path(__file__).parent
FOLDER = TESTS.parent / "systemd"
UNIT = FOLDER / "news-monitor.service"
EXPOSURE = 1.1
ENTRIES = 200
CONFIG = """\
database: news.db
timezone: UTC
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s}}
sources: [{{name: news, url: "{feed}", every: 1s, fetch_articles: false}}]
topics: [{{name: border, match: border}}]
channels: []
"""

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed here"
)


def analyze(*args: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", *args], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    return done.stdout + done.stderr


def verified(folder: Path, *drop_ins: str) -> str:
    """What systemd says about the unit, with drop-ins read after it; the program stands in."""
    program = folder / "news-monitor"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = UNIT.read_text().replace("/opt/news-monitor/bin/news-monitor", str(program))
    unit = folder / "news-monitor.service"
    unit.write_text("\n".join((text, *((FOLDER / name).read_text() for name in drop_ins))))
    return analyze("verify", "--man=no", str(unit)).strip()


def version() -> int:
    found = re.match(r"systemd (\d+)", analyze("--version"))
    assert found is not None
    return int(found[1])


def test_the_unit_verifies(tmp_path: Path) -> None:
    assert verified(tmp_path) == ""


def test_it_verifies_with_addresses_denied_and_with_credentials(tmp_path: Path) -> None:
    assert verified(tmp_path, "ip-deny.conf", "credential.conf") == ""


def test_it_verifies_with_notify_reload(tmp_path: Path) -> None:
    if version() < 253:
        pytest.skip(f"systemd {version()} does not know Type=notify-reload")
    assert verified(tmp_path, "notify-reload.conf") == ""


def test_its_exposure_is_low() -> None:
    said = analyze("security", "--offline=true", str(UNIT))
    found = re.search(r"Overall exposure level.*?: ([\d.]+)", said)
    assert found is not None, said
    print(f"exposure {found[1]}")
    assert float(found[1]) <= EXPOSURE


async def test_the_daemon_works_under_the_units_own_restrictions(tmp_path: Path) -> None:
    """It starts, parses in a worker, answers the watchdog, stops; and says so to its manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(0.2)
        async with hostile() as server, asyncio.timeout(PATIENCE_S):
            server.pages["/news"] = whole(feed())
            config = tmp_path / "config.yaml"
            config.write_text(CONFIG.format(feed=server.url("/news")))
            process = await confined(config, tmp_path / "notify")
            waiting = asyncio.create_task(process.communicate())
            said: list[str] = []
            while not (
                waiting.done() or ("WATCHDOG=1" in said and len(stored(tmp_path)) == ENTRIES)
            ):
                said += await asyncio.to_thread(states, manager)
            if not waiting.done():
                process.terminate()
            log = (await waiting)[1].decode()
            while last := states(manager):
                said += last
    if process.returncode == NOT_HERE:
        pytest.skip(log.strip())
    assert process.returncode == 0, log
    assert [said[0], said[-1]] == ["READY=1", "STOPPING=1"]
    assert '"failed"' not in log


def feed() -> bytes:
    """Too large to be parsed anywhere but in a worker."""
    words = "Trucks wait at the border. " * 200
    items = "".join(
        f"<item><title>Entry {n}</title><guid>{n}</guid><description>{words}</description></item>"
        for n in range(ENTRIES)
    )
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()


async def confined(config: Path, notify: Path) -> Process:
    """The daemon as systemd would start it, with a watchdog that wants to hear it every second."""
    environment = os.environ | {"NOTIFY_SOCKET": str(notify), "WATCHDOG_USEC": "1000000"}
    wrapper = (sys.executable, str(TESTS / "confined.py"), str(UNIT))
    run = (sys.executable, "-m", "monitor", "run", "--config", str(config))
    return await asyncio.create_subprocess_exec(
        *wrapper, *run, env=environment, stderr=asyncio.subprocess.PIPE
    )


def states(manager: socket.socket) -> list[str]:
    try:
        return manager.recv(4096).decode().splitlines()
    except TimeoutError:
        return []


def stored(folder: Path) -> list[str]:
    """Titles; none while the database is being made."""
    with closing(sqlite3.connect(folder / "news.db")) as conn, suppress(sqlite3.OperationalError):
        return [title for (title,) in conn.execute("SELECT title FROM articles")]
    return []
