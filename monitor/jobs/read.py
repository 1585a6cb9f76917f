"""Read worker: visits an article and has the store decide what happened to it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from monitor.contracts import Decide, Decision, Outcome, Reading, Stale, Visit
from monitor.core.alerts import Policy
from monitor.core.polling import DAY, next_read_at, page_retry_at
from monitor.core.process_article import ReadJob, matching_silences, process_article
from monitor.core.revisions import decide, gone, unchanged, untouched
from monitor.errors import FetchError, Gone, StoreError, WorkerError
from monitor.model import (
    Entry,
    FetchKind,
    Page,
    Request,
    Revision,
    SilenceKind,
    Unchanged,
    Validators,
)
from monitor.ports import Clock, CpuPool, Fetcher, HostLimiter, Notifier, Store
from monitor.settings import Plan

READ_LIMIT = timedelta(seconds=10)
SHORT = 20_000  # characters that are read in no time
SOON = timedelta(seconds=10)  # after the database said no
RACES = 5  # how often another visit may have been faster before we give the article back

Seen = Page | Unchanged | FetchError | None  # None: the feed's own words are all there is


class ReadWorker:
    name = "read"

    def __init__(
        self,
        *,
        store: Store,
        fetcher: Fetcher,
        limiter: HostLimiter,
        cpu_pool: CpuPool,
        notifier: Notifier,
        clock: Clock,
        plan: Callable[[], Plan],
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._limiter = limiter
        self._cpu_pool = cpu_pool
        self._notifier = notifier
        self._clock = clock
        self._plan = plan

    async def take(self, limit: int) -> list[Visit]:
        network = self._plan().settings.network
        per_site = 1 if network.host_delay else network.host_connections
        return await self._store.take_reads(limit, self._limiter.busy(), per_site)

    def pause(self) -> float | None:
        return self._limiter.next_free()

    async def work(self, visit: Visit) -> Outcome:
        if visit.source not in self._plan().sources:  # it is leaving, or being renamed
            await self._store.give_back(visit.lease, self._clock() + SOON, None)
            return Outcome(worker="read", subject=visit.source, result="late", url=visit.url)
        seen = await self._fetch(visit)
        reading: Reading | None = None
        decision: Decision | Stale | None
        if (judge := await self._without_page(visit, seen)) is not None:
            decision = await self._store.settle_read(visit, None, judge)
        else:
            decision, reading = await self._read_and_settle(visit, self._job(visit, seen))
        if isinstance(decision, Decision) and decision.messages:
            self._notifier.wake(*(f"send {message.channel}" for message in decision.messages))
        if visit.site is not None:
            self._notifier.wake("read")  # its site is free for another
        return _outcome(visit, seen, decision, reading)

    async def requeue(self, taken: Sequence[Visit]) -> None:
        await self._store.requeue([each.lease for each in taken])

    async def failed(self, taken: Visit, error: Exception) -> None:
        """A defect of ours, or of the database: another try, later each time; of a page that was
        read before, tomorrow."""
        if isinstance(error, StoreError):
            await self._store.give_back(taken.lease, self._clock() + SOON, None)
            return
        now, is_first = self._clock(), taken.entry_id is not None
        due_at = page_retry_at(taken.attempts + 1, None, now) if is_first else None
        said = f"{type(error).__name__}: {error}"
        await self._store.give_back(taken.lease, due_at or now + DAY, said)

    # work

    async def _fetch(self, visit: Visit) -> Seen:
        """Fetch the page; conditionally, where it was read whole before."""
        if visit.url is None or visit.site is None:
            return None
        validators = Validators() if visit.partial else visit.validators
        try:
            return await self._fetcher.get(
                Request(url=visit.url, kind=FetchKind.ARTICLE, validators=validators)
            )
        except FetchError as error:
            return error

    def _job(self, visit: Visit, seen: Seen) -> ReadJob:
        plan = self._plan()
        source = plan.sources.get(visit.source)
        return ReadJob(
            source=visit.source,
            timezone=(source and source.timezone) or plan.settings.timezone,
            language=source.language if source else None,
            rules=plan.rules,
            breaking=plan.breaking,
            silences=tuple(
                (str(s.id), s.value) for s in visit.silences if s.kind is SilenceKind.QUERY
            ),
            now=self._clock(),
            site=visit.site,
            entry=visit.entry,
            page=seen if isinstance(seen, Page) else None,
            problem=str(seen) if isinstance(seen, FetchError) else None,
            retry_after=seen.retry_after if isinstance(seen, FetchError) else None,
            final=isinstance(seen, FetchError) and seen.permanent,
            gone=isinstance(seen, Gone),
            newest=visit.newest,
            archive=plan.settings.archive,
        )

    async def _read(self, job: ReadJob) -> Reading:
        """In a worker; a feed's own words are read at once when they are short."""
        if job.page is None and _is_short(job):
            return process_article(job)
        try:
            return await self._cpu_pool.run(READ_LIMIT, process_article, job)
        except WorkerError as error:
            short = replace(job, page=None, entry=cut_short(job.entry), problem=str(error))
            return process_article(replace(short, newest=None))

    # settle

    async def _read_and_settle(self, visit: Visit, job: ReadJob) -> tuple[Decision | None, Reading]:
        for _ in range(RACES):
            reading = await self._read(job)
            judge = partial(decide, visit, reading, self._policy(visit, reading))
            decision = await self._store.settle_read(visit, reading, judge)
            if not isinstance(decision, Stale):
                return decision, reading
            job = replace(job, newest=decision.newest)
        raise StoreError(f"{visit.url}: changed under our hands {RACES} times; tried again later")

    async def _without_page(self, visit: Visit, seen: Seen) -> Decide | None:
        """What a visit means that brought no page; None: it brought one, or the feed's words."""
        policy = self._policy(visit)
        if isinstance(seen, Gone) and visit.entry_id is None and not visit.partial:
            return partial(gone, visit, await self._silences(visit, seen), policy)
        if isinstance(seen, Unchanged):
            return partial(unchanged, visit, policy)
        if visit.entry_id is not None or isinstance(seen, Page):
            return None
        wait = seen.retry_after if isinstance(seen, FetchError) else None
        again = page_retry_at(1, wait, self._clock())
        if visit.partial and visit.first_seen_at:  # it was never had: not every few minutes
            again = next_read_at(visit.first_seen_at, visit.matched, self._clock())
        return partial(untouched, visit, again, policy)

    async def _silences(self, visit: Visit, seen: Seen) -> frozenset[int]:
        """The silences whose query finds what was stored last."""
        job = self._job(visit, seen)
        if not job.silences:
            return frozenset()
        return await self._cpu_pool.run(READ_LIMIT, matching_silences, job)

    def _policy(self, visit: Visit, reading: Reading | None = None) -> Policy:
        plan, article = self._plan(), reading.article if reading else None
        first_sight = visit.first_sight and (visit.article_id is None or visit.partial)
        return Policy(
            topics=plan.settings.topics,
            channels=plan.channels,
            now=self._clock(),
            first_alert_age=plan.settings.poll.first_alert_age,
            first_sight=first_sight,
            undated=first_sight and not (article and (article.published or article.updated)),
            paces=plan.paces,
        )


