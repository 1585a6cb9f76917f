"""Progress of what takes long, on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def pages(title: str) -> Iterator[Callable[[int, int], None]]:
    """A function that is told how many pages are done, of how many: a bar on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, of_all: None
        return
    with click.progressbar(length=1, label=title, file=sys.stderr) as bar:

        def show(done: int, of_all: int) -> None:
            bar.length = of_all
            bar.update(done - bar.pos)

        yield show


class Figures:
    """Running figures: the first within a second, then every second in the same line of a
    terminal; elsewhere a line after 1, 2, 4, 8… seconds."""

    FIRST_S = 0.5

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._next_s = self.FIRST_S
        self._terminal = sys.stderr.isatty()
        self._shown = False

    def show(self, text: Callable[[], str]) -> None:
        """Asks for the text only when it is time."""
        passed = self._clock() - self._began
        if passed < self._next_s:
            return
        self._next_s = passed + 1 if self._terminal else 2 * passed
        self._shown = True
        line = f"\r\x1b[K{text()}" if self._terminal else text()
        click.echo(line, err=True, nl=not self._terminal)

    def end(self) -> None:
        """Clears the line of a terminal."""
        if self._shown and self._terminal:
            click.echo("\r\x1b[K", err=True, nl=False)
