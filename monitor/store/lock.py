"""Instance lock: one process per database, by an advisory lock (flock) that dies with it."""

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import Locked, StoreError


class InstanceLock:
    """Lock on `<database>.lock`, held by `run` and `poll` while they run.

    Entering raises Locked if another process holds it, StoreError if the file cannot be written.
    """

    def __init__(self, database: Path) -> None:
        self._path = Path(f"{database.resolve()}.lock")  # the same for all symlinks to it
        self._database = database
        self._fd = -1

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._error(error) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
            os.close(self._fd)
            raise Locked(
                f"{self._database}: news-monitor runs on it already (process {holder}); "
                "stop that one, or wait until it is done"
            ) from None
        self._write_holder()
        return self

    def _write_holder(self) -> None:
        """Write our process id, for the message to other processes."""
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(self._fd)
            raise self._error(error) from error

    def _error(self, error: OSError) -> StoreError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StoreError(f"{self._path}: the disk is full; free some space, nothing is lost")
        return StoreError(f"{self._path}: {error.strerror}; check owner and permissions")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)


def is_held(database: Path) -> bool:
    """Return whether a process holds the lock; needs read permission only."""
    try:
        fd = os.open(f"{database.resolve()}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
