"""The real store, watched: the model hears of what was settled, then the rows are compared."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from model.naive import Model, Row, Taken
from model.stories import Post, State
from model.world import Clock, Discrepancy, Trap, Web
from monitor.contracts import (
    Announced,
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
from monitor.model import Reason
from monitor.store.store import SqliteStore


class Rows:
    """Reads the database beside the product, to compare it with the model."""

    def __init__(self, path: Path, model: Model) -> None:
        self.path = path
        self.model = model
        self.id_of: dict[int, int] = {}  # number of a post → id of its article
        self.row_of: dict[int, Row] = {}  # id of an article → the model's row
        self._numbers: dict[str, int] = {}
        self._conn = sqlite3.connect(path, isolation_level=None)
        self._conn.row_factory = sqlite3.Row

    def close(self) -> None:
        self._conn.close()

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._conn.execute(sql, values).fetchall()

    def compare(self, row: Row) -> None:
        """The article, its alerts, and the channels they go through."""
        article_id = self._article(row)
        [stored] = self.all("SELECT revision FROM articles WHERE id = ?", article_id)
        if stored["revision"] != row.revision:
            raise Discrepancy(
                f"{row.post.token}: revision {stored['revision']}, by the model {row.revision}"
            )
        ids: dict[int, tuple[int, str, Reason]] = {}
        found: dict[tuple[int, str, Reason], int | None] = {}
        for one in self.all("SELECT * FROM alerts WHERE article_id = ?", article_id):
            key = (one["revision"], one["topic"], Reason(one["reason"]))
            ids[one["id"]], found[key] = key, one["silence_id"]
        owed = {key: owing.silenced for key, owing in row.alerts.items()}
        if found != owed:
            raise Discrepancy(_difference(row.post.token, "alerts", found, owed))
        self._compare_channels(row, article_id, ids)

    def _compare_channels(
        self, row: Row, article_id: int, ids: dict[int, tuple[int, str, Reason]]
    ) -> None:
        links = self.all(
            "SELECT l.alert_id, d.channel FROM alerts a"
            " JOIN delivery_alerts l ON l.alert_id = a.id JOIN deliveries d ON d.id = l.delivery_id"
            " WHERE a.article_id = ?",
            article_id,
        )
        found = Counter((ids[one["alert_id"]], one["channel"]) for one in links)
        owed = Counter((key, name) for key, owing in row.alerts.items() for name in owing.channels)
        if found != owed:
            raise Discrepancy(_difference(row.post.token, "deliveries", found, owed))

    def _article(self, row: Row) -> int:
        """The id of the post's article. Two articles of one post are one too many."""
        newest = max(self.row_of, default=0)
        for one in self.all("SELECT id, title FROM articles WHERE id > ?", newest):
            token = one["title"].partition(" ")[0]
            if token in self._numbers or token != row.post.token:
                raise Discrepancy(f"{token}: an article that is not owed (id {one['id']})")
            self._numbers[token] = row.post.number
            self.id_of[row.post.number] = one["id"]
            self.row_of[one["id"]] = row
        if row.post.number not in self.id_of:
            raise Discrepancy(f"{row.post.token}: no article was stored")
        return self.id_of[row.post.number]


def _difference(
    token: str,
    what: str,
    found: Mapping[Any, Any],
    owed: Mapping[Any, Any],
) -> str:
    surplus = sorted(map(str, found.items() - owed.items()))
    missing = sorted(map(str, owed.items() - found.items()))
    return f"{token}: {what} not owed: {surplus}; owed and not there: {missing}"


