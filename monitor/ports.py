"""The seams: short protocols, each shaped by its caller."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ParamSpec, Protocol, TypeVar

from monitor.model import Notice, Page, Request, Unchanged

P = ParamSpec("P")
T = TypeVar("T")

Clock = Callable[[], datetime]  # aware UTC


class Fetcher(Protocol):
    """The network. Raises FetchError."""

    async def get(self, request: Request) -> Page | Unchanged: ...


class Channel(Protocol):
    """One way to reach people. `send` returns when the other side has accepted the message."""

    name: str

    async def send(self, notice: Notice) -> None:
        """Raises DeliveryError, which says whether another try makes sense."""

    async def close(self) -> None: ...


class Workbench(Protocol):
    """Runs a pure function over picklable values where it cannot hold the loop."""

    async def run(
        self, limit: timedelta, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Raises WorkerError when the limit or the memory ran out; the work is then killed."""
