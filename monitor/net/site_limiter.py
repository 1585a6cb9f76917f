"""Rate limit per site: how many requests at once, and how far apart article requests start.

A site is what `core.text.site_of` makes of a URL. Memory is bounded: a site that is neither in use
nor pausing is forgotten.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from monitor.errors import Throttled
from monitor.model import FetchKind

DEFAULT_PAUSE = timedelta(seconds=30)  # after a 429 without Retry-After
RECHECK_S = 1.0  # when to look again at a site whose slots are all in use: no end is known
MAX_WAIT_S = 60.0  # a request that would have to wait longer is refused instead
PRUNE_AT = 1_000


@dataclass(slots=True)
class _Site:
    """State of one site."""

    slots: asyncio.Semaphore
    article_queue: asyncio.Lock = field(default_factory=asyncio.Lock)  # first come, first served
    requests: int = 0  # running or waiting
    next_article_at: float = 0.0  # monotonic clock

    def busy(self, now: float) -> bool:
        return self.next_article_at > now or self.article_queue.locked() or self.slots.locked()

    def idle(self, now: float) -> bool:
        return not self.requests and self.next_article_at <= now


class SiteLimiter:
    """Limits each site to `connections` requests at a time, and spaces articles by `delay`.

    Implements ports.HostLimiter.
    """

    def __init__(
        self, connections: int, delay: timedelta, *, now: Callable[[], float] = monotonic
    ) -> None:
        self._sites: dict[str, _Site] = {}
        self._prune_at = PRUNE_AT
        self._now = now
        self.apply(connections, delay)

    def apply(self, connections: int, delay: timedelta) -> None:
        """Change the limits; a site in use keeps its number of slots until it is idle."""
        self._connections = connections
        self._delay_s = delay.total_seconds()

    @asynccontextmanager
    async def slot(self, site: str, kind: FetchKind) -> AsyncIterator[None]:
        """Wait for a slot of the site and hold it; articles also wait for the delay.

        Raises Throttled if the site asked for a pause that is longer than MAX_WAIT_S.
        """
        state = self._state(site)
        state.requests += 1
        try:
            await self._acquire(site, state, kind)
            try:
                yield
            finally:
                state.slots.release()
                self._delay_next_article(state, kind)
        finally:
            state.requests -= 1
            if state.idle(self._now()):
                self._sites.pop(site, None)

    def pause(self, site: str, retry_after: timedelta | None) -> None:
        """Start no article request to the site before `retry_after`; None: DEFAULT_PAUSE."""
        pause = DEFAULT_PAUSE if retry_after is None else retry_after
        state = self._state(site)
        state.next_article_at = max(state.next_article_at, self._now() + pause.total_seconds())

    def busy(self) -> frozenset[str]:
        """Sites where an article request would have to wait now."""
        now = self._now()
        self._prune(now)
        return frozenset(site for site, state in self._sites.items() if state.busy(now))

    def next_free(self) -> float | None:
        """Seconds until the first busy site may be free; None when none is busy."""
        now = self._now()
        waits = [
            max(state.next_article_at - now, RECHECK_S if state.slots.locked() else 0.0)
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

    async def _acquire(self, site: str, state: _Site, kind: FetchKind) -> None:
        if kind is not FetchKind.ARTICLE:
            await state.slots.acquire()
            return
        async with state.article_queue:
            while (wait := state.next_article_at - self._now()) > 0:
                if wait > max(MAX_WAIT_S, self._delay_s):
                    later = timedelta(seconds=wait)
                    raise Throttled(f"{site} asked for a pause", url=site, retry_after=later)
                await asyncio.sleep(wait)  # and check again: a 429 may have moved it
            await state.slots.acquire()
            self._delay_next_article(state, kind)

    def _delay_next_article(self, state: _Site, kind: FetchKind) -> None:
        # Called when a request starts and again when it ends: so requests arrive a full delay
        # apart even if the first took long to connect, and one that hangs does not block the next.
        if kind is FetchKind.ARTICLE:
            state.next_article_at = max(state.next_article_at, self._now() + self._delay_s)

    def _prune(self, now: float) -> None:
        for site in [site for site, state in self._sites.items() if state.idle(now)]:
            del self._sites[site]
        self._prune_at = max(PRUNE_AT, 2 * len(self._sites))
