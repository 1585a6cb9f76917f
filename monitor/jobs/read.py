"""Read worker: fetches an article's page, processes it and stores what changed.

Whether it is new, revised or a copy is decided by `core.revisions` within the store's transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from monitor.contracts import Decide, Decision, Outcome, Reading, Stale, Visit
from monitor.core import revisions
from monitor.core.alerts import Policy
from monitor.core.polling import DAY, next_read_at, page_retry_at
from monitor.core.process_article import ReadJob, matching_silences, process_article
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

READ_LIMIT = timedelta(seconds=10)  # processor time for one article
SHORT = 20_000  # characters; processing fewer costs less than sending them to the CPU pool
STORE_RETRY = timedelta(seconds=10)  # after a database error
MAX_RACES = 5  # attempts to settle while other visits keep storing newer revisions

Fetched = Page | Unchanged | FetchError | None  # None: the article has only the feed's text


class ReadWorker:
    """Reads articles. Implements ports.Worker."""

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
        """Claim up to `limit` articles that are due, of sites that accept a request now."""
        network = self._plan().settings.network
        per_site = 1 if network.host_delay else network.host_connections
        return await self._store.take_reads(limit, self._limiter.busy(), per_site)

    def pause(self) -> float | None:
        """Return the seconds until the first busy site is free; None: none is busy."""
        return self._limiter.next_free()

    async def work(self, visit: Visit) -> Outcome:
        """Read one article and store the result."""
        if visit.source not in self._plan().sources:  # a reload is removing or renaming it
            await self._store.give_back(visit.lease, self._clock() + STORE_RETRY, None)
            return Outcome(worker="read", subject=visit.source, result="late", url=visit.url)
        fetched = await self._fetch(visit)
        reading: Reading | None = None
        decision: Decision | Stale | None
        if (decide := await self._without_page(visit, fetched)) is not None:
            decision = await self._store.settle_read(visit, None, decide)
        else:
            decision, reading = await self._process_and_settle(visit, self._job(visit, fetched))
        if isinstance(decision, Decision) and decision.messages:
            self._notifier.wake(*(f"send {message.channel}" for message in decision.messages))
        if visit.site is not None:
            self._notifier.wake("read")  # the site's slot is free again
        return _outcome(visit, fetched, decision, reading)

    async def requeue(self, taken: Sequence[Visit]) -> None:
        """Release claimed articles unread; they are due now."""
        await self._store.requeue([each.lease for each in taken])

    async def failed(self, taken: Visit, error: Exception) -> None:
        """Schedule a retry: after a database error soon, after an unexpected error later.

        A first read backs off with each attempt; a later read is retried after a day.
        """
        if isinstance(error, StoreError):
            await self._store.give_back(taken.lease, self._clock() + STORE_RETRY, None)
            return
        now, is_first = self._clock(), taken.entry_id is not None
        due_at = page_retry_at(taken.attempts + 1, None, now) if is_first else None
        message = f"{type(error).__name__}: {error}"
        await self._store.give_back(taken.lease, due_at or now + DAY, message)

    # work

    async def _fetch(self, visit: Visit) -> Fetched:
        """Fetch the page, conditionally unless all that is stored is the feed's summary."""
        if visit.url is None or visit.site is None:
            return None
        validators = Validators() if visit.partial else visit.validators
        try:
            return await self._fetcher.get(
                Request(url=visit.url, kind=FetchKind.ARTICLE, validators=validators)
            )
        except FetchError as error:
            return error

    def _job(self, visit: Visit, fetched: Fetched) -> ReadJob:
        plan = self._plan()
        source = plan.sources.get(visit.source)
        return ReadJob(
            source=visit.source,
            timezone=(source and source.timezone) or plan.settings.timezone,
            language=source.language if source else None,
            rules=plan.rules,
            least=plan.least,
            breaking=plan.breaking,
            silences=tuple(
                (str(s.id), s.value) for s in visit.silences if s.kind is SilenceKind.QUERY
            ),
            now=self._clock(),
            site=visit.site,
            entry=visit.entry,
            page=fetched if isinstance(fetched, Page) else None,
            problem=str(fetched) if isinstance(fetched, FetchError) else None,
            retry_after=fetched.retry_after if isinstance(fetched, FetchError) else None,
            final=isinstance(fetched, FetchError) and fetched.permanent,
            gone=isinstance(fetched, Gone),
            newest=visit.newest,
            archive=plan.settings.archive,
        )

    async def _read(self, job: ReadJob) -> Reading:
        """Process the article: a page or long text in the CPU pool, short text here.

        If the CPU pool gives up, the beginning of the feed's text takes the place of the page.
        """
        if job.page is None and _is_short(job):
            return process_article(job)
        try:
            return await self._cpu_pool.run(READ_LIMIT, process_article, job)
        except WorkerError as error:
            short = replace(job, page=None, entry=truncate_texts(job.entry), problem=str(error))
            return process_article(replace(short, newest=None))

    # settle

    async def _process_and_settle(
        self, visit: Visit, job: ReadJob
    ) -> tuple[Decision | None, Reading]:
        for _ in range(MAX_RACES):
            reading = await self._read(job)
            decide = partial(revisions.decide, visit, reading, self._policy(visit, reading))
            decision = await self._store.settle_read(visit, reading, decide)
            if not isinstance(decision, Stale):
                return decision, reading
            job = replace(job, newest=decision.newest)
        raise StoreError(f"{visit.url}: was revised concurrently {MAX_RACES} times; retried later")

    async def _without_page(self, visit: Visit, fetched: Fetched) -> Decide | None:
        """Return the decision on a visit that found no text to process; None: it found some."""
        policy = self._policy(visit)
        if isinstance(fetched, Gone) and visit.entry_id is None and not visit.partial:
            silenced = await self._silences(visit, fetched)
            return partial(revisions.decide_gone, visit, silenced, policy)
        if isinstance(fetched, Unchanged):
            return partial(revisions.decide_unchanged, visit, policy)
        if visit.entry_id is not None or isinstance(fetched, Page):
            return None
        wait = fetched.retry_after if isinstance(fetched, FetchError) else None
        due_at = page_retry_at(1, wait, self._clock())
        if visit.partial and visit.first_seen_at:  # never fetched: not every few minutes
            due_at = next_read_at(visit.first_seen_at, visit.matched, self._clock())
        return partial(revisions.decide_unreachable, visit, due_at, policy)

    async def _silences(self, visit: Visit, fetched: Fetched) -> frozenset[int]:
        """Ids of the silences whose query matches the newest stored revision."""
        job = self._job(visit, fetched)
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
    """Whether processing it here costs less than sending it to the CPU pool."""
    entry = job.entry
    characters = sum(map(len, (*entry.content, entry.summary or ""))) if entry else 0
    return characters < SHORT and (job.newest is None or len(job.newest.text) < SHORT)