class WatchedStore:
    """Implements ports.Store on a ledger. Tells the model of each settlement that took place."""

    def __init__(
        self, ledger: SqliteStore, model: Model, rows: Rows, web: Web, clock: Clock, trap: Trap
    ) -> None:
        self._ledger = ledger
        self._model = model
        self._rows = rows
        self._web = web
        self._clock = clock
        self._trap = trap
        self._taken: dict[str, Taken] = {}  # by lease
        self._lease_of: dict[tuple[str, object], str] = {}  # the newest of each row
        self.accepted: set[str] = set()  # messages that a channel accepted, not settled yet
        self.sent: set[str] = set()  # messages settled as sent
        self.excused: set[str] = set()  # messages that may come twice

    # ── polls ────────────────────────────────────────────────────────────────────────────

    async def take_polls(self, limit: int) -> list[ClaimedSource]:
        taken = await self._ledger.take_polls(limit)
        for watch in taken:
            self._lease_of["source", watch.source] = watch.lease
        return taken

    async def entry_cache(self, source: str) -> bytes:
        return await self._ledger.entry_cache(source)

    async def settle_poll(
        self, watch: ClaimedSource, outcome: Polled | PollFailed
    ) -> Announced | None:
        self._begin("poll")
        announced = await self._ledger.settle_poll(watch, outcome)
        if announced is not None:
            self._check_lease("source", watch.source, watch.lease)
            if isinstance(outcome, Polled) and outcome.feed is not None:
                feed = self._web.last_feed
                assert feed is not None
                self._model.poll(feed.url, [(post.key, post) for post in feed.entries()])
        self._trap.pass_by("after poll")
        return announced

    # ── reads ────────────────────────────────────────────────────────────────────────────

    async def take_reads(self, limit: int, busy: Iterable[str], per_site: int) -> list[Visit]:
        visits = await self._ledger.take_reads(limit, busy, per_site)
        for visit in visits:
            self._lease_of[_row_key(visit)] = visit.lease
            feed = self._web.feed_of[visit.source].url
            key = (feed, visit.entry.key) if visit.entry else None
            row = self._rows.row_of.get(visit.article_id or 0)
            if key is None and row is not None:
                self._model.hand_over(row, visit.source, feed)
            self._taken[visit.lease] = self._model.take(visit.source, key, row, self._clock())
        return visits

    async def settle_read(
        self, visit: Visit, reading: Reading | None, decide: Decide
    ) -> Decision | Stale | None:
        self._begin("read")
        finding = await self._ledger.settle_read(visit, reading, decide)
        if isinstance(finding, Decision):
            self._check_lease(*_row_key(visit), visit.lease)
            self._tell(visit)
        self._trap.pass_by("after read")
        return finding

    def _tell(self, visit: Visit) -> None:
        """What was read, in the model's words; then the rows of the article are compared."""
        taken = self._taken[visit.lease]
        row = self._read_page(visit, taken) if visit.site else self._read_feed(visit, taken)
        if row is None:
            return
        if visit.entry is not None:
            feed = self._web.feed_of[visit.source]
            self._model.listings[feed.url, visit.entry.key].row = row
        self._rows.compare(row)

    def _read_feed(self, visit: Visit, taken: Taken) -> Row:
        assert visit.entry is not None
        post, state = self._said(visit)
        return self._model.read_whole(taken, post, state, visit.entry.published, self._clock())

    def _read_page(self, visit: Visit, taken: Taken) -> Row | None:
        now = self._clock()
        assert self._web.last is not None
        post, what = self._web.last
        row = self._model.rows.get(post.number)
        published = visit.entry.published if visit.entry else None
        if isinstance(what, State):
            return self._model.read_whole(taken, post, what, published, now)
        if what == "unchanged":
            assert row is not None
            self._model.read_unchanged(row)
            return row
        if what in ("missing", "gone") and taken.known and not taken.partial:
            assert row is not None
            self._model.read_gone(taken, row, now)
            return row
        if visit.entry is None:
            return row
        _, state = self._said(visit)
        row = self._model.read_teaser(taken, post, state.headline, published, now)
        row.is_final = what == "gone"
        row.tries += 1
        return row

    def _said(self, visit: Visit) -> tuple[Post, State]:
        entry = visit.entry
        assert entry is not None
        text = entry.content[0] if entry.content else entry.summary
        return self._web.rendered[f"{entry.title}\n{text}"]

    # ── deliveries ───────────────────────────────────────────────────────────────────────

    async def take_deliveries(self, channel: str, limit: int) -> list[ClaimedDelivery]:
        taken = await self._ledger.take_deliveries(channel, limit)
        for delivery in taken:
            self._lease_of["delivery", delivery.id] = delivery.lease
            if delivery.message.id in self.sent:
                raise Discrepancy(f"{channel}: {delivery.message.id} was sent, and is taken again")
        return taken

    async def settle_delivery(
        self, delivery: ClaimedDelivery, outcome: Sent | NotSent | TooLarge
    ) -> bool:
        self._begin("delivery")
        held = await self._ledger.settle_delivery(delivery, outcome)
        if held:
            self._check_lease("delivery", delivery.id, delivery.lease)
            if isinstance(outcome, Sent):
                self.sent.add(delivery.message.id)
        elif delivery.message.id in self.accepted:
            self.excused.add(delivery.message.id)
        self.accepted.discard(delivery.message.id)
        self._trap.pass_by("after delivery")
        return held

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        await self._ledger.give_back(lease, due_at, error)

    async def requeue(self, leases: Sequence[str]) -> None:
        await self._ledger.requeue(leases)

    # ── what goes wrong ──────────────────────────────────────────────────────────────────

    def _begin(self, what: str) -> None:
        self._trap.pass_by(f"before {what}")
        if self._trap.refusals:
            self._trap.refusals -= 1
            raise StoreError("the disk is full")

    def _check_lease(self, table: str, row: object, lease: str) -> None:
        if self._lease_of[table, row] != lease:
            raise Discrepancy(f"{table} {row} was settled under a lease that was lost: {lease}")


def _row_key(visit: Visit) -> tuple[str, object]:
    if visit.entry_id is not None:
        return "entry", visit.entry_id
    return "article", visit.article_id
