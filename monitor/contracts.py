"""What passes between a worker and the store: claimed work, what a visit found, what to write.

Every taken value carries its `lease`; settling with a lease that no longer holds writes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.model import (
    Article,
    ArticleId,
    Change,
    DeliveryId,
    Entry,
    EntryId,
    Feed,
    Fingerprint,
    Hit,
    Message,
    Reason,
    Revision,
    Silence,
    Validators,
)

# ── polling ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRate:
    """How a source uses to publish, and how often it is asked."""

    interval: timedelta | None = None  # the last one; None: as configured
    gap: timedelta | None = None  # between its entries, in the median
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedSource:
    """A source and what we remember of it."""

    source: str
    url: str  # to ask: where the source moved to, or as configured
    lease: str
    validators: Validators = Validators()
    body_digest: str | None = None
    validated_at: datetime | None = None  # the last answer that was a whole body
    failures: int = 0
    last_polled_at: datetime | None = None  # None: no poll has listed an entry yet
    moved_to: str | None = None  # where a permanent redirect led last time
    beat: PublishRate = PublishRate()
    answered_at: datetime | None = None  # the last poll that did not fail, or its first day
    trouble: str | None = None  # what the operator was told; None while all is well


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A poll that was answered. `feed` is None when nothing changed."""

    validators: Validators
    feed: Feed | None = None
    body_digest: str | None = None
    moved_to: str | None = None
    sites: tuple[str | None, ...] = ()  # one for each entry: whose turn its page needs
    beat: PublishRate = PublishRate()
    trouble: str | None = None  # answered, and still not well: it is silent
    tell: tuple[str, ...] = ()  # channels that hear of trouble, and of its end
    size: int = 0  # of the body, bytes
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFailed:
    """A poll that was not. `due_at` None: this source stops until somebody acts."""

    error: str
    back_home: bool = False  # where it moved to does not answer: ask as configured again
    trouble: str | None = None  # it fails for long, or is no feed any more
    tell: tuple[str, ...] = ()
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """How many entries of a poll were new, and how many are visited again because they changed."""

    new: int = 0
    changed: int = 0
    listed: bool = False  # the feed lists an entry at all
    gap: bool = False  # nothing that was listed last time is listed now: some may be missed
    restamps: int = 0  # polls in a row that moved the stamps of every entry


