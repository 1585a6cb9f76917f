"""What is logged and measured of the workers and their queues."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much work is due, waiting or dead."""

    sources_due: int = 0
    reads_due: int = 0
    deliveries_due: int = 0
    deliveries_waiting: int = 0  # to be tried again later
    deliveries_dead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Backlog, waits and health, for monitoring; the keys are names of workers."""

    due: Mapping[str, int]
    waited: Mapping[str, timedelta]  # by the oldest piece of due work
    deliveries: Mapping[str, int]  # by state
    sources: Mapping[str, int]  # well, failing


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one piece of work ended; logged and counted once, at the edge."""

    worker: str
    subject: str  # the source, or the channel
    result: str  # polled, unchanged, failed, new, revised, same, sent, …
    error: str | None = None
    url: str | None = None
    new: int = 0
    changed: int = 0
    alerts: int = 0
    title: str | None = None
    seconds: float | None = None  # from the claim until it was settled
    size: int = 0  # of the body that came, bytes
    change: str | None = None  # the kind of the revision that was stored
    matches: int = 0  # of the topics' rules in that revision
    lag: timedelta | None = None  # from publication to the database (read), or to the reader (send)
