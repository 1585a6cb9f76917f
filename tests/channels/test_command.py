"""A program of the user's as a channel: real processes, good and bad ones."""

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from notices import item, notice
from waiting import patience, until

from monitor.channels.command.channel import OUTPUT_BYTES, CommandChannel
from monitor.channels.command.config import CommandConfig
from monitor.core.messages.webhook_payload import build_payload
from monitor.errors import DeliveryError
from monitor.model import Message


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def channel(folder: Path, *command: str, seconds: float = 20.0) -> CommandChannel:
    settings = CommandConfig(
        type="command",
        name="tell",
        command=command,
        timeout=timedelta(seconds=seconds),
    )
    return CommandChannel(settings, folder=folder)


def python(folder: Path, program: str, *args: str, seconds: float = 20.0) -> CommandChannel:
    return channel(folder, sys.executable, "-I", "-c", program, *args, seconds=seconds)


async def failure(tell: CommandChannel, message: Message | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await tell.send(message or notice())
    assert (caught.value.channel, caught.value.permanent) == ("tell", False)
    return caught.value


def alive(pid: int) -> bool:
    """Whether a process still runs; one that is dead and not reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


KEEP = "import sys; open('kept', 'w').write(sys.stdin.read())"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_program_gets_the_webhooks_json_and_its_status_0_accepts(folder: Path) -> None:
    await python(folder, KEEP).send(notice())
    assert json.loads((folder / "kept").read_text()) == build_payload(notice())


async def test_arguments_and_titles_are_read_by_no_shell(folder: Path) -> None:
    hostile = '$(touch pwned) `touch pwned` ; touch pwned | "x" \'\\ \u2028 \x1b[31m ñ 🚢'
    program = f"{KEEP}; open('argument', 'w').write(sys.argv[1])"
    await python(folder, program, hostile).send(notice(item(title=hostile)))
    assert names_in(folder) == ["argument", "kept"]
    assert (folder / "argument").read_text() == hostile
    title = json.loads((folder / "kept").read_text())["data"]["article"]["title"]
    assert title.startswith('$(touch pwned) `touch pwned` ; touch pwned | "x" \'\\')


async def test_it_inherits_no_secret_and_knows_the_messages_id(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret")
    monkeypatch.setenv("TZ", "UTC")
    program = "import json, os; json.dump(dict(os.environ), open('kept', 'w'))"
    await python(folder, program).send(notice())
    seen = json.loads((folder / "kept").read_text())
    assert seen["NEWS_MONITOR_ID"] == "msg_a1_7_9"
    assert seen["TZ"] == "UTC"
    named = {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "NEWS_MONITOR_ID", "PATH", "TMPDIR", "TZ"}
    assert set(seen) <= named


async def test_a_program_is_found_beside_the_configuration(folder: Path) -> None:
    script = folder / "tell.sh"
    script.write_text("#!/bin/sh\ncat > kept\n")
    script.chmod(0o755)
    await channel(folder, "./tell.sh").send(notice())
    assert json.loads((folder / "kept").read_text()) == build_payload(notice())


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise SystemExit(75)", "exited with status 75 (try again)"),
        ("raise SystemExit(1)", "exited with status 1"),
        (
            "print('no\\n route\\x1b[31m'); raise SystemExit(3)",
            "exited with status 3: no route[31m",
        ),
        ("import sys; sys.exit('gone')", "exited with status 1: gone"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9"),
    ],
)
async def test_any_other_end_is_tried_again_and_says_why(
    folder: Path, program: str, message: str
) -> None:
    assert str(await failure(python(folder, program))) == f"command tell: {message}"


@pytest.mark.parametrize("command", ["no-such-program", "./missing", "./folder", "./plain"])
async def test_a_program_that_cannot_be_started_is_tried_again(folder: Path, command: str) -> None:
    (folder / "folder").mkdir()
    (folder / "plain").write_text("no program")
    error = await failure(channel(folder, command))
    assert str(error).startswith("command tell: could not be started: ")
    assert str(folder) not in str(error)


async def test_a_program_that_reads_nothing_holds_nothing_up(folder: Path) -> None:
    await python(folder, "pass").send(notice(*[item(title="x" * 400)] * 1_000))


async def test_of_a_flood_of_output_the_end_is_kept(folder: Path) -> None:
    program = "import sys; sys.stdout.write('x' * 20_000_000 + ' the end'); sys.exit(1)"
    text = str(await failure(python(folder, program)))
    assert text.endswith("x the end")
    assert len(text) < OUTPUT_BYTES + 100


async def test_output_that_is_no_text_is_shown_as_far_as_it_is(folder: Path) -> None:
    program = "import sys; sys.stdout.buffer.write(b'\\xff\\x00ok\\n'); sys.exit(1)"
    assert str(await failure(python(folder, program))).endswith("\ufffdok")


async def test_a_program_that_hangs_is_stopped_with_its_children(folder: Path) -> None:
    program = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('pids', 'w').write(f'{os.getpid()} {child.pid}')\n"
        "print('waiting', flush=True)\n"
        "time.sleep(600)"
    )
    error = await failure(python(folder, program, seconds=5))
    assert str(error) == "command tell: was stopped after 5 s: waiting"
    pids = [int(pid) for pid in (folder / "pids").read_text().split()]
    assert len(pids) == 2
    await until(lambda: not any(alive(pid) for pid in pids), "the program")


async def test_what_a_program_leaves_running_is_not_waited_for(folder: Path) -> None:
    program = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('pid', 'w').write(str(child.pid))"
    )
    async with patience():
        await python(folder, program, seconds=60).send(notice())
    pid = int((folder / "pid").read_text())
    assert alive(pid)
    os.kill(pid, signal.SIGKILL)


async def test_a_message_that_is_called_off_ends_its_program(folder: Path) -> None:
    program = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    sending = asyncio.create_task(python(folder, program, seconds=60).send(notice()))
    await until(
        lambda: (folder / "pid").exists() and (folder / "pid").read_text() != "", "the program"
    )
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert not alive(int((folder / "pid").read_text()))


async def test_no_descriptor_is_left_open(folder: Path) -> None:
    await python(folder, "pass").send(notice())
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(3):
        await python(folder, "pass").send(notice())
        await failure(python(folder, "raise SystemExit(1)"))
        await failure(channel(folder, "./missing"))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
