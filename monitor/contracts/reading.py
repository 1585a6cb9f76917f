"""What a read claims, and what the page gave before the store is asked what it knows."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.contracts.known import KnownRevision
from monitor.model import (
    Article,
    ArticleId,
    Change,
    Entry,
    EntryId,
    Fingerprint,
    Hit,
    Silence,
    Validators,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One article to read: announced by a feed (`entry_id`), or due to be read again."""

    lease: str
    source: str
    entry_id: EntryId | None = None
    entry: Entry | None = None
    first_sight: bool = False  # announced by the source's first poll
    article_id: ArticleId | None = None
    url: str | None = None
    site: str | None = None
    attempts: int = 0
    first_seen_at: datetime | None = None  # of the article, when it is known
    matched: bool = False  # whether the known article ever matched a topic
    gone: int = 0  # how often in a row the page was 404 or 410
    gone_since: datetime | None = None
    retracted: bool = False
    partial: bool = False  # all that is stored of it is the feed's summary
    validators: Validators = Validators()
    newest: KnownRevision | None = None
    silences: tuple[Silence, ...] = ()  # in force when it was claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address an article was seen under, and the key that is equal for the same page."""

    url: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs from one known revision. `change` None: both read the same."""

    article_id: ArticleId
    number: int
    change: Change | None
    shrunk: bool = False  # emptied or behind a paywall: no edit
    topics_before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything that one visit found, before it is compared with what is stored."""

    source: str
    guid: str | None
    article: Article
    fingerprint: Fingerprint
    site: str | None = None  # whose rate limit its page falls under
    addresses: tuple[Address, ...] = ()
    hits: tuple[Hit, ...] = ()
    below: frozenset[str] = frozenset()  # topics that match, but not at the level they ask for
    breaking: frozenset[str] = frozenset()  # topics for which it is breaking news
    silenced: frozenset[int] = frozenset()  # silences whose query matched it
    partial: str | None = None  # made from the feed's own words: why the page could not be had
    retry_after: timedelta | None = None  # what the site asked for, when it could not
    final: bool = False  # another request is of no use
    gone: bool = False  # the page answered 404 or 410
    comparison: Comparison | None = None
    validators: Validators = Validators()
    body_sha256: str | None = None
    fetched_from: str | None = None
    raw: bytes | None = field(default=None, repr=False)  # the page to archive, zlib-compressed
