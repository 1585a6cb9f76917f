"""The workers' access to the database: claims and settlements, each one transaction of the writer.

It decides nothing: what to write is handed in as a value, or as a function that decides.
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
from monitor.store import sources as source_table
from monitor.store.backlog import backlog
from monitor.store.writer import Writer

MAX_TASK_SLICES = 10  # of source tasks, for a take that finds nothing to read
CLOSING = timedelta(seconds=0.75)  # for the last commit of an epoch


class SqliteStore:
    """Implements ports.Store on SQLite. Opened only by the holder of the instance lock."""

    def __init__(
        self, path: Path, clock: Clock, prepared: sqlite3.Connection | None = None
    ) -> None:
        self._writer = Writer(path, prepared)
        self._clock = clock
        self._lease_numbers = itertools.count(1)
        self._epoch = "?"
        self._only: tuple[str, ...] | None = None  # sources of this pass; None: all
        self._has_tasks = True  # whether source tasks may be left
        self._pass_began_at: datetime | None = None  # when this pass began; None: no pass

    @property
    def path(self) -> Path:
        """Path of the database."""
        return self._writer.path

    async def start(self, rehold: clock_shift.Rehold = clock_shift.no_rehold) -> None:
        """Start an epoch: work that the last one left leased is due at once.

        If the clock shows less than at the end of the last epoch, the schedule is shifted first.
        """
        last, now = await self._writer.do(epochs.last_alive), self._clock()
        if last is not None and now < last - epochs.STEP:
            await self.shift(now - last, rehold)
        self._epoch = await self._writer.do(partial(epochs.start, now=now))

    async def close(self, limit: timedelta = CLOSING) -> None:
        """End the epoch and close the database.

        If it is locked for longer than `limit`, the epoch is not ended: the next start then
        treats this run as killed.
        """
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(limit.total_seconds()):
                await self._writer.do(partial(epochs.end, now=self._clock()))
        self._writer.close(limit)

    async def note_alive(self) -> None:
        """Commit the present instant, which proves that the writer works. Raises StoreError."""
        await self._writer.do(partial(epochs.note_alive, now=self._clock()))

    def _lease(self) -> str:
        return f"{self._epoch}:{next(self._lease_numbers)}"

    # configuration

    async def sync(
        self,
        sources: Sequence[Source],
        targets: dict[str, str],
        first_poll: source_table.FirstPoll = source_table.poll_at_once,
        removal: channels.Removal | None = None,
        reread_for: timedelta = timedelta(days=30),
    ) -> None:
        """Bring sources and channels in line with the configuration.

        `targets`: channel name → `kind:digest` of its address. Articles of a source that is back
        are read again if first seen within `reread_for`.
        """
        now, path = self._clock(), self.path
        await self._run_steps(
            await asyncio.to_thread(
                source_table.plan_steps, path, sources, now, first_poll, reread_for
            )
        )
        await self._writer.do(lambda conn: channels.sync(conn, targets, removal, now))
        await self._run_steps(await asyncio.to_thread(source_table.plan_parking, path))
        self._has_tasks = True

    async def sync_topics(self, wanted: Sequence[Topic]) -> None:
        """Store the configured topics, and rename the history of renamed ones in slices."""
        for topic in wanted:
            if topic.renamed_from:
                move = partial(topics.rename, old=topic.renamed_from, new=topic.name)
                while await self._writer.do(move):
                    pass
        await self._writer.do(partial(topics.sync, topics=wanted, now=self._clock()))

    async def _run_steps(self, steps: Sequence[source_table.Step]) -> None:
        """Run the steps in slices, between which other work is done."""
        done = 0
        while todo := steps[done:]:
            done += await self._writer.do(partial(source_table.run_steps, todo=todo))

    async def make_due(self, names: Iterable[str] | None, fresh: timedelta | None = None) -> None:
        """Make these sources due now; None: all of them.

        With `fresh`, matched articles first seen within that time are due to be read again. Sources
        that fall due later are not claimed before the next call.
        """
        now = self._pass_began_at = self._clock()
        self._only = None if names is None else tuple(names)
        names = self._only

        def work(conn: sqlite3.Connection) -> None:
            source_table.make_due(conn, names, now)
            if fresh is not None:
                read_queue.make_matched_due(conn, now - fresh, now)

        await self._writer.do(work)

    async def make_new_due(self) -> None:
        """Make sources due now that were never polled; claim none that falls due later."""
        self._pass_began_at = self._clock()
        await self._writer.do(partial(source_table.make_new_due, now=self._pass_began_at))

    async def note(self, key: str, value: str | None) -> None:
        """Record a value that other processes read (`status`); None deletes it."""
        await self._writer.do(partial(epochs.note, key=key, value=value))

    # polling

    async def take_polls(self, limit: int) -> list[ClaimedSource]:
        """Claim sources that are due to be polled."""
        now, lease = self._clock(), self._lease()
        only, began_at = self._only, self._pass_began_at
        return await self._writer.do(
            lambda conn: polls.take(conn, lease, now, limit, only, began_at)
        )

    async def entry_cache(self, source: str) -> bytes:
        """Load the entry cache of a source's last parse; empty: none."""
        return await self._writer.do(partial(polls.entry_cache, source=source))

    async def settle_poll(
        self, claimed: ClaimedSource, outcome: Polled | PollFailed
    ) -> Announced | None:
        """Write the result of a poll. None: the lease was lost."""
        now = self._clock()
        return await self._writer.do(lambda conn: polls.settle(conn, claimed, outcome, now))

    # reading

    async def take_reads(self, limit: int, busy: Iterable[str], per_site: int) -> list[Visit]:
        """Claim articles that are due to be read; run source tasks first."""
        now, lease, waiting = self._clock(), self._lease(), frozenset(busy)
        visits: list[Visit] = []
        for _ in range(MAX_TASK_SLICES):
            if self._has_tasks:
                self._has_tasks = await self._writer.do(partial(source_tasks.run_slice, now=now))
            visits = await self._writer.do(
                lambda conn: read_queue.take(conn, lease, now, limit, waiting, per_site)
            )
            if visits or not self._has_tasks:
                break
        return visits

    async def settle_read(
        self, visit: Visit, reading: Reading | None, decide: Decide
    ) -> Decision | Stale | None:
        """Load what is known, call `decide` and write its decision. None: the lease was lost."""
        now = self._clock()
        return await self._writer.do(
            lambda conn: articles.settle(conn, visit, reading, decide, now)
        )

    # sending

    async def take_deliveries(self, channel: str, limit: int) -> list[ClaimedDelivery]:
        """Claim messages of a channel that are due, and load them without the writer."""
        now, lease = self._clock(), self._lease()
        rows = await self._writer.do(lambda conn: deliveries.take(conn, lease, now, channel, limit))
        if not rows:
            return []
        try:
            return await asyncio.to_thread(messages.load_deliveries, self.path, rows)
        except Exception:
            for row in rows:
                await self.give_back(row["lease"], now, None)
            raise

    async def release_held(self, except_kinds: Iterable[str]) -> int:
        """Make collecting messages due now, except of groups of these kinds; return how many."""
        now = self._clock()
        return await self._writer.do(lambda conn: outbox.release_held(conn, except_kinds, now))

    async def settle_delivery(
        self, delivery: ClaimedDelivery, outcome: Sent | NotSent | TooLarge
    ) -> bool:
        """Write the result of an attempt; return False if the lease was lost."""
        now = self._clock()
        return await self._writer.do(lambda conn: deliveries.settle(conn, delivery, outcome, now))

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        """End a lease without a result; the row is due at `due_at`."""
        await self._writer.do(partial(leases.give_back, lease=lease, due_at=due_at, error=error))

    async def requeue(self, unfinished: Sequence[str]) -> None:
        """End leases of unfinished work: due now; nothing else of the rows changes."""
        now = self._clock()
        await self._writer.do(partial(leases.requeue, leases=unfinished, now=now))

    async def shift(
        self, by: timedelta, rehold: clock_shift.Rehold = clock_shift.no_rehold
    ) -> None:
        """Shift all due times after a step of the wall clock, so that waits keep their length."""
        now = self._clock()
        rows = await asyncio.to_thread(clock_shift.future_rows, self.path, min(now, now - by))
        for first in range(0, len(rows), clock_shift.SLICE):
            part = rows[first : first + clock_shift.SLICE]
            await self._writer.do(partial(clock_shift.shift_rows, rows=part, by=by))
        await self._writer.do(partial(clock_shift.shift_rest, by=by, now=now, rehold=rehold))

    # maintenance

    async def backlog(self, names: Iterable[str]) -> Backlog:
        """Count the work that is due or running, for these channels."""
        now, channel_names = self._clock(), tuple(names)
        only, began_at = self._only, self._pass_began_at
        return await self._writer.do(lambda conn: backlog(conn, now, channel_names, only, began_at))

    async def check_integrity(self) -> None:
        """Check the whole database. Raises StoreError if it is damaged."""
        await asyncio.to_thread(retention.check_integrity, self.path)

    async def prune(self, keep: Retention) -> int:
        """Delete what is older than `keep` allows; return the number of articles."""
        now = self._clock()

        await self._writer.do(partial(silences.prune, now=now))
        while await self._writer.do(partial(near_duplicates.prune, now=now)):
            pass
        return await self._delete_expired(retention.query_parameters(keep, now))

    async def _delete_expired(self, parameters: dict[str, object]) -> int:
        """Delete expired articles and entries in slices, between which other work is done."""
        articles, entries = await asyncio.to_thread(retention.find_expired, self.path, parameters)
        at = gone = 0
        while ids := articles[at : at + retention.SLICE]:
            work = partial(retention.delete_articles, ids=ids, parameters=parameters)
            checked, deleted = await self._writer.do(work)
            at, gone = at + checked, gone + deleted
        at = 0
        while ids := entries[at : at + retention.SLICE]:
            at += await self._writer.do(partial(retention.delete_entries, ids=ids))
        return gone
