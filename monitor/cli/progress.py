"""Progress of long work, on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def page_progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (pages done, all pages) that updates a bar on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, of_all: None
        return
    with click.progressbar(length=1, label=title, file=sys.stderr) as bar:

        def update(done: int, of_all: int) -> None:
            bar.length = of_all
            bar.update(done - bar.pos)

        yield update


class RunningFigures:
    """Figures printed while work runs.

    On a terminal one line, rewritten every second; elsewhere a line after 1, 2, 4, 8… seconds.
    """

    FIRST_S = 0.5

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._next_s = self.FIRST_S
        self._terminal = sys.stderr.isatty()
        self._printed = False

    def update(self, text: Callable[[], str]) -> None:
        """Print `text()` if it is time to."""
        passed = self._clock() - self._began
        if passed < self._next_s:
            return
        self._next_s = passed + 1 if self._terminal else 2 * passed
        self._printed = True
        line = f"\r\x1b[K{text()}" if self._terminal else text()
        click.echo(line, err=True, nl=not self._terminal)

    def end(self) -> None:
        """Clear the line on a terminal."""
        if self._printed and self._terminal:
            click.echo("\r\x1b[K", err=True, nl=False)