def truncate_texts(entry: Entry | None) -> Entry | None:
    """Cut the entry's texts to SHORT characters; only the first content is kept."""
    if entry is None:
        return None
    content = tuple(text[:SHORT] for text in entry.content[:1])
    return replace(entry, content=content, summary=(entry.summary or "")[:SHORT] or None)


def _outcome(
    visit: Visit, fetched: Fetched, decision: Decision | Stale | None, reading: Reading | None
) -> Outcome:
    found = decision if isinstance(decision, Decision) else None
    revision = found.revision if found else None
    return Outcome(
        worker="read",
        subject=visit.source,
        result=found.verdict.value if found else "late",
        error=str(fetched) if isinstance(fetched, FetchError) else None,
        url=visit.url,
        alerts=sum(alert.silence is None for alert in found.alerts) if found else 0,
        title=revision.title if revision else None,
        size=len(fetched.body) if isinstance(fetched, Page) else 0,
        change=revision.change.value if revision else None,
        matches=len(reading.hits) if reading and revision else 0,
        lag=_lag(visit, revision, reading),
    )


def _lag(visit: Visit, revision: Revision | None, reading: Reading | None) -> timedelta | None:
    """Time from the publication of a new article until it was stored.

    None if it was published before its source was watched, or the time of day is unknown.
    """
    published = reading.article.published if reading else None
    if revision is None or revision.number > 1 or visit.first_sight or not published:
        return None
    return revision.seen_at - published.at if published.exact else None
