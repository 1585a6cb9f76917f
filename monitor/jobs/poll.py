"""Poll worker: visits a source and stores what it announces."""

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
HOME_AFTER = 3  # failures at the address a source moved to
SOON = timedelta(seconds=10)  # after the database said no
TRUST = timedelta(hours=24)  # how long a 304 is believed without having seen a body


class PollWorker:
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
        return await self._store.take_polls(limit)

    def pause(self) -> float | None:
        return None

    async def work(self, claimed: ClaimedSource) -> Outcome:
        source = self._plan().sources.get(claimed.source)
        if source is None:  # it is leaving, or being renamed: the configuration was read just now
            await self._store.give_back(claimed.lease, self._clock() + SOON, None)
            return Outcome(worker="poll", subject=claimed.source, result="late", url=claimed.url)
        outcome = await self._visit(claimed, source)
        announced = await self._store.settle_poll(claimed, outcome)
        if announced is not None and (announced.new or announced.changed):
            self._notifier.wake("read")
        return _outcome(claimed, outcome, announced)

    async def requeue(self, taken: Sequence[ClaimedSource]) -> None:
        await self._store.requeue([each.lease for each in taken])

    async def failed(self, taken: ClaimedSource, error: Exception) -> None:
        """A defect of ours, or of the database: as a failed poll, or given back not begun."""
        now = self._clock()
        if isinstance(error, StoreError):
            await self._store.give_back(taken.lease, now + SOON, None)
            return
        source = self._plan().sources.get(taken.source)
        due_at = next_poll_at(source.every, now, self._jitter()) if source else now
        said = f"{type(error).__name__}: {error}"
        await self._store.settle_poll(taken, PollFailed(error=said, due_at=due_at))

    async def _visit(self, claimed: ClaimedSource, source: Source) -> Polled | PollFailed:
        try:
            answer = await self._fetcher.get(self._request(claimed, source))
            return await self._answered(claimed, source, answer)
        except MonitorError as error:
            return self._failed(claimed, source, error)

    def _failed(self, claimed: ClaimedSource, source: Source, error: MonitorError) -> PollFailed:
        """Where a source moved to and does not answer any more, the configured address is next."""
        now, moved = self._clock(), claimed.url != source.url
        gone = isinstance(error, Gone) or claimed.failures + 1 >= HOME_AFTER
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
        """Conditional, but for one whole body a day; credentials stay with their own site."""
        trusted = claimed.validated_at and abs(self._clock() - claimed.validated_at) < TRUST
        at_home = claimed.url == source.url or site_of(claimed.url) == site_of(source.url)
        return Request(
            url=claimed.url,
            kind=FetchKind.FEED,
            validators=claimed.validators if trusted else Validators(),
            headers=source.headers if at_home else (),
        )

    async def _answered(
        self, claimed: ClaimedSource, source: Source, answer: Page | Unchanged
    ) -> Polled:
        if isinstance(answer, Unchanged):
            said = answer.validators or claimed.validators
            return self._polled(claimed, source, said, moved_to=answer.moved_to)
        digest = sha256(answer.body).hexdigest()
        feed = None if digest == claimed.body_digest else await self._parse(answer, source, claimed)
        return self._polled(
            claimed,
            source,
            answer.validators,
            feed=feed,
            body_digest=digest,
            moved_to=answer.moved_to,
            size=len(answer.body),
            max_age=answer.max_age,
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
        """With when to come again, and whether the source is silent against its own rhythm."""
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
        """What is small and plain is read where we are: a worker costs more than the work."""
        how: dict[str, Any] = {
            "url": page.url,
            "content_type": page.content_type,
            "zone": zone_or_utc(source.timezone or self._plan().settings.timezone),
            "cache": await self._store.entry_cache(claimed.source) if claimed.body_digest else b"",
        }
        plain = parse_fast(page.body, **how)
        if plain is not None:
            return plain
        return await self._cpu_pool.run(PARSE_LIMIT, parse, page.body, **how)


def entry_sites(feed: Feed, source: Source) -> tuple[str | None, ...]:
    """For each entry the site whose page is to be fetched; None: the feed's own words count.

    A link that several entries of one feed share is no article's page.
    """
    times = Counter(entry.link for entry in feed.entries)
    return tuple(
        site_of(entry.link)
        if source.fetch_articles
        and entry.link
        and times[entry.link] == 1
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
    counts = announced
    return Outcome(
        worker="poll",
        subject=claimed.source,
        result="unchanged" if outcome.feed is None else "polled",
        url=claimed.url,
        size=outcome.size,
        new=counts.new,
        changed=counts.changed,
    )
