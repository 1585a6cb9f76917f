"""The Store: take and settle, each one transaction of the writer.

Does not decide anything: what to write arrives as a value, or as the function that makes it.
"""

import asyncio
import itertools
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from monitor.contracts import (
    Announced,
    Backlog,
    ClaimedDelivery,
    ClaimedSource,
    Decide,
    Decision,
    NotSent,
    Polled,
    PollFailed,
    Reading,
    Sent,
    Stale,
    TooLarge,
    Visit,
)
from monitor.errors import StoreError
from monitor.model import utc_text
from monitor.ports import Clock
from monitor.settings import Retention, Source, Topic
from monitor.store import (
    articles,
    channels,
    clock_shift,
    deliveries,
    epochs,
    leases,
    messages,
    near_duplicates,
    outbox,
    polls,
    read_queue,
    retention,
    silences,
    source_tasks,
    topics,
)
from monitor.store import sources as roster
from monitor.store.backlog import backlog
from monitor.store.rows import due_text
from monitor.store.writer import Writer

TASK_SLICES = 10  # of work that follows from reloads, for a take that finds nothing to read
CLOSING = timedelta(seconds=0.75)  # for the last commit of an epoch


class SqliteStore:
    """Everything the workers read and write. Opened by the holder of the instance lock."""

    def __init__(
        self, path: Path, clock: Clock, prepared: sqlite3.Connection | None = None
    ) -> None:
        self._writer = Writer(path, prepared)
        self._clock = clock
        self._turns = itertools.count(1)
        self._epoch = "?"
        self._only: tuple[str, ...] | None = None  # the sources of this pass; None: all
        self._has_tasks = True  # whether articles of renamed or returned sources may wait
        self._asked_at: datetime | None = None  # when this pass began; None: a daemon's

    @property
    def path(self) -> Path:
        return self._writer.path

    async def start(self, rehold: clock_shift.Rehold = clock_shift.no_rehold) -> None:
        """Begins an epoch: what the last one left leased is due at once.

        A clock that shows less than at the end of the last epoch was ahead then, or is behind now.
        """
        last, now = await self._writer.do(epochs.last_alive), self._clock()
        if last is not None and now < last - epochs.STEP:
            await self.shift(now - last, rehold)
        self._epoch = await self._writer.do(partial(epochs.begin, now=now))

    async def close(self, patience: timedelta = CLOSING) -> None:
        """Ends the epoch. A database that is locked for longer than `patience` is left as it is:
        the next start then treats this run as one that was killed."""
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(patience.total_seconds()):
                await self._writer.do(partial(epochs.end, now=self._clock()))
        self._writer.close(patience)

    async def note_alive(self) -> None:
        """Commits the present instant. Raises StoreError."""
        await self._writer.do(partial(epochs.note_alive, now=self._clock()))

    def _lease(self) -> str:
        return f"{self._epoch}:{next(self._turns)}"

    # configuration

    async def sync(
        self,
        sources: Sequence[Source],
        targets: dict[str, str],
        first_poll: roster.FirstPoll = roster.at_once,
        removal: channels.Removal | None = None,
        reread_for: timedelta = timedelta(days=30),
    ) -> None:
        """Articles of a source that is back are read again if first seen within `reread_for`;
        `targets`: channel name → `kind:digest` of where it leads."""
        now, path = self._clock(), self.path
        await self._carry_out(
            await asyncio.to_thread(roster.steps, path, sources, now, first_poll, reread_for)
        )
        await self._writer.do(lambda conn: channels.sync(conn, targets, removal, now))
        await self._carry_out(await asyncio.to_thread(roster.parking, path))
        self._has_tasks = True

    async def sync_topics(self, wanted: Sequence[Topic]) -> None:
        """Remember what is configured; carry the history of renamed topics over, in slices."""
        for topic in wanted:
            if topic.renamed_from:
                move = partial(topics.rename, old=topic.renamed_from, new=topic.name)
                while await self._writer.do(move):
                    pass
        await self._writer.do(partial(topics.remember, topics=wanted, now=self._clock()))

    async def _carry_out(self, steps: Sequence[roster.Step]) -> None:
        """In slices: other work gets its turn between two of them."""
        done = 0
        while todo := steps[done:]:
            done += await self._writer.do(partial(roster.carry_out, todo=todo))

    async def make_due(self, names: Iterable[str] | None, fresh: timedelta | None = None) -> None:
        """Asks for one poll now, and for a new reading of matched articles as young as `fresh`.

        What falls due again later is not taken before the next call.
        """
        now = self._asked_at = self._clock()
        self._only = None if names is None else tuple(names)
        names = self._only

        def work(conn: sqlite3.Connection) -> None:
            roster.make_due(conn, names, now)
            if fresh is not None:
                conn.execute(
                    "UPDATE articles SET due_at = ? WHERE due_at IS NOT NULL AND matched"
                    " AND lease IS NULL AND first_seen_at >= ?",
                    [due_text(now), utc_text(now - fresh)],
                )

        await self._writer.do(work)

    async def make_new_due(self) -> None:
        """Asks for one poll now of what is due, or was never polled."""
        self._asked_at = self._clock()
        await self._writer.do(partial(roster.make_new_due, now=self._asked_at))

    async def note(self, key: str, value: str | None) -> None:
        """Leaves a remark that other processes read (`status`)."""
        await self._writer.do(partial(epochs.note, key=key, value=value))

    # polling

    async def take_polls(self, limit: int) -> list[ClaimedSource]:
        now, lease, only, asked = self._clock(), self._lease(), self._only, self._asked_at
        return await self._writer.do(lambda conn: polls.take(conn, lease, now, limit, only, asked))

    async def entry_cache(self, source: str) -> bytes:
        return await self._writer.do(partial(polls.entry_cache, source=source))

    async def settle_poll(
        self, claimed: ClaimedSource, outcome: Polled | PollFailed
    ) -> Announced | None:
        now = self._clock()

        def work(conn: sqlite3.Connection) -> Announced | None:
            if isinstance(outcome, PollFailed):
                held = polls.settle_failed(conn, claimed, outcome, now)
                return Announced() if held else None
            return polls.settle(conn, claimed, outcome, now)

        return await self._writer.do(work)

    # reading

    async def take_reads(self, limit: int, busy: Iterable[str], per_site: int) -> list[Visit]:
        now, lease, waiting = self._clock(), self._lease(), frozenset(busy)
        visits: list[Visit] = []
        for _ in range(TASK_SLICES):
            if self._has_tasks:
                self._has_tasks = await self._writer.do(partial(source_tasks.work, now=now))
            visits = await self._writer.do(
                lambda conn: read_queue.take(conn, lease, now, limit, waiting, per_site)
            )
            if visits or not self._has_tasks:
                break
        return visits

    async def settle_read(
        self, visit: Visit, reading: Reading | None, decide: Decide
    ) -> Decision | Stale | None:
        now = self._clock()
        return await self._writer.do(
            lambda conn: articles.settle(conn, visit, reading, decide, now)
        )

    # sending

    async def take_deliveries(self, channel: str, limit: int) -> list[ClaimedDelivery]:
        now, lease = self._clock(), self._lease()
        rows = await self._writer.do(lambda conn: deliveries.take(conn, lease, now, channel, limit))
        try:
            return (
                await asyncio.to_thread(messages.load_deliveries, self.path, rows) if rows else []
            )
        except Exception:
            for row in rows:
                await self.give_back(row["lease"], now, None)
            raise

    async def release(self, but: Iterable[str]) -> int:
        """Makes the messages due that still collect, of all groups `but` these; how many."""
        now = self._clock()
        return await self._writer.do(lambda conn: outbox.release(conn, but, now))

    async def settle_delivery(
        self, delivery: ClaimedDelivery, outcome: Sent | NotSent | TooLarge
    ) -> bool:
        now = self._clock()
        return await self._writer.do(lambda conn: deliveries.settle(conn, delivery, outcome, now))

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        """Ends a lease without a settlement: the row is due then, and says why."""
        await self._writer.do(partial(leases.give_back, lease=lease, due_at=due_at, error=error))

    async def requeue(self, unfinished: Sequence[str]) -> None:
        """Ends leases of work that was not finished: due now, and nothing else is changed."""
        now = self._clock()
        await self._writer.do(partial(leases.requeue, leases=unfinished, now=now))

    async def shift(
        self, by: timedelta, rehold: clock_shift.Rehold = clock_shift.no_rehold
    ) -> None:
        """Moves every instant that lay ahead, or would now, after the wall clock was set."""
        now = self._clock()
        rows = await asyncio.to_thread(clock_shift.future_rows, self.path, min(now, now - by))
        for first in range(0, len(rows), clock_shift.SLICE):
            part = rows[first : first + clock_shift.SLICE]
            await self._writer.do(partial(clock_shift.shift_rows, rows=part, by=by))
        await self._writer.do(partial(clock_shift.shift_rest, by=by, now=now, rehold=rehold))

    # sweep

    async def backlog(self, names: Iterable[str]) -> Backlog:
        now, those, only, asked = self._clock(), tuple(names), self._only, self._asked_at
        return await self._writer.do(lambda conn: backlog(conn, now, those, only, asked))

    async def check(self) -> None:
        """Raises StoreError when the database is damaged."""
        await asyncio.to_thread(retention.check, self.path)

    async def tidy(self, keep: Retention) -> int:
        """The maintenance: what is too old to be of use goes; how many articles those were."""
        now = self._clock()

        await self._writer.do(partial(silences.forget, now=now))
        while await self._writer.do(partial(near_duplicates.forget, now=now)):
            pass
        return await self._forget(retention.limits(keep, now))

    async def _forget(self, limits: dict[str, object]) -> int:
        """In slices: other work gets its turn between two of them."""
        articles, entries = await asyncio.to_thread(retention.too_old, self.path, limits)
        at = gone = 0
        while ids := articles[at : at + retention.SLICE]:
            work = partial(retention.forget_articles, ids=ids, limits=limits)
            looked_at, deleted = await self._writer.do(work)
            at, gone = at + looked_at, gone + deleted
        at = 0
        while ids := entries[at : at + retention.SLICE]:
            at += await self._writer.do(partial(retention.forget_entries, ids=ids))
        return gone
