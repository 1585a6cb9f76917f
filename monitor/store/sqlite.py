"""The driver: one writer thread that commits in groups, and how a database is opened.

All that wait share one transaction and one fsync; a piece is answered only when it is durable (WAL
with `synchronous=FULL`). Where one of them fails, the group is done again with each piece in its
own savepoint: a failure is its own. So a piece of work must be able to run twice.
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

from monitor.errors import MonitorError, StoreError
from monitor.store.files import create_private
from monitor.store.schema import VERSION
from monitor.store.upgrade import Report, reporting, silently, upgrade

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_MS = 30_000  # how long another process may hold the database before we give up
LINGER_S = 0.001  # how long a group waits for one more: many settle at nearly one moment
GROUP = 256  # pieces of work in one transaction, at most


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """A connection with our pragmas. Raises StoreError; never creates a database to read it."""
    mode = "rwc" if writable else "ro"
    try:
        if writable:
            path.parent.mkdir(parents=True, exist_ok=True)
            create_private(path.resolve())
        conn = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            check_same_thread=False,
            timeout=BUSY_MS / 1000,
        )
        conn.row_factory = sqlite3.Row
        if writable:
            conn.execute("PRAGMA journal_mode=WAL")
            conn.execute("PRAGMA synchronous=FULL")
            conn.execute("PRAGMA foreign_keys=ON")
        conn.execute("PRAGMA query_only").fetchone()
    except (sqlite3.Error, OSError) as error:
        raise store_error(path, error) from error
    return conn


def prepare(path: Path, report: Report = silently) -> sqlite3.Connection:
    """Opens the database for writing, creates it or brings it up to date. Refuses a newer one.

    What takes long is reported: a check after a crash, and an upgrade.
    """
    conn = connect(path, writable=True)
    try:
        refuse_newer(conn, path)
        _quick_check_after_a_crash(conn, path, report)
        upgrade(conn, path, report)
    except sqlite3.Error as error:
        conn.close()
        raise store_error(path, error) from error
    except StoreError:
        conn.close()
        raise
    return conn


def open_to_read(path: Path) -> sqlite3.Connection:
    """Opens an existing database for questions. Raises StoreError where there is none."""
    return _open_existing(path, writable=False)


def open_beside(path: Path) -> sqlite3.Connection:
    """Opens an existing database to write beside a daemon: no check, no migration."""
    return _open_existing(path, writable=True)


def _open_existing(path: Path, *, writable: bool) -> sqlite3.Connection:
    if not path.exists():
        raise StoreError(f"{path}: there is no database yet; 'news-monitor poll' makes one")
    conn = connect(path, writable=writable)
    try:
        refuse_newer(conn, path)
        if conn.execute("PRAGMA user_version").fetchone()[0] < VERSION:
            raise StoreError(f"{path}: the database is of an older version; 'poll' or 'run' it")
    except sqlite3.Error as error:
        conn.close()
        raise store_error(path, error) from error
    except StoreError:
        conn.close()
        raise
    return conn


def refuse_newer(conn: sqlite3.Connection, path: Path) -> int:
    """The version of the database; 0 is an empty or foreign one. Raises StoreError."""
    version: int = conn.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise StoreError(
            f"{path}: the database is of version {version}, this program knows {VERSION}; "
            "use a newer news-monitor or another database",
            permanent=True,
        )
    return version


def _quick_check_after_a_crash(conn: sqlite3.Connection, path: Path, report: Report) -> None:
    """Reads every page once if the last run did not end cleanly."""
    if conn.execute("PRAGMA user_version").fetchone()[0] == 0:
        _refuse_foreign(conn, path)
        return
    if conn.execute("SELECT value FROM meta WHERE key = 'unclean'").fetchone():
        with reporting(conn, lambda: "checking the database after a crash", report):
            verdict = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreError(damaged(path, verdict), permanent=True)


def _refuse_foreign(conn: sqlite3.Connection, path: Path) -> None:
    if conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError(f"{path}: this is a database of another program", permanent=True)


def damaged(path: Path, verdict: str) -> str:
    """What to say and advise."""
    return (
        f"{path}: the database is damaged ({verdict}); restore a backup, or recover what can be "
        f"read with: sqlite3 {path} .recover | sqlite3 recovered.db"
    )


def store_error(path: Path, error: Exception) -> StoreError:
    """A driver's error in words that name the file and the remedy."""
    text = str(error)
    match getattr(error, "sqlite_errorname", ""):
        case "SQLITE_FULL":
            text = "the disk is full; free some space, nothing is lost"
        case name if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            text = f"cannot be opened ({text}); check owner and permissions"
        case name if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            text = "is locked by another program; close it and try again"
        case name if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return StoreError(damaged(path, text), permanent=True)
    return StoreError(f"{path}: {text}")


