"""Poll worker: fetches a source's feed, parses it and stores its new entries.

The articles of the entries are fetched by the read worker.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from monitor.contracts import Announced, ClaimedSource, Outcome, Polled, PollFailed
from monitor.core.dates import zone_or_utc
from monitor.core.feeds import parse, parse_fast
from monitor.core.polling import (
    adapted_interval,
    failure_trouble,
    next_poll_at,
    poll_retry_at,
    publish_rate,
    silence_trouble,
)
from monitor.core.text import site_of
from monitor.errors import Gone, MonitorError, StoreError
from monitor.model import Feed, FetchKind, Page, Request, Unchanged, Validators
from monitor.ports import Clock, CpuPool, Fetcher, Jitter, Notifier, Store
from monitor.settings import Plan, Source

PARSE_LIMIT = timedelta(seconds=10)
MAX_FAILURES_AFTER_MOVE = 3  # then the configured address is polled again
STORE_RETRY = timedelta(seconds=10)  # after a database error
MAX_AGE_WITHOUT_BODY = timedelta(hours=24)  # then a request is unconditional


class PollWorker:
    """Polls sources. Implements ports.Worker."""

    name = "poll"

    def __init__(
        self,
        *,
        store: Store,
        fetcher: Fetcher,
        cpu_pool: CpuPool,
        notifier: Notifier,
        clock: Clock,
        jitter: Jitter,
        plan: Callable[[], Plan],
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._cpu_pool = cpu_pool
        self._notifier = notifier
        self._clock = clock
        self._jitter = jitter
        self._plan = plan

    async def take(self, limit: int) -> list[ClaimedSource]:
        """Claim up to `limit` sources that are due."""
        return await self._store.take_polls(limit)

    def pause(self) -> float | None:
        """Return None: nothing but `wake` and the tick makes more work due."""
        return None

    async def work(self, claimed: ClaimedSource) -> Outcome:
        """Poll one source and store the result."""
        source = self._plan().sources.get(claimed.source)
        if source is None:  # a reload is removing or renaming it
            await self._store.give_back(claimed.lease, self._clock() + STORE_RETRY, None)
            return Outcome(worker="poll", subject=claimed.source, result="late", url=claimed.url)
        outcome = await self._poll(claimed, source)
        announced = await self._store.settle_poll(claimed, outcome)
        if announced is not None and (announced.new or announced.changed):
            self._notifier.wake("read")
        return _outcome(claimed, outcome, announced)

    async def requeue(self, taken: Sequence[ClaimedSource]) -> None:
        """Release claimed sources unpolled; they are due now."""
        await self._store.requeue([each.lease for each in taken])

    async def failed(self, taken: ClaimedSource, error: Exception) -> None:
        """Store an unexpected error as a failed poll; after a database error release the source."""
        now = self._clock()
        if isinstance(error, StoreError):
            await self._store.give_back(taken.lease, now + STORE_RETRY, None)
            return
        source = self._plan().sources.get(taken.source)
        due_at = next_poll_at(source.every, now, self._jitter()) if source else now
        message = f"{type(error).__name__}: {error}"
        await self._store.settle_poll(taken, PollFailed(error=message, due_at=due_at))

    async def _poll(self, claimed: ClaimedSource, source: Source) -> Polled | PollFailed:
        try:
            response = await self._fetcher.get(self._request(claimed, source))
            return await self._process(claimed, source, response)
        except MonitorError as error:
            return self._failed(claimed, source, error)

    def _failed(self, claimed: ClaimedSource, source: Source, error: MonitorError) -> PollFailed:
        """Return the failed poll; after a move, `forget_move` returns to the configured address."""
        now, moved = self._clock(), claimed.url != source.url
        gone = isinstance(error, Gone) or claimed.failures + 1 >= MAX_FAILURES_AFTER_MOVE
        due_at = poll_retry_at(source.every, claimed.failures + 1, error, now, self._jitter())
        if moved and gone and due_at is None:
            due_at = next_poll_at(source.every, now, self._jitter())
        return PollFailed(
            error=str(error),
            forget_move=moved and gone,
            trouble=failure_trouble(claimed, error, now),
            operator_channels=self._operator(),
            due_at=due_at,
        )

    def _request(self, claimed: ClaimedSource, source: Source) -> Request:
        """Build the request.

        It is unconditional once a day, in case the server answers 304 wrongly; configured headers,
        which may hold credentials, are sent to their own site only.
        """
        validated_at = claimed.validated_at
        is_recent = validated_at and abs(self._clock() - validated_at) < MAX_AGE_WITHOUT_BODY
        is_own_site = claimed.url == source.url or site_of(claimed.url) == site_of(source.url)
        return Request(
            url=claimed.url,
            kind=FetchKind.FEED,
            validators=claimed.validators if is_recent else Validators(),
            headers=source.headers if is_own_site else (),
        )

    async def _process(
        self, claimed: ClaimedSource, source: Source, response: Page | Unchanged
    ) -> Polled:
        if isinstance(response, Unchanged):
            validators = response.validators or claimed.validators
            return self._polled(claimed, source, validators, moved_to=response.moved_to)
        digest = sha256(response.body).hexdigest()
        is_new = digest != claimed.body_digest
        feed = await self._parse(response, source, claimed) if is_new else None
        return self._polled(
            claimed,
            source,
            response.validators,
            feed=feed,
            body_digest=digest,
            moved_to=response.moved_to,
            size=len(response.body),
            max_age=response.max_age,
        )

    def _polled(
        self,
        claimed: ClaimedSource,
        source: Source,
        validators: Validators,
        *,
        feed: Feed | None = None,
        body_digest: str | None = None,
        moved_to: str | None = None,
        size: int = 0,
        max_age: int | None = None,
    ) -> Polled:
        """Return the successful poll, its next due time, and a warning if the source is silent."""
        now, poll = self._clock(), self._plan().settings.poll
        rate = publish_rate(feed, claimed, now) if feed else claimed.publish_rate
        every = adapted_interval(source.every, poll, rate, feed, max_age)
        return Polled(
            validators=validators,
            feed=feed,
            body_digest=body_digest,
            moved_to=moved_to,
            sites=entry_sites(feed, source) if feed else (),
            size=size,
            publish_rate=rate if rate.interval == every else replace(rate, interval=every),
            trouble=silence_trouble(rate, now),
            operator_channels=self._operator(),
            due_at=next_poll_at(every, now, self._jitter()),
        )

    def _operator(self) -> tuple[str, ...]:
        return self._plan().settings.operator or ()

    async def _parse(self, page: Page, source: Source, claimed: ClaimedSource) -> Feed:
        """Parse the feed: a small and plain one here, which costs less than using the CPU pool."""
        arguments: dict[str, Any] = {
            "url": page.url,
            "content_type": page.content_type,
            "zone": zone_or_utc(source.timezone or self._plan().settings.timezone),
            "cache": await self._store.entry_cache(claimed.source) if claimed.body_digest else b"",
        }
        feed = parse_fast(page.body, **arguments)
        if feed is not None:
            return feed
        return await self._cpu_pool.run(PARSE_LIMIT, parse, page.body, **arguments)


def entry_sites(feed: Feed, source: Source) -> tuple[str | None, ...]:
    """Return for each entry the site of its page; None: the feed's own text is the article.

    A link that several entries of one feed share is not the page of an article.
    """
    link_counts = Counter(entry.link for entry in feed.entries)
    return tuple(
        site_of(entry.link)
        if source.fetch_articles
        and entry.link
        and link_counts[entry.link] == 1
        and entry.link not in feed.unchanged.links
        else None
        for entry in feed.entries
    )


def _outcome(
    claimed: ClaimedSource, outcome: Polled | PollFailed, announced: Announced | None
) -> Outcome:
    if isinstance(outcome, PollFailed):
        return Outcome(
            worker="poll",
            subject=claimed.source,
            result="failed",
            error=outcome.error,
            url=claimed.url,
        )
    if announced is None:
        return Outcome(worker="poll", subject=claimed.source, result="late", url=claimed.url)
    return Outcome(
        worker="poll",
        subject=claimed.source,
        result="unchanged" if outcome.feed is None else "polled",
        url=claimed.url,
        size=outcome.size,
        new=announced.new,
        changed=announced.changed,
    )
