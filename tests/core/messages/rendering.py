"""Renders hostile templates, each in a child process with little memory and time.

`python rendering.py`: a line of JSON in, `[template, content type]`; a line of JSON out:
`["rendered" | "refused" | "killed", line or null, message]`.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from notices import notice

from monitor.core.messages.template import Template
from monitor.errors import TemplateError

MEMORY_BYTES = 96 << 20  # of address space, beyond that of the parent
TESTS = Path(__file__).parents[2]
CPU_S = 20  # a tenth of it suffices on a slow machine


def main() -> None:
    _render("", "text/plain")  # loads what every child needs
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            _limit()
            os.write(writing, json.dumps(_render(*json.loads(line))).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(child, 0)
        killed = json.dumps(["killed", None, f"signal {os.WTERMSIG(status)}"])
        print(answer.decode() or killed, flush=True)


def _render(source: str, content_type: str) -> tuple[str, int | None, str]:
    try:
        body = Template(source, content_type=content_type).render(notice(), zone="UTC")
    except TemplateError as error:
        outcome = "killed" if isinstance(error.__cause__, MemoryError) else "refused"
        return outcome, error.line, str(error)
    except MemoryError:
        return "killed", None, "no memory"
    return "rendered", None, body.decode()[:1_000]


def _limit() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    space = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Renderer:
    """Client of a `rendering.py` process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def render(self, source: str, content_type: str = "text/plain") -> tuple[str, int | None, str]:
        stdin: Any = self._process.stdin
        stdout: Any = self._process.stdout
        stdin.write(json.dumps([source, content_type]) + "\n")
        stdin.flush()
        outcome, line, message = json.loads(stdout.readline())
        return outcome, line, message


@contextmanager
def renderer() -> Iterator[Renderer]:
    environment = os.environ | {"PYTHONPATH": f"{TESTS.parent}:{TESTS}"}
    with subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            yield Renderer(process)
        finally:
            process.kill()


if __name__ == "__main__":
    main()
