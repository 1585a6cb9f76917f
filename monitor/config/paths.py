"""Paths and patterns as a configuration file writes them."""

import glob
import os
from pathlib import Path


def resolve_path(folder: Path, name: str) -> Path:
    """Resolve a path as written: relative to the folder of the file, with `~` expanded."""
    return folder / os.path.expanduser(name)  # noqa: PTH111 (pathlib's raises without a home)


def matching_files(name: str, own: Path) -> tuple[Path, ...]:
    """Return the files that a name or a pattern means, beside the file `own` and without it."""
    path = resolve_path(own.parent, name)
    if path.is_file():
        return (path,)
    if not glob.has_magic(name):
        return ()
    # pathlib's glob refuses absolute patterns and follows `**` through the whole disk.
    found = glob.glob(name, root_dir=own.parent)  # noqa: PTH207
    paths = (own.parent / each for each in sorted(found))
    return tuple(each for each in paths if each.resolve() != own.resolve())
