"""File permissions of the database: its owner, and its group if the configuration says so."""

import os
from contextlib import suppress
from pathlib import Path

OWNER, GROUP = 0o600, 0o040  # owner reads and writes; group reads
SUFFIXES = ("", "-wal", "-shm", ".lock")  # SQLite creates -wal and -shm with the same mode


def create_private(path: Path) -> None:
    """Create an empty file that only its owner may read; leave an existing one alone.

    Errors are ignored: opening the file will raise them with a better message.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, OWNER))


def share_with_group(database: Path) -> None:
    """Let the group read the database and the files beside it."""
    for suffix in SUFFIXES:
        file = Path(f"{database.resolve()}{suffix}")
        with suppress(FileNotFoundError):
            file.chmod(file.stat().st_mode & 0o777 | GROUP)


def private_mode(like: Path) -> int:
    """Mode for a copy of `like`: its owner, and its group if that may read the original."""
    try:
        return OWNER | (like.stat().st_mode & GROUP)
    except FileNotFoundError:
        return OWNER
