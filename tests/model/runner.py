"""The process under test: the real store and the real workers, pumped one piece of work at a time.

In place of the engine stands a pump that takes, works and settles in order, so that every run of a
script is the same run. What the engine does on a stop, a failure or a reload is done here alike.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from model.naive import Model
from model.watched import Rows, WatchedStore
from model.world import Discrepancy, Inbox, Killed, Line, Trap, Web
from monitor.channel_factory import targets
from monitor.contracts import ClaimedDelivery
from monitor.core.alerts.batching import rehold
from monitor.core.alerts.operator_messages import removed_channel_message
from monitor.core.polling import schedule
from monitor.errors import StoreError
from monitor.jobs.poll import PollWorker
from monitor.jobs.read import ReadWorker
from monitor.jobs.send import SendWorker
from monitor.ports import Worker
from monitor.settings import Plan, Settings
from monitor.store.channels import Removal
from monitor.store.rows import LEASE
from monitor.store.store import SqliteStore

MOST_ROUNDS = 400  # of taking until nothing is due: more is work that never ends


class Bench:
    """Implements ports.Workbench where we are."""

    async def run(self, limit: timedelta, work: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        return work(*args, **kw)


class Notifier:
    """Implements ports.Notifier: the pump looks by itself."""

    def wake(self, *names: str) -> None:
        return


@dataclass(slots=True)
class Held:
    """A piece of work that was taken, and waits to be begun."""

    desk: str
    taken: Any
    since: datetime


class Runner:
    """One process on one database, and its successors."""

    def __init__(
        self, path: Path, web: Web, inboxes: dict[str, Inbox], model: Model, trap: Trap
    ) -> None:
        self.path = path
        self.model = model
        self._web = web
        self._inboxes = inboxes
        self._trap = trap
        self._clock = web.clock
        self._plan: Plan | None = None
        self.desks: dict[str, Worker[Any]] = {}
        self.held: list[Held] = []
        self.rows: Rows | None = None
        self.store: WatchedStore | None = None

    # ── starting, stopping, reloading ────────────────────────────────────────────────────

    async def open(self, settings: Settings) -> None:
        self._plan = Plan.of(settings)
        self.ledger = SqliteStore(self.path, self._clock)
        self.ledger._writer._conn.execute("PRAGMA synchronous=OFF")  # no power is cut here
        await self.ledger.start(self._rehold)
        before = self.store
        if self.rows is None:
            self.rows = Rows(self.path, self.model)
        self.store = WatchedStore(
            self.ledger, self.model, self.rows, self._web, self._clock, self._trap
        )
        if before is not None:
            self.store.sent, self.store.excused = before.sent, before.excused
        await self._sync(settings)
        self._start_workers(settings)

    async def stop(self) -> None:
        """As SIGTERM does: what was taken and not begun is requeued."""
        for name in list(self.desks):
            await self._dismiss(name)
        await self.ledger.close()

    async def kill(self, settings: Settings) -> None:
        """The process is gone: nothing is given back, and another one starts."""
        assert self.store is not None
        self.store.excused |= self.store.accepted
        self.held.clear()
        self.desks.clear()
        self.ledger._writer.close()
        await self.open(settings)

    async def apply(self, settings: Settings) -> None:
        """A reload, in the order of the service: channels that leave stop first."""
        self._plan = Plan.of(settings)
        left = set(self.desks) - {"poll", "read"} - {f"send {c.name}" for c in settings.channels}
        for name in left:
            await self._dismiss(name)
        await self._sync(settings)
        self._start_workers(settings)

    async def _sync(self, settings: Settings) -> None:
        assert self._plan is not None
        removal = Removal(operator=self._plan.operator, report=removed_channel_message)
        await self.ledger.sync(
            settings.sources,
            targets(settings),
            schedule.first_poll_at,
            removal=removal,
            reread_for=schedule.REREAD_FOR,
        )

    async def _dismiss(self, name: str) -> None:
        mine = [one.taken for one in self.held if one.desk == name]
        self.held = [one for one in self.held if one.desk != name]
        desk = self.desks.pop(name)
        if mine:
            await desk.requeue(mine)

    def _start_workers(self, settings: Settings) -> None:
        assert self.store is not None
        common: dict[str, Any] = {
            "store": self.store,
            "clock": self._clock,
            "plan": lambda: self._plan,
            "cpu_pool": Bench(),
        }
        web = common | {"fetcher": self._web, "notifier": Notifier()}
        if "poll" not in self.desks:
            self.desks["poll"] = PollWorker(jitter=lambda: 0.0, **web)
            self.desks["read"] = ReadWorker(limiter=self._web, **web)
        for channel in settings.channels:
            if f"send {channel.name}" not in self.desks:
                line = Line(channel.name, self._inboxes[channel.name], self._trap, self.store)
                self.desks[f"send {channel.name}"] = SendWorker(
                    channel=line, retry=channel.retry, jitter=lambda: 0.0, **common
                )

    def _rehold(self, channel: str, group: str, until: datetime, now: datetime) -> datetime | None:
        assert self._plan is not None
        return rehold(group, self._plan.paces.get(channel), until, now)

    async def shift(self, by: timedelta) -> None:
        """The wall clock was set; it shows the new time already. A lease has as long to go."""
        for one in self.held:
            one.since += by
        await self.ledger.shift(by, self._rehold)

    # ── working ──────────────────────────────────────────────────────────────────────────

    async def drain(self, *names: str) -> None:
        """Works until nothing of these workers', or of all, is due at this moment."""
        for _ in range(MOST_ROUNDS):
            worked = False
            for name in names or list(self.desks):
                for taken in await self._take(name):
                    worked = True
                    await self._work(name, taken)
            if not worked:
                return
        raise Discrepancy("work that never ends: something is due again at once")

    async def _take(self, name: str) -> Iterable[Any]:
        return await self.desks[name].take(1 if name.startswith("send") else 50)

    async def hold(self, name: str, count: int) -> None:
        """Takes some work and does not begin it yet."""
        for taken in list(await self.desks[name].take(count)):
            self.held.append(Held(name, taken, self._clock()))

    async def resume(self) -> None:
        """Begins what was held, even past its lease: it has to notice by itself."""
        held, self.held = self.held, []
        assert self.store is not None
        while held:
            one = held.pop(0)
            late = self._clock() - one.since >= LEASE or self._clock() < one.since
            if isinstance(one.taken, ClaimedDelivery) and late:
                self.store.excused.add(one.taken.message.id)
            try:
                await self._work(one.desk, one.taken)
            except BaseException:
                self.held = held
                raise

    async def requeue(self) -> None:
        """Gives back what was held, not begun."""
        for name in {one.desk for one in self.held}:
            await self.desks[name].requeue([one.taken for one in self.held if one.desk == name])
        self.held.clear()

    async def _work(self, name: str, taken: Any) -> None:
        """As the engine: whatever goes wrong with one piece, the worker notes it and goes on."""
        desk = self.desks[name]
        try:
            await desk.work(taken)
        except StoreError as error:
            if isinstance(taken, ClaimedDelivery) and self.store is not None:
                self.store.excused |= self.store.accepted
            await desk.failed(taken, error)
        except (Killed, Discrepancy):
            raise
        except Exception as error:
            raise Discrepancy(f"{name} failed: {type(error).__name__}: {error}") from error
