"""When the configuration is read again: at SIGHUP, however early, and when a file changes."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import patience

from journeys.daemon import command, running, status, until
from journeys.test_daemon import configured, visited
from journeys.world import SECRET, World


def fed(pipe: Path, text: str) -> bool:
    """Whether somebody reads the pipe now; then it gets the text, and its end."""
    try:
        inlet = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    os.write(inlet, text.encode())
    os.close(inlet)
    return True


def waits_at(pipe: Path) -> int | None:
    """The pipe, opened, once somebody reads from it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


async def test_a_sighup_before_the_daemon_is_ready_is_obeyed_once_it_is(world: World) -> None:
    """The configuration waits for a secret: at this moment no handler is in place."""
    pipe, inlets = world.folder / "secret", list[int]()
    os.mkfifo(pipe)
    path = configured(world, "news")
    path.write_text(path.read_text().replace(f"secret: {SECRET}", "secret_file: secret"))

    def reached() -> bool:
        if (inlet := waits_at(pipe)) is not None:
            inlets.append(inlet)
        return bool(inlets)

    log = world.folder / "log"
    async with running(path, log) as process:

        def ended() -> bool:
            return process.returncode is not None

        await until(lambda: reached() or ended(), "the start")
        process.send_signal(signal.SIGHUP)
        os.write(inlets[0], SECRET.encode())
        os.close(inlets[0])
        await until(lambda: "watching" in log.read_text() or ended(), "the first configuration")
        await until(lambda: ended() or fed(pipe, SECRET), "the secret being read again")
        await until(lambda: log.read_text().count("watching") == 2 or ended(), "the reload")
        assert not ended()


@pytest.fixture
def hangup() -> Iterator[None]:
    """Under nohup, what we start would ignore SIGHUP."""
    inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, inherited)


@pytest.mark.usefixtures("hangup")
async def test_another_command_still_ends_at_a_hangup(world: World) -> None:
    pipe = world.folder / "secret"
    os.mkfifo(pipe)
    path = configured(world, "news")
    path.write_text(path.read_text().replace(f"secret: {SECRET}", "secret_file: secret"))
    inlets = list[int]()

    def reached() -> bool:
        if (inlet := waits_at(pipe)) is not None:
            inlets.append(inlet)
        return bool(inlets)

    async with running(path, world.folder / "log", "poll") as process:
        await until(reached, "the start")
        process.send_signal(signal.SIGHUP)
        async with patience():
            assert await process.wait() == -signal.SIGHUP
    os.close(inlets[0])


async def test_an_included_file_is_watched_as_the_main_one_is(world: World) -> None:
    world.site.publish(world.story("strike"), "late")
    path = configured(world, "news")
    more = world.folder / "more.yaml"
    more.write_text("[]\n")
    path.write_text(path.read_text().replace("topics:", "  - include: more.yaml\ntopics:"))
    log = world.folder / "log"
    async with running(path, log):
        await until(lambda: visited(world, "news"), "the first poll")
        more.write_text(f'- {{name: late, url: "{world.site.feed_url("late")}"}}\n')
        await until(lambda: visited(world, "late"), "a poll of the included source")
        more.write_text("- {name: broken}\n")
        await until(lambda: "'url' is missing" in log.read_text(), "the fault in the log")
        world.site.visits.clear()
        await until(lambda: visited(world, "late"), "polls under the last good configuration")
        assert "more.yaml:1:3" in (await status(path))["config_error"]
        more.unlink()
        await until(lambda: "there is no such file" in log.read_text(), "the missing file")
        more.write_text(f'- {{name: late, url: "{world.site.feed_url("late")}"}}\n')
        await until(lambda: log.read_text().count("watching") == 3, "the file that is back")
        assert (await status(path))["config_error"] is None


async def test_a_file_that_comes_under_an_included_pattern_and_a_secret_are_watched(
    world: World,
) -> None:
    path = configured(world, "news")
    (world.folder / "secret").write_text(SECRET)
    text = path.read_text().replace(f"secret: {SECRET}", "secret_file: secret")
    path.write_text(text.replace("topics:", "  - include: 'more*.yaml'\ntopics:"))
    (world.folder / "more-1.yaml").write_text("[]\n")
    async with running(path, world.folder / "log"):
        await until(lambda: visited(world, "news"), "the first poll")
        added = world.folder / "more-2.yaml"
        added.write_text(f'- {{name: late, url: "{world.site.feed_url("late")}"}}\n')
        await until(lambda: visited(world, "late"), "a poll of the included source")
        loaded = (world.folder / "log").read_text().count("watching")
        (world.folder / "secret").write_text(SECRET + "\n")
        await until(
            lambda: (world.folder / "log").read_text().count("watching") > loaded, "the new secret"
        )
    code, _, err = await command("check", config=path)
    assert code == 0, err
