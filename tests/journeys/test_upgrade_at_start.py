"""A start on a database of an older version says what it does, to people and to systemd."""

import asyncio
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from journeys.daemon import COMMAND, PATIENCE_S, command
from monitor.store.schema import VERSION, migrations
from monitor.store.sqlite import connect

SAID = f"upgrading the database from version 3 to {VERSION}: 0 of "


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Beside a database of version 3; nothing to poll."""
    with closing(connect(tmp_path / "news.db", writable=True)) as conn:
        migrations.apply(Database(conn), stop_before="m0004_entries_and_sources")
        conn.execute("PRAGMA user_version = 3")
        conn.execute("INSERT INTO meta VALUES ('install', 'abc')")
        conn.commit()
    path = tmp_path / "config.yaml"
    path.write_text("database: news.db\nhttp: {listen: ''}\nsources: []\n", "utf-8")
    return path


def version(config: Path) -> int:
    with closing(sqlite3.connect(config.parent / "news.db")) as conn:
        return int(conn.execute("PRAGMA user_version").fetchone()[0])


async def test_the_daemon_extends_its_start_while_it_upgrades(config: Path) -> None:
    address = config.parent / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE_S)
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            "run",
            "--config",
            str(config),
            env=os.environ | {"NOTIFY_SOCKET": str(address)},
            stderr=asyncio.subprocess.PIPE,
        )
        first = await asyncio.to_thread(manager.recv, 4096)
        states = first.decode().splitlines()
        while "READY=1" not in states[-2:]:
            states += (await asyncio.to_thread(manager.recv, 4096)).decode().splitlines()
        process.terminate()
        _, log = await process.communicate()
    assert process.returncode == 0
    assert states[0] == "EXTEND_TIMEOUT_USEC=120000000"
    assert states[1].startswith(f"STATUS={SAID}")
    assert SAID in log.decode()
    assert version(config) == VERSION


async def test_a_pass_says_on_stderr_that_it_upgrades(config: Path) -> None:
    code, out, err = await command("poll", config=config)
    assert code == 0, err
    assert SAID in err
    assert SAID not in out
    assert version(config) == VERSION
