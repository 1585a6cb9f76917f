"""The seams: short protocols, each shaped by its caller."""

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
    """The network. Raises FetchError."""

    async def get(self, request: Request) -> Page | Unchanged: ...


class HostLimiter(Protocol):
    """Which sites would make an article wait."""

    def busy(self) -> frozenset[str]: ...

    def next_free(self) -> float | None:
        """Seconds until the first of them is free; None when none is busy."""


class Channel(Protocol):
    """One way to reach people. `send` returns when the other side has accepted the message."""

    name: str

    async def send(self, notice: Message) -> None:
        """Raises DeliveryError, which says whether another try makes sense."""

    async def close(self) -> None: ...


class CpuPool(Protocol):
    """Runs a pure function over picklable values where it cannot hold the loop."""

    async def run(self, limit: timedelta, work: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T:
        """Raises WorkerError when the limit or the memory ran out; the work is then killed."""


class Store(Protocol):
    """Memory: every settlement is one durable transaction. Raises StoreError."""

    async def take_polls(self, limit: int) -> list[ClaimedSource]: ...

    async def listing(self, source: str) -> bytes:
        """What the source's last parse left (`Feed.entry_cache`); empty: nothing."""

    async def settle_poll(
        self, watch: ClaimedSource, outcome: Polled | PollFailed
    ) -> Announced | None:
        """None: the lease no longer held, and nothing was written."""

    async def take_reads(self, limit: int, busy: Iterable[str], per_site: int) -> list[Visit]: ...

    async def settle_read(
        self, visit: Visit, reading: Reading | None, decide: Decide
    ) -> Decision | Stale | None:
        """Recalls, has `decide` judge, and writes what it found. None: lease lost."""

    async def take_deliveries(self, channel: str, limit: int) -> list[ClaimedDelivery]: ...

    async def settle_delivery(
        self, parcel: ClaimedDelivery, outcome: Sent | NotSent | TooLarge
    ) -> bool: ...

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        """Ends a lease without a settlement."""

    async def requeue(self, leases: Sequence[str]) -> None:
        """Ends leases of work that was not finished: due now, and nothing else is changed."""


class Notifier(Protocol):
    """Wakes workers that may have work. A call that is lost or doubled does no harm."""

    def wake(self, *names: str) -> None: ...


class Worker(Protocol[T]):
    """One kind of work: take, work, settle."""

    name: str

    async def take(self, limit: int) -> Sequence[T]: ...

    async def work(self, taken: T) -> Outcome: ...

    async def failed(self, taken: T, error: Exception) -> None:
        """Notes that the work ended with an error nobody expected: it is tried again later."""

    async def requeue(self, taken: Sequence[T]) -> None:
        """Returns work that was not begun or was interrupted, as if it had not been taken."""

    def pause(self) -> float | None:
        """Seconds after which a take may bring more without a ring; None: only a ring does."""


# ── what people ask and do: the command line and the web pages ───────────────────────────


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

    def count_edits(self, wanted: ArticleFilter) -> int: ...

    def texts(self, since: datetime | None) -> Iterator[Row]:
        """The newest text of every article first seen since then, newest article first."""

    def article(self, article_id: int) -> Row | None: ...

    def revisions(self, article_id: int) -> list[Row]:
        """In their order, the first one first."""

    def matches(self, article_id: int, revision: int) -> list[Row]: ...

    def alerts(self, article_id: int) -> list[Row]: ...

    def raw_page(self, article_id: int, revision: int) -> bytes | None:
        """The page as it was fetched. None: it was not kept."""

    def broken_links(self) -> Iterator[tuple[int, int]]:
        """(article, revision) wherever the hash chain does not verify."""


class StatusQueries(Protocol):
    """The state of the daemon, its sources, its outbox and the silences. Raises StoreError."""

    def is_locked(self) -> bool:
        """Whether a daemon or a pass works on this database now."""

    def notes(self) -> dict[str, str]:
        """Values that the daemon recorded: `started_at`, `config_loaded_at`, `config_error`, …"""

    def counts(self) -> Row:
        """Numbers of articles, revisions and alerts, and of deliveries by state."""

    def backlog(self, now: datetime) -> Backlog: ...

    def sources(self, limit: int | None = None) -> list[Row]:
        """Configured sources by name, with their health and number of articles."""

    def source_counts(self) -> Row:
        """Number of configured sources, and when the last of them was polled."""

    def troubled_sources(self) -> list[Row]:
        """Configured sources whose last poll failed, or that are quiet."""

    def disabled_channels(self) -> list[Row]: ...

    def deliveries(self, state: str | None, limit: int) -> list[Row]:
        """Newest first; of one state, or (None) of all."""

    def count_deliveries(self, state: str | None) -> int: ...

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

    def views(self) -> list[ViewDescription]: ...


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
