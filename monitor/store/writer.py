"""Group commit: one writer thread runs waiting pieces of work in one transaction.

The pieces of a group share one transaction and one fsync; a piece is answered only when it is
durable (WAL with `synchronous=FULL`). Where one of them fails, the group is done again with each
piece in its own savepoint, so that a failure affects no other. So a piece of work must be able to
run twice.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from monitor.errors import MonitorError
from monitor.store.sqlite import prepare, store_error

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

LINGER_S = 0.001  # how long a group waits for one more: many settle at nearly one moment
GROUP = 256  # pieces of work in one transaction, at most


class Writer:
    """Runs pieces of work on the only connection that writes, in a thread of its own."""

    def __init__(self, path: Path, prepared: sqlite3.Connection | None = None) -> None:
        self.path = path
        self._conn = prepared or prepare(path)
        self._queue: SimpleQueue[tuple[Work[Any], _Answer] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    async def do(self, work: Work[T]) -> T:
        """Run `work` in a transaction; return its result once it is durable. Raises StoreError."""
        answer = _Answer(asyncio.get_running_loop())
        self._queue.put((work, answer))
        result: T = await answer.future
        return result

    def close(self, timeout: timedelta | None = None) -> None:
        """Finish the waiting work, then close the database.

        A thread that still waits for a locked database after `timeout` is left to end with the
        process; no caller has received a result of work that was not committed.
        """
        self._queue.put(None)
        self._thread.join(timeout.total_seconds() if timeout else None)
        if not self._thread.is_alive():
            self._conn.close()

    def _loop(self) -> None:
        while True:
            group, last = self._group()
            if group:
                self._commit(group)
            if last:
                return

    def _group(self) -> tuple[list[tuple[Work[Any], "_Answer"]], bool]:
        """Wait for one piece of work, and take all that waits with it; True after the last."""
        group = []
        piece = self._queue.get()
        while piece is not None:
            group.append(piece)
            if len(group) >= GROUP:
                return group, False
            try:
                piece = self._next()
            except Empty:
                return group, False
        return group, True

    def _next(self) -> tuple[Work[Any], "_Answer"] | None:
        """Take what waits already, or comes within LINGER_S. Raises Empty.

        Not by `get(timeout=…)`: SimpleQueue waits without end if its timeout expires before it
        begins to wait (CPython 3.11, under load), and the group would wait with it.
        """
        with suppress(Empty):
            return self._queue.get_nowait()
        time.sleep(LINGER_S)
        return self._queue.get_nowait()

    def _commit(self, group: list[tuple[Work[Any], "_Answer"]]) -> None:
        try:
            self._conn.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:  # a second try would wait as long again for the lock
            self._fail(group, store_error(self.path, error))
        else:
            if not self._commit_together(group):
                self._commit_in_savepoints(group)
        _resolve([answer for _, answer in group])

    def _commit_together(self, group: list[tuple[Work[Any], "_Answer"]]) -> bool:
        """Commit the group in one go; False if a piece or the commit failed: nothing is written."""
        conn = self._conn
        try:
            for work, answer in group:
                answer.result = work(conn)
            conn.execute("COMMIT")
        except Exception:  # the savepoints will show which piece failed, and why
            if conn.in_transaction:
                conn.rollback()
            return False
        return True

    def _commit_in_savepoints(self, group: list[tuple[Work[Any], "_Answer"]]) -> None:
        """Commit every piece of the group that does not fail."""
        conn = self._conn
        try:
            conn.execute("BEGIN IMMEDIATE")
            for work, answer in group:
                self._run_in_savepoint(work, answer)
            conn.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(group, store_error(self.path, error))

    def _run_in_savepoint(self, work: Work[Any], answer: "_Answer") -> None:
        """Run one piece in its own savepoint, and roll only that back if it fails."""
        conn = self._conn
        conn.execute("SAVEPOINT piece")
        try:
            answer.result = work(conn)
        except sqlite3.Error as error:
            answer.error = store_error(self.path, error)
            if not conn.in_transaction:  # a full disk rolls the whole transaction back
                raise
        except Exception as error:  # a defect of the piece is raised in its caller
            answer.error = error
        if answer.error is not None:
            conn.execute("ROLLBACK TO piece")
        conn.execute("RELEASE piece")

    def _fail(self, group: list[tuple[Work[Any], "_Answer"]], error: MonitorError) -> None:
        if self._conn.in_transaction:
            self._conn.rollback()
        for _, answer in group:
            answer.error = answer.error or error


class _Answer:
    """Carries one result from the writer's thread to the event loop that awaits it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.error: Exception | None = None

    def set(self) -> None:
        """Resolve the future; to be called in its loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


def _resolve(answers: list[_Answer]) -> None:
    """Resolve the futures, with one call per event loop."""
    for loop in {answer.loop for answer in answers}:
        mine = [answer for answer in answers if answer.loop is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody awaits the result
            loop.call_soon_threadsafe(_set_all, mine)


def _set_all(answers: list[_Answer]) -> None:
    for answer in answers:
        answer.set()
