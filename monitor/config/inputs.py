"""Which files a configuration was read from, and whether they still are as they were then."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from monitor.config.paths import matching_files
from monitor.settings import Inputs, Stamp


@dataclass(slots=True)
class Recorder:
    """Notes what is read while a configuration is examined."""

    files: dict[Path, Stamp] = field(default_factory=dict)
    patterns: dict[tuple[Path, str], tuple[Path, ...]] = field(default_factory=dict)

    def file(self, path: Path, opened: int | None = None) -> None:
        """`opened` is the descriptor that is read from; None: the file cannot be opened."""
        self.files[path] = None if opened is None else _stamp(os.fstat(opened))

    def inputs(self) -> Inputs:
        return Inputs(files=tuple(self.files.items()), patterns=tuple(self.patterns.items()))


def current(inputs: Inputs) -> Inputs:
    """The same files and patterns as they are now."""
    return Inputs(
        files=tuple((path, stamp_of(path)) for path, _ in inputs.files),
        patterns=tuple(
            ((own, name), matching_files(name, own)) for (own, name), _ in inputs.patterns
        ),
    )


def stamp_of(path: Path) -> Stamp:
    try:
        return _stamp(path.stat())
    except (OSError, ValueError):
        return None


def _stamp(found: os.stat_result) -> Stamp:
    """None for what is no regular file: a pipe changes whenever it is read."""
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