class Writer:
    """The only thread that writes."""

    def __init__(self, path: Path, prepared: sqlite3.Connection | None = None) -> None:
        self.path = path
        self._conn = prepared or prepare(path)
        self._queue: SimpleQueue[tuple[Work[Any], _Answer] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    async def do(self, work: Work[T]) -> T:
        """Runs `work` in a transaction; returns when it is durable. Raises StoreError."""
        answer = _Answer(asyncio.get_running_loop())
        self._queue.put((work, answer))
        result: T = await answer.future
        return result

    def close(self, patience: timedelta | None = None) -> None:
        """Finishes what waits, then closes the database.

        A thread that still waits for a locked database after `patience` is left to end with the
        process; what it has not committed was answered to nobody.
        """
        self._queue.put(None)
        self._thread.join(patience.total_seconds() if patience else None)
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
        """Waits for one piece of work, and takes all that waits with it."""
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
        """What waits already, or comes within LINGER_S. Raises Empty.

        Not by `get(timeout=…)`: SimpleQueue waits without end where its time has run out before it
        begins to wait (CPython 3.11, under load), and what is in the group waits with it.
        """
        with suppress(Empty):
            return self._queue.get_nowait()
        time.sleep(LINGER_S)
        return self._queue.get_nowait()

    def _commit(self, group: list[tuple[Work[Any], "_Answer"]]) -> None:
        try:
            self._conn.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:  # whoever holds the database, a second try would wait again
            self._give_up(group, store_error(self.path, error))
        else:
            if not self._together(group):
                self._apart(group)
        _deliver([answer for _, answer in group])

    def _together(self, group: list[tuple[Work[Any], "_Answer"]]) -> bool:
        """False when a piece, or the database, would not: then nothing was written."""
        conn = self._conn
        try:
            for work, answer in group:
                answer.result = work(conn)
            conn.execute("COMMIT")
        except Exception:  # who failed, and why, is found out when each runs apart
            if conn.in_transaction:
                conn.rollback()
            return False
        return True

    def _apart(self, group: list[tuple[Work[Any], "_Answer"]]) -> None:
        conn = self._conn
        try:
            conn.execute("BEGIN IMMEDIATE")
            for work, answer in group:
                self._one(work, answer)
            conn.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(group, store_error(self.path, error))

    def _one(self, work: Work[Any], answer: "_Answer") -> None:
        """Runs one piece in its own savepoint; its failure is its own."""
        conn = self._conn
        conn.execute("SAVEPOINT piece")
        try:
            answer.result = work(conn)
        except sqlite3.Error as error:
            answer.error = store_error(self.path, error)
            if not conn.in_transaction:  # a full disk rolls the whole transaction back
                raise
        except Exception as error:  # the piece's own defect is raised where it was asked for
            answer.error = error
        if answer.error is not None:
            conn.execute("ROLLBACK TO piece")
        conn.execute("RELEASE piece")

    def _give_up(self, group: list[tuple[Work[Any], "_Answer"]], error: MonitorError) -> None:
        if self._conn.in_transaction:
            self._conn.rollback()
        for _, answer in group:
            answer.error = answer.error or error


class _Answer:
    """Carries one result from the writer's thread to the loop that waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.error: Exception | None = None

    def set(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


def _deliver(answers: list[_Answer]) -> None:
    """Wakes each loop once, however many wait in it."""
    for loop in {answer.loop for answer in answers}:
        mine = [answer for answer in answers if answer.loop is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_set, mine)


def _set(answers: list[_Answer]) -> None:
    for answer in answers:
        answer.set()
