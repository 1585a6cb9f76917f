"""One site, one queue: how many connections at once, and how far apart article fetches start.

Bounded in memory: a site that nobody visits or waits for is forgotten.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from monitor.errors import Throttled
from monitor.model import FetchKind

PAUSE = timedelta(seconds=30)  # after a 429 that names no time
UNANNOUNCED_S = 1.0  # when to look again at a site whose running fetches end nobody knows when
LONGEST_LINE_S = 60.0  # who would have to wait longer comes back later instead
PRUNE_AT = 1_000


@dataclass(slots=True)
class _Site:
    slots: asyncio.Semaphore
    line: asyncio.Lock = field(default_factory=asyncio.Lock)  # articles, first come first served
    visitors: int = 0  # running or waiting
    free_at: float = 0.0  # monotonic: no article before

    def busy(self, now: float) -> bool:
        return self.free_at > now or self.line.locked() or self.slots.locked()

    def idle(self, now: float) -> bool:
        return not self.visitors and self.free_at <= now


class Hosts:
    """At most `connections` fetches a site, and `delay` from one article fetch to the next."""

    def __init__(
        self, connections: int, delay: timedelta, *, now: Callable[[], float] = monotonic
    ) -> None:
        self._sites: dict[str, _Site] = {}
        self._prune_at = PRUNE_AT
        self._now = now
        self.apply(connections, delay)

    def apply(self, connections: int, delay: timedelta) -> None:
        """New limits; a site that is being visited keeps its number of connections until idle."""
        self._connections = connections
        self._delay_s = delay.total_seconds()

    @asynccontextmanager
    async def turn(self, site: str, kind: FetchKind) -> AsyncIterator[None]:
        """Waits for this site's turn and holds it. Feeds wait for a connection only.

        Raises Throttled where the pause that the site asked for is long.
        """
        state = self._state(site)
        state.visitors += 1
        try:
            await self._admit(site, state, kind)
            try:
                yield
            finally:
                state.slots.release()
                self._rest(state, kind)
        finally:
            state.visitors -= 1
            if state.idle(self._now()):
                self._sites.pop(site, None)

    def throttled(self, site: str, retry_after: timedelta | None) -> None:
        """The site asked for a pause: no article of it before that."""
        pause = PAUSE if retry_after is None else retry_after
        state = self._state(site)
        state.free_at = max(state.free_at, self._now() + pause.total_seconds())

    def busy(self) -> frozenset[str]:
        """The sites where an article fetch would have to wait now."""
        now = self._now()
        self._prune(now)
        return frozenset(site for site, state in self._sites.items() if state.busy(now))

    def next_free(self) -> float | None:
        """Seconds until the first busy site is free; None when none is busy."""
        now = self._now()
        waits = [
            max(state.free_at - now, UNANNOUNCED_S if state.slots.locked() else 0.0)
            for state in self._sites.values()
            if state.busy(now)
        ]
        return min(waits, default=None)

    def _state(self, site: str) -> _Site:
        if site not in self._sites:
            if len(self._sites) >= self._prune_at:
                self._prune(self._now())
            self._sites[site] = _Site(asyncio.Semaphore(self._connections))
        return self._sites[site]

    async def _admit(self, site: str, state: _Site, kind: FetchKind) -> None:
        if kind is not FetchKind.ARTICLE:
            await state.slots.acquire()
            return
        async with state.line:
            while (wait := state.free_at - self._now()) > 0:
                if wait > max(LONGEST_LINE_S, self._delay_s):
                    later = timedelta(seconds=wait)
                    raise Throttled(f"{site} asked for a pause", url=site, retry_after=later)
                await asyncio.sleep(wait)  # and look again: a 429 may have moved it
            await state.slots.acquire()
            self._rest(state, kind)

    def _rest(self, state: _Site, kind: FetchKind) -> None:
        # Set when a fetch starts and again when it ends: requests then arrive a full delay
        # apart even if the first took long to connect, and a hanging one does not block.
        if kind is FetchKind.ARTICLE:
            state.free_at = max(state.free_at, self._now() + self._delay_s)

    def _prune(self, now: float) -> None:
        for site in [site for site, state in self._sites.items() if state.idle(now)]:
            del self._sites[site]
        self._prune_at = max(PRUNE_AT, 2 * len(self._sites))
