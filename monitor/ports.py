"""Protocols at the seams: short, each shaped by its caller.

The first half is what the workers need; `Archive` and `Administration` are what the command line
and the web pages need.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ParamSpec, Protocol, Self, TypeVar

from monitor.contracts import (
    Announced,
    Backlog,
    ClaimedDelivery,
    ClaimedSource,
    Decide,
    Decision,
    NotSent,
    Outcome,
    Polled,
    PollFailed,
    Reading,
    Sent,
    Stale,
    TooLarge,
    Visit,
)
from monitor.model import Message, Page, Request, Silence, SilenceKind, Unchanged
from monitor.queries import (
    ArticleFilter,
    KnownNames,
    KnownTopic,
    Progress,
    RetryResult,
    Row,
    ViewDescription,
)

P = ParamSpec("P")
T = TypeVar("T")

Clock = Callable[[], datetime]  # aware UTC
Jitter = Callable[[], float]  # from -1 to 1


class Fetcher(Protocol):
    """The network."""

    async def get(self, request: Request) -> Page | Unchanged:
        """Fetch a page or feed. Raises FetchError."""


class HostLimiter(Protocol):
    """Sites that must not be sent another request yet."""

    def busy(self) -> frozenset[str]:
        """Return the sites where an article would have to wait."""

    def next_free(self) -> float | None:
        """Return the seconds until the first busy site is free. None: no site is busy."""


class Channel(Protocol):
    """One configured way to send messages."""

    name: str

    async def send(self, message: Message) -> None:
        """Return once the receiver has accepted the message.

        Raises DeliveryError, which says whether a retry makes sense.
        """

    async def close(self) -> None:
        """Close its connections."""


class CpuPool(Protocol):
    """Worker processes for CPU-bound functions over picklable values."""

    async def run(self, limit: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        """Return `work(*args, **kw)`. Raises WorkerError if it was killed for time or memory."""


class Store(Protocol):
    """The database, as workers use it. Raises StoreError.

    Each settlement is one durable transaction, and writes nothing if the lease no longer holds.
    """

    async def take_polls(self, limit: int) -> list[ClaimedSource]:
        """Claim sources that are due to be polled."""

    async def entry_cache(self, source: str) -> bytes:
        """Return the entry cache of a source's last parse (`Feed.entry_cache`); may be empty."""

    async def settle_poll(
        self, claimed: ClaimedSource, outcome: Polled | PollFailed
    ) -> Announced | None:
        """Write the result of a poll. None: the lease was lost."""

    async def take_reads(self, limit: int, busy: Iterable[str], per_site: int) -> list[Visit]:
        """Claim articles that are due to be read, at most `per_site` a site, none of `busy`."""

    async def settle_read(
        self, visit: Visit, reading: Reading | None, decide: Decide
    ) -> Decision | Stale | None:
        """Look up what is known, call `decide` and write its decision, in one transaction.

        Stale: the newest revision is no longer the one that was compared. None: the lease was
        lost.
        """

    async def take_deliveries(self, channel: str, limit: int) -> list[ClaimedDelivery]:
        """Claim messages of a channel that are due to be sent."""

    async def settle_delivery(
        self, delivery: ClaimedDelivery, outcome: Sent | NotSent | TooLarge
    ) -> bool:
        """Write the result of an attempt. False: the lease was lost."""

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        """End the lease of work that failed: it is retried at `due_at`."""

    async def requeue(self, leases: Sequence[str]) -> None:
        """End the leases of interrupted work, which is due now; nothing else is changed."""


class Notifier(Protocol):
    """Wakes workers that may have work."""

    def wake(self, *names: str) -> None:
        """Wake these workers. A call that is lost or repeated does no harm."""


class Worker(Protocol[T]):
    """One kind of work, such as polling sources: claim it, do it, write its result."""

    name: str

    async def take(self, limit: int) -> Sequence[T]:
        """Claim work that is due."""

    async def work(self, taken: T) -> Outcome:
        """Do one piece of work and write its result."""

    async def failed(self, taken: T, error: Exception) -> None:
        """Schedule a retry of work that ended with an unexpected error."""

    async def requeue(self, taken: Sequence[T]) -> None:
        """Return work that was not begun or was interrupted, as if it had not been taken."""

    def pause(self) -> float | None:
        """Return the seconds until more work may be due. None: wait for `wake`."""


# ── the command line and the web pages ───────────────────────────