# ── reading ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRevision:
    """The newest state of an article that we know."""

    article_id: ArticleId
    number: int
    title: str
    text: str = field(repr=False)
    digest: str
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str | None = None


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
    partial: bool = False  # all we have of it is the feed's summary
    validators: Validators = Validators()
    newest: KnownRevision | None = None
    silences: tuple[Silence, ...] = ()  # in force when it was taken


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
    """All that one visit taught us, before we ask memory."""

    source: str
    guid: str | None
    article: Article
    fingerprint: Fingerprint
    site: str | None = None  # whose turn its page needs
    addresses: tuple[Address, ...] = ()
    hits: tuple[Hit, ...] = ()
    breaking: frozenset[str] = frozenset()  # topics for which it is breaking news
    silenced: frozenset[int] = frozenset()  # silences whose query found it
    partial: str | None = None  # made from the feed's own words: why the page could not be had
    retry_after: timedelta | None = None  # what the site asked for, when it could not
    final: bool = False  # asking again is of no use
    gone: bool = False  # the page answered 404 or 410
    comparison: Comparison | None = None
    validators: Validators = Validators()
    body_sha256: str | None = None
    fetched_from: str | None = None
    raw: bytes | None = field(default=None, repr=False)  # the page, zlib-compressed, to be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """What memory holds of one article."""

    id: ArticleId
    source: str
    guid: str | None
    title: str
    story_id: int
    partial: bool
    retracted: bool
    newest: KnownRevision
    url: str | None = None
    keys: frozenset[str] = frozenset()  # of its addresses; only where the reading has none of them
    published_at: datetime | None = None
    sketch: tuple[int, ...] = ()
    words: int = 0
    digests: frozenset[str] = frozenset()  # of every revision
    returns: int = 0  # revisions of the last 7 days that repeat an earlier one
    returned_to: str | None = None  # digest of the earlier text seen last, where none was stored
    told: frozenset[str] = frozenset()  # topics with an alert that was not silenced
    silenced: frozenset[str] = frozenset()  # topics with silenced alerts only
    retraction_told: frozenset[str] = frozenset()  # topics whose `retracted` was not silenced


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStory:
    """An article elsewhere whose sketch meets ours."""

    article_id: ArticleId
    story_id: int
    source: str
    url: str | None
    sketch: tuple[int, ...]
    words: int
    told: Mapping[str, int]  # topic → how many sources had the story at its last unsilenced alert
    sources: frozenset[str]  # that have the story


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The slice of memory needed to judge one reading."""

    by_guid: KnownArticle | None = None
    by_address: tuple[KnownArticle, ...] = ()
    by_text: tuple[KnownArticle, ...] = ()  # equal title and text, or look-alikes of one site
    listed: frozenset[ArticleId] = frozenset()  # of these, those whose own entry is listed still
    look_alikes: tuple[KnownStory, ...] = ()
    recent: Mapping[tuple[str, str], int] = field(default_factory=dict)
    # (channel, topic) → messages about one article within the last hour
    held: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    # (channel, group) → until when its last message collected
    updates: Mapping[tuple[str, ArticleId], tuple[datetime, ...]] = field(default_factory=dict)
    # (channel, article) → when its messages that tell of an update were made, of the last day


class Verdict(StrEnum):
    NEW = "new"
    SAME = "same"
    REVISED = "revised"
    COPY = "copy"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """The reading was not compared with this revision yet: compare, then settle again."""

    newest: KnownRevision


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAlert:
    """An alert to raise."""

    topic: str
    reason: Reason
    sources: int | None = None  # how many have the story, where the alert says so (new, spread)
    silence: Silence | None = None  # the alert is stored and sent to nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message to one channel that carries some of the finding's alerts.

    With `hold_until` it joins the open message of its channel and `group`, or opens one that
    collects until then. One with a `note`, which a message says before its articles, puts the
    message that it joins off until then.
    """

    channel: str
    alerts: tuple[PendingAlert, ...]
    hold_until: datetime | None = None
    group: str = ""
    note: str = ""
    absorbs: str | None = None  # the group whose open message becomes part of this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """All that one transaction must write about one article."""

    verdict: Verdict
    article_id: ArticleId | None = None  # None: a new one
    story_id: int | None = None  # None: a story of its own
    revision: Revision | None = None
    keeps_row: bool = False  # what was read does not go into the article's row
    returned_to: str | None = None  # digest of an earlier text that is there again, not stored
    counts_return: bool = False  # it was another text at the last visit
    change: Change | None = None
    alerts: tuple[PendingAlert, ...] = ()
    owed: tuple[OutgoingMessage, ...] = ()
    entry_due_at: datetime | None = None  # when the page is tried again
    article_due_at: datetime | None = None  # when the article is read again
    gone: int | None = 0  # how often in a row its page was not there; None: as often as before


Decide = Callable[[Known], Decision | Stale]


# ── sending ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that was taken."""

    id: DeliveryId
    lease: str
    channel: str
    attempts: int
    notice: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """`due_at` None: given up, the delivery is dead."""

    error: str
    due_at: datetime | None
    served: tuple[str, ...] = ()  # recipients that accepted it in this attempt
    disable_channel: bool = False
    tell: tuple[str, ...] = ()  # channels through which the operator hears of it, once
    trouble: str = ""  # what he is told


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """A digest that the other side finds too large: it is split in two."""

    error: str
    served: tuple[str, ...] = ()  # recipients that took the whole of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits, and for how long."""

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


# ── what is logged and counted of a worker's work ──────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one piece of work ended: logged and counted once, at the edge."""

    desk: str
    subject: str  # the source, or the channel
    result: str  # polled, unchanged, failed, new, revised, same, sent, …
    error: str | None = None
    url: str | None = None
    new: int = 0
    changed: int = 0
    alerts: int = 0
    title: str | None = None
    seconds: float | None = None  # from its beginning until it was settled
    size: int = 0  # of the body that came, bytes
    change: str | None = None  # the kind of the revision that was stored
    matches: int = 0  # places in it where a rule found something
    lag: timedelta | None = None  # from publication to memory (read), or from there to its reader
