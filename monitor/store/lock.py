"""One process per database: an advisory lock that the kernel drops when its holder dies."""

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import Locked, StoreError


class InstanceLock:
    """Held by `run` and `poll` for as long as they live, in the file `<database>.lock`."""

    def __init__(self, database: Path) -> None:
        self._path = Path(f"{database.resolve()}.lock")  # a symlink leads to the same one
        self._database = database
        self._fd = -1

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._failed(error) from error
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
        """Our process id, for the one who is refused."""
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(self._fd)
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> StoreError:
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
    """Whether a process runs on this database; also for who may only read it."""
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
