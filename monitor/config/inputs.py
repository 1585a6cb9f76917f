"""Which files a configuration was read from, and whether they have changed since."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from monitor.config.paths import matching_files
from monitor.settings import FileStamp, Inputs


@dataclass(slots=True)
class Recorder:
    """Record of the files that are read while a configuration is examined."""

    files: dict[Path, FileStamp] = field(default_factory=dict)
    patterns: dict[tuple[Path, str], tuple[Path, ...]] = field(default_factory=dict)

    def add(self, path: Path, opened: int | None = None) -> None:
        """Add a file. `opened`: the descriptor it is read from; None: it cannot be opened."""
        self.files[path] = None if opened is None else _stamp(os.fstat(opened))

    def inputs(self) -> Inputs:
        """Return what was recorded."""
        return Inputs(files=tuple(self.files.items()), patterns=tuple(self.patterns.items()))


def current_inputs(inputs: Inputs) -> Inputs:
    """Return the same files and patterns in their present state."""
    return Inputs(
        files=tuple((path, file_stamp(path)) for path, _ in inputs.files),
        patterns=tuple(
            ((own, name), matching_files(name, own)) for (own, name), _ in inputs.patterns
        ),
    )


def file_stamp(path: Path) -> FileStamp:
    """Return the state of a file; None if there is no regular file."""
    try:
        return _stamp(path.stat())
    except (OSError, ValueError):
        return None


def _stamp(found: os.stat_result) -> FileStamp:
    """Return None for what is no regular file: a pipe changes whenever it is read."""
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
