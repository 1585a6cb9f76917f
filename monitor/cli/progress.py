"""Progress of a copy: a bar on a terminal, nothing elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def pages(title: str) -> Iterator[Callable[[int, int], None]]:
    """A function that is told how many pages are done, of how many."""
    if not sys.stderr.isatty():
        yield lambda done, of_all: None
        return
    with click.progressbar(length=1, label=title, file=sys.stderr) as bar:

        def show(done: int, of_all: int) -> None:
            bar.length = of_all
            bar.update(done - bar.pos)

        yield show
