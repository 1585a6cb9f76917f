"""Implements ports.Administration on SQLite: short transactions beside a running daemon."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from monitor.model import SilenceKind
from monitor.queries import Progress, RetryResult
from monitor.store import silences
from monitor.store.backup import backup, restore
from monitor.store.deliveries import retry
from monitor.store.sqlite import open_beside, store_error

T = TypeVar("T")


class SqliteAdministration:
    """Changes to one database; a connection is opened for each. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def retry_deliveries(self, ids: Sequence[int] | None, now: datetime) -> RetryResult:
        """Make these deliveries due now, or (None) all dead ones."""
        return self._write(lambda conn: retry(conn, ids, now))

    def add_silence(
        self, kind: SilenceKind, value: str, until: datetime, reason: str, now: datetime
    ) -> int:
        """Return the number of the new silence."""
        return self._write(lambda conn: silences.add(conn, kind, value, until, reason, now))

    def remove_silence(self, number: int) -> bool:
        """Return False if there is no silence of that number."""
        return self._write(lambda conn: silences.remove(conn, number))

    def backup(self, target: Path, *, force: bool, progress: Progress) -> int:
        """Write a checked copy to `target`, whole or not at all; return its size in bytes."""
        return backup(self._path, target, force=force, progress=progress)

    def restore(self, copy: Path, *, now: datetime, progress: Progress) -> Path | None:
        """Replace the database by a backup, after it was checked; no daemon may run.

        Return where the old database is kept; None: there was none. Raises Locked.
        """
        return restore(copy, self._path, now=now, progress=progress)

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in one transaction and return its result."""
        with closing(open_beside(self._path)) as conn:
            try:
                conn.execute("BEGIN IMMEDIATE")
                result = work(conn)
                conn.execute("COMMIT")
            except sqlite3.Error as error:
                raise store_error(self._path, error) from error
            return result
