"""The seams: short protocols, each shaped by its caller."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ParamSpec, Protocol, TypeVar

from monitor.contracts import (
    Announced,
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
from monitor.model import Message, Page, Request, Unchanged

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
        """What the source's last parse left (`Feed.known`); empty: nothing."""

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
