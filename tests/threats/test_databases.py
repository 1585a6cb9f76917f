"""A database that is locked, read-only, damaged, cut short or out of room; hardly any files."""

import os
import resource
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from journeys.daemon import command, running, until
from journeys.test_daemon import configured
from journeys.world import PHOENIX, World
from sinks import inbox, receiver

from demo.newsroom import Newsroom

TINY_DISK = "size=8m"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as exits:
        site = await exits.enter_async_context(Newsroom(zone=ZoneInfo(PHOENIX)).open())
        mail = await exits.enter_async_context(inbox())
        hook = await exits.enter_async_context(receiver())
        yield World(folder=tmp_path, site=site, inbox=mail, hook=hook, exits=exits)


@pytest.fixture
async def used(world: World) -> World:
    """With a database that a pass has filled."""
    for n in range(10):
        world.site.publish(world.story(f"story-{n}"))
    await world.poll()
    configured(world, "news")
    return world


def config_of(world: World) -> Path:
    return world.folder / "config.yaml"


async def test_a_pass_waits_while_another_program_holds_the_database(used: World) -> None:
    with closing(sqlite3.connect(used.folder / "news.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with running(config_of(used), used.folder / "log", "poll") as process:
            await until(lambda: "news.db" in open_files(process.pid), "the database being opened")
            assert process.returncode is None
            other.execute("COMMIT")
            assert await process.wait() == 0
    assert "locked" not in (used.folder / "log").read_text()


def open_files(pid: int) -> set[str]:
    """Names of the files that a process has open."""
    found = set()
    for each in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):  # closed meanwhile
            found.add(each.readlink().name)
    return found


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda whole: whole[:20] + b"\xff" * 4000 + whole[4020:], "is damaged"),
        (lambda whole: whole[: len(whole) // 3], "is damaged"),
        (lambda whole: b"not a database at all" * 500, "is damaged"),
    ],
    ids=["corrupt", "truncated", "something else"],
)
async def test_a_damaged_database_is_refused_with_a_remedy_and_left_as_it_is(
    used: World, damage: Callable[[bytes], bytes], said: str
) -> None:
    path = used.folder / "news.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("INSERT OR REPLACE INTO meta VALUES ('unclean', '1')")
        conn.commit()
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    broken = damage(path.read_bytes())
    path.write_bytes(broken)
    code, _, err = await command("poll", "--all", config=config_of(used))
    assert code == 1
    assert said in err
    assert ".recover" in err
    assert "Traceback" not in err
    assert path.read_bytes() == broken


async def test_a_database_that_may_only_be_read_is_named(used: World) -> None:
    """Root may write anything, but not into a file that is marked immutable."""
    path = used.folder / "news.db"
    path.chmod(0o400)
    if os.geteuid() == 0 and not marked(path, "+i"):
        pytest.skip("no immutable files on this file system")
    try:
        code, _, err = await command("poll", "--all", config=config_of(used))
    finally:
        marked(path, "-i")
    assert code == 1
    assert "check owner and permissions" in err
    assert "Traceback" not in err


def marked(path: Path, attribute: str) -> bool:
    change = ["chattr", attribute, str(path)]
    return subprocess.run(change, capture_output=True, check=False).returncode == 0


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("a disk of its own takes root")
    place = tmp_path / "tiny"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", TINY_DISK, "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no tmpfs may be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


async def test_after_a_full_disk_the_next_start_catches_up(world: World, tiny_disk: Path) -> None:
    """Stories come while the disk is full; nothing is half stored, and all are told later."""
    world.folder = world.folder_now = tiny_disk
    path = configured(world, "news")
    log = tiny_disk.parent / "log"
    ballast = tiny_disk / "ballast"
    async with running(path, log) as process:
        await until(lambda: bool(world.site.visits), "the first poll")
        with ballast.open("ab", buffering=0) as file:
            fill(file.fileno())
        for n in range(10):
            world.site.publish(world.story(f"story-{n}"))
        await until(lambda: "the disk is full" in log.read_text(), "word of the full disk")
        assert process.returncode is None
    ballast.unlink()
    async with running(path, log):
        await until(lambda: len(world.hook.posts) == 10, "every alert")
    assert "Traceback" not in log.read_text()
    assert len(world.rows("SELECT * FROM articles")) == 10
    assert world.rows("PRAGMA integrity_check")[0][0] == "ok"


async def test_a_start_on_a_full_disk_says_so_in_one_line(world: World, tiny_disk: Path) -> None:
    world.folder = world.folder_now = tiny_disk
    path = configured(world, "news")
    with (tiny_disk / "ballast").open("ab", buffering=0) as file:
        fill(file.fileno())
    for start in ("poll", "run"):
        code, _, err = await command(start, config=path)
        assert code == 1
        assert "the disk is full; free some space" in err
        assert "Traceback" not in err


def fill(descriptor: int) -> None:
    for size in (65_536, 4_096, 1):
        try:
            while True:
                os.write(descriptor, b"x" * size)
        except OSError:
            continue


async def test_with_hardly_any_files_to_open_it_lives(world: World) -> None:
    """48 descriptors, and forty sources that all want a connection."""
    feeds = [f"feed-{n}" for n in range(40)]
    for feed in feeds:
        world.site.publish(world.story(feed), feed)
    path = configured(world, *feeds)
    log = world.folder / "log"
    async with running(path, log) as process:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (48, 48))
        await until(lambda: len(world.hook.posts) == 40, "every alert")
        assert process.returncode is None
