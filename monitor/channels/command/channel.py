"""Command sender: a program of the user's gets each message as JSON and accepts with status 0."""

import asyncio
import contextlib
import os
import signal
import tempfile
from asyncio.subprocess import STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from monitor.channels.command.config import CommandConfig
from monitor.core.messages import build_payload, encode_payload
from monitor.core.text import clean_line
from monitor.errors import DeliveryError
from monitor.model import Message

OUTPUT_BYTES = 4_000  # the last ones: a program prints at its end what went wrong
CHUNK_BYTES = 65_536
INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")  # none holds a secret of ours
EX_TEMPFAIL = 75  # sysexits(3)


class CommandChannel:
    """Sender that runs the program without a shell, in `folder`, in a process group of its own."""

    def __init__(self, settings: CommandConfig, *, folder: Path) -> None:
        self.name = settings.name
        self._settings = settings
        self._folder = folder

    async def send(self, message: Message) -> None:
        """Run the program once; status 0 accepts the message. Raises DeliveryError."""
        body = await asyncio.to_thread(lambda: encode_payload(build_payload(message)))
        with _Output() as output:
            try:
                status = await self._run(message.id, body, output)
            except TimeoutError as error:
                seconds = self._settings.timeout.total_seconds()
                raise self._error(f"was stopped after {seconds:g} s", output) from error
            except OSError as error:
                reason = os.strerror(error.errno or 0)
                raise self._error(f"could not be started: {reason}", output) from error
            if status != 0:
                raise self._error(_describe_status(status), output)

    async def close(self) -> None:
        """Do nothing: no process outlives its message."""

    async def _run(self, message_id: str, body: bytes, output: "_Output") -> int:
        """Return the exit status, or minus the signal. Raises TimeoutError or OSError."""
        with tempfile.TemporaryFile() as stdin:  # a pipe would wait for a program that reads none
            stdin.write(body)
            stdin.seek(0)
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                async with self._process(message_id, stdin.fileno(), output) as process:
                    return await process.wait()

    @asynccontextmanager
    async def _process(
        self, message_id: str, stdin: int, output: "_Output"
    ) -> AsyncIterator[Process]:
        """Start the program; it and its group are killed if this block ends first."""
        process = await asyncio.create_subprocess_exec(
            *self._settings.command,
            stdin=stdin,
            stdout=output.inlet,
            stderr=STDOUT,
            cwd=self._folder,
            env=_environment(message_id),
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()

    def _error(self, message: str, output: "_Output") -> DeliveryError:
        printed = clean_line(output.text(), OUTPUT_BYTES)
        return DeliveryError(
            f"command {self.name}: {message}{': ' + printed if printed else ''}", channel=self.name
        )


def _environment(message_id: str) -> dict[str, str]:
    """Build the program's environment.

    `NEWS_MONITOR_ID` is the same on every attempt of one message, as a webhook's id is.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, "NEWS_MONITOR_ID": message_id}


def _describe_status(status: int) -> str:
    if status < 0:
        return f"was ended by signal {-status}"
    return f"exited with status {status}{' (try again)' if status == EX_TEMPFAIL else ''}"


class _Output:
    """Pipe that is drained while the program runs, so that it never blocks on us.

    Our own: with asyncio's we would wait for whatever the program leaves running.
    """

    def __enter__(self) -> "_Output":
        self._outlet, self.inlet = os.pipe()
        os.set_blocking(self._outlet, False)
        self._last_bytes = b""
        asyncio.get_running_loop().add_reader(self._outlet, self._drain)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._outlet)
        os.close(self._outlet)
        os.close(self.inlet)

    def text(self) -> str:
        """Return the last output; of a program that never stops printing, what was read so far."""
        for _ in range(2):
            self._drain()
        return self._last_bytes.decode(errors="replace")

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            output = self._last_bytes + os.read(self._outlet, CHUNK_BYTES)
            self._last_bytes = output[-OUTPUT_BYTES:]