class ArticleQueries(Protocol):
    """Lists of articles, and everything about one of them. Raises StoreError."""

    def articles(self, wanted: ArticleFilter, limit: int) -> list[Row]:
        """Newest first. With `wanted.silenced`, each has its silenced alerts as `silenced`."""

    def count_articles(self, wanted: ArticleFilter) -> int:
        """At most MOST_ARTICLES_COUNTED + 1."""

    def search(
        self, query: str, wanted: ArticleFilter, limit: int, *, by_relevance: bool = False
    ) -> list[Row]:
        """Full text, newest first, or best first among the newest hits; each with `excerpt`."""

    def count_hits(self, query: str, wanted: ArticleFilter) -> int:
        """At most MOST_HITS_COUNTED + 1."""

    def edits(self, wanted: ArticleFilter, limit: int) -> list[Row]:
        """Revisions after the first, the highest score first."""

    def count_edits(self, wanted: ArticleFilter) -> int:
        """All of them."""

    def texts(self, since: datetime | None) -> Iterator[Row]:
        """The newest text of every article first seen since then, newest article first."""

    def article(self, article_id: int) -> Row | None:
        """The article with its `urls`. None: there is none of that number."""

    def revisions(self, article_id: int) -> list[Row]:
        """In their order, the first one first."""

    def matches(self, article_id: int, revision: int) -> list[Row]:
        """Places in a revision where a topic's rule matched."""

    def alerts(self, article_id: int) -> list[Row]:
        """Alerts of an article, the oldest first."""

    def raw_page(self, article_id: int, revision: int) -> bytes | None:
        """The page as it was fetched. None: it was not kept."""

    def broken_links(self) -> Iterator[tuple[int, int]]:
        """(article, revision) wherever the hash chain does not verify."""


class StatusQueries(Protocol):
    """The state of the daemon, its sources, its outbox and the silences. Raises StoreError."""

    def is_locked(self) -> bool:
        """Whether a daemon or a pass works on this database now."""

    def notes(self) -> dict[str, str]:
        """Values that the daemon recorded, such as `started_at` and `config_error`."""

    def counts(self) -> Row:
        """Numbers of articles, revisions and alerts, and of deliveries by state."""

    def backlog(self, now: datetime) -> Backlog:
        """What is due of each worker's work."""

    def sources(self, limit: int | None = None) -> list[Row]:
        """Configured sources by name, with their health and number of articles."""

    def source_counts(self) -> Row:
        """Number of configured sources, and when the last of them was polled."""

    def troubled_sources(self) -> list[Row]:
        """Configured sources whose last poll failed, or that are quiet."""

    def disabled_channels(self) -> list[Row]:
        """Disabled channels, with the error that disabled them."""

    def deliveries(self, state: str | None, limit: int) -> list[Row]:
        """Newest first; of one state, or (None) of all."""

    def count_deliveries(self, state: str | None) -> int:
        """Of one state, or (None) of all."""

    def silences(self, now: datetime) -> tuple[Silence, ...]:
        """Those in force."""

    def silenced_counts(self) -> dict[int, int]:
        """Number of a silence → how many alerts it silenced; expired silences too."""


class SchemaQueries(Protocol):
    """Names that the database holds, and its tables. Raises StoreError."""

    def known_names(self) -> KnownNames:
        """Also of topics, sources and channels that left the configuration."""

    def known_topics(self) -> list[KnownTopic]:
        """Every topic that was ever configured."""

    def tables(self) -> list[str]:
        """Names of all tables, internal ones included."""

    def views(self) -> list[ViewDescription]:
        """The documented views with the meaning of their columns."""


class Archive(ArticleQueries, StatusQueries, SchemaQueries, Protocol):
    """Read-only access to one database, beside a running daemon. Used as a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Administration(Protocol):
    """What a person changes, beside a running daemon unless noted. Raises StoreError.

    Each method is one short transaction of its own.
    """

    def retry_deliveries(self, ids: Sequence[int] | None, now: datetime) -> RetryResult:
        """Make these deliveries due now, or (None) all dead ones."""

    def add_silence(
        self, kind: SilenceKind, value: str, until: datetime, reason: str, now: datetime
    ) -> int:
        """Return the number of the new silence."""

    def remove_silence(self, number: int) -> bool:
        """Return False if there is no silence of that number."""

    def backup(self, target: Path, *, force: bool, progress: Progress) -> int:
        """Write a checked copy to `target`, whole or not at all; return its size in bytes."""

    def restore(self, copy: Path, *, now: datetime, progress: Progress) -> Path | None:
        """Replace the database by a backup, after it was checked; no daemon may run.

        Return where the old database is kept; None: there was none. Raises Locked.
        """
