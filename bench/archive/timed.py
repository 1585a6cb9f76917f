"""A connection that measures each statement: CPU of its thread, until the last row was read."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from time import thread_time
from typing import Any


@dataclass(slots=True)
class Cost:
    """Of one statement in one operation; milliseconds."""

    operation: str
    sql: str
    ms: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.ms)


class StatementCosts:
    """What was measured, by operation and statement."""

    operation = ""
    costs: dict[tuple[str, str], Cost] = {}  # noqa: RUF012 - one for the process

    @classmethod
    def note(cls, sql: str, seconds: float, rows: int = 1) -> None:
        if cls.operation:
            key = cls.operation, sql
            cost = cls.costs.setdefault(key, Cost(*key))
            cost.ms.append(seconds * 1000 / max(1, rows))


@contextmanager
def operation(name: str) -> Iterator[None]:
    """Statements count for this operation while it is entered."""
    StatementCosts.operation = name
    try:
        yield
    finally:
        StatementCosts.operation = ""


class Fetched:
    """The rows of a statement that has run."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._rows = iter(cursor.fetchall() if cursor.description else [])
        self.lastrowid, self.rowcount = cursor.lastrowid, cursor.rowcount

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)


class Timed(sqlite3.Connection):
    def execute(self, sql: str, values: Any = ()) -> Any:
        began = thread_time()
        fetched = Fetched(super().execute(sql, values))
        StatementCosts.note(sql, thread_time() - began)
        return fetched

    def executemany(self, sql: str, values: Any) -> Any:
        """Counted a row: each is a statement of its own."""
        rows: Sequence[Any] = list(values)
        began = thread_time()
        cursor = super().executemany(sql, rows)
        StatementCosts.note(sql, thread_time() - began, len(rows))
        return cursor


@contextmanager
def measured() -> Iterator[None]:
    """Every connection that is opened while this is entered measures its statements."""
    connect = sqlite3.connect

    def timed(*args: Any, **options: Any) -> sqlite3.Connection:
        return connect(*args, factory=Timed, **options)

    sqlite3.connect = timed  # type: ignore[assignment]
    try:
        yield
    finally:
        sqlite3.connect = connect
