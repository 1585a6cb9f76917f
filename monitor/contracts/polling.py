"""What a poll claims, and what it settles."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Feed, Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRate:
    """How often a source publishes, and how often it is polled."""

    interval: timedelta | None = None  # the last one; None: as configured
    gap: timedelta | None = None  # between its entries, in the median
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedSource:
    """A source that is due, and what is stored of it."""

    source: str
    url: str  # to fetch: where the source moved to, or as configured
    lease: str
    validators: Validators = Validators()
    body_digest: str | None = None
    validated_at: datetime | None = None  # the last response that was a whole body
    failures: int = 0
    last_polled_at: datetime | None = None  # None: no poll has listed an entry yet
    moved_to: str | None = None  # where a permanent redirect led last time
    publish_rate: PublishRate = PublishRate()
    answered_at: datetime | None = None  # the last poll that did not fail, or its first day
    trouble: str | None = None  # what the operator was last warned of; None while all is well


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A poll that succeeded. `feed` is None when nothing changed."""

    validators: Validators
    feed: Feed | None = None
    body_digest: str | None = None
    moved_to: str | None = None
    sites: tuple[str | None, ...] = ()  # one for each entry: whose rate limit its page falls under
    publish_rate: PublishRate = PublishRate()
    trouble: str | None = None  # a warning in spite of success: the source publishes nothing
    operator_channels: tuple[
        str, ...
    ] = ()  # channels that are warned, and notified when the trouble ends
    size: int = 0  # of the body, bytes
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFailed:
    """A failed poll. `due_at` None disables the source until someone acts."""

    error: str
    forget_move: bool = False  # where it moved to fails: poll the configured address again
    trouble: str | None = None  # a warning: it has failed for long, or is no feed any more
    operator_channels: tuple[str, ...] = ()  # channels that are warned
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a settled poll brought: entries that are new, and changed ones to be read again."""

    new: int = 0
    changed: int = 0
    listed: bool = False  # the feed lists an entry at all
    gap: bool = False  # nothing that was listed last time is listed now: some may be missed
    restamps: int = 0  # polls in a row that moved the dates of every entry