def _is_short(job: ReadJob) -> bool:
    """Whether reading it costs less than handing it to a worker."""
    entry = job.entry
    letters = sum(map(len, (*entry.content, entry.summary or ""))) if entry else 0
    return letters < SHORT and (job.newest is None or len(job.newest.text) < SHORT)


def cut_short(entry: Entry | None) -> Entry | None:
    """The entry with the first words of its texts only."""
    if entry is None:
        return None
    content = tuple(text[:SHORT] for text in entry.content[:1])
    return replace(entry, content=content, summary=(entry.summary or "")[:SHORT] or None)


def _outcome(
    visit: Visit, seen: Seen, decision: Decision | Stale | None, reading: Reading | None
) -> Outcome:
    found = decision if isinstance(decision, Decision) else None
    revision = found.revision if found else None
    return Outcome(
        worker="read",
        subject=visit.source,
        result=found.verdict.value if found else "late",
        error=str(seen) if isinstance(seen, FetchError) else None,
        url=visit.url,
        alerts=sum(alert.silence is None for alert in found.alerts) if found else 0,
        title=revision.title if revision else None,
        size=len(seen.body) if isinstance(seen, Page) else 0,
        change=revision.change.value if revision else None,
        matches=len(reading.hits) if reading and revision else 0,
        lag=_lag(visit, revision, reading),
    )


def _lag(visit: Visit, revision: Revision | None, reading: Reading | None) -> timedelta | None:
    """From the publication of a new article until it is stored; None for what was there before
    its source was watched, and where the hour is not known."""
    published = reading.article.published if reading else None
    if revision is None or revision.number > 1 or visit.first_sight or not published:
        return None
    return revision.seen_at - published.at if published.exact else None
