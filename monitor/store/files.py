"""Who may read the database's files: their owner, and its group where the configuration says so."""

import os
from contextlib import suppress
from pathlib import Path

OWNER, GROUP = 0o600, 0o040  # read and write; read
COMPANIONS = ("", "-wal", "-shm", ".lock")  # beside the database; SQLite gives its own its mode


def create_private(path: Path) -> None:
    """Makes an empty file that only its owner reads; one that exists stays as it is.

    What cannot be made is left to whoever opens it: that error has the words.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, OWNER))


def share_with_group(database: Path) -> None:
    """Lets the group read the database, and what SQLite and the lock keep beside it."""
    for suffix in COMPANIONS:
        file = Path(f"{database.resolve()}{suffix}")
        with suppress(FileNotFoundError):
            file.chmod(file.stat().st_mode & 0o777 | GROUP)


def private_mode(like: Path) -> int:
    """For a copy: its owner, and the group if that reads the original. Never anybody else."""
    try:
        return OWNER | (like.stat().st_mode & GROUP)
    except FileNotFoundError:
        return OWNER
