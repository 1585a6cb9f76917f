"""The command line as a person meets it: in a pipe, and on a terminal of a given width."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "monitor")
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and its exit status."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class Cli:
    """Runs commands with one configuration."""

    config: Path

    def run(self, *args: str, **environment: str) -> Ended:
        done = subprocess.run(
            (*COMMAND, "-c", str(self.config), *args),
            capture_output=True,
            env=os.environ | environment,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def complete(self, *words: str) -> list[str]:
        """What bash is offered for the last word."""
        done = self.run(
            _NEWS_MONITOR_COMPLETE="bash_complete",
            COMP_WORDS=" ".join(("news-monitor", *words)),
            COMP_CWORD=str(len(words)),
        )
        assert (done.code, done.err) == (0, "")
        return [line.partition(",")[2] for line in done.out.splitlines() if line]

    def on_terminal(self, *args: str, width: int = 80, typed: str = "") -> list[str]:
        """The lines that appear on a terminal, without colours and trailing blanks."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        environment = {key: v for key, v in os.environ.items() if key not in ("COLUMNS", "LINES")}
        process = subprocess.Popen(
            (*COMMAND, "-c", str(self.config), *args),
            stdin=theirs if typed else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env=environment | {"TERM": "xterm"},
        )
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = _all_of(ours)
        process.wait()
        return [line.rstrip() for line in _STYLE.sub("", shown).splitlines()]


def _all_of(handle: int) -> str:
    """What is written until the other side is closed."""
    found = b""
    while True:
        try:
            some = os.read(handle, 65_536)
        except OSError:  # EIO: nobody has the terminal open any more
            some = b""
        if not some:
            os.close(handle)
            return found.decode()
        found += some
