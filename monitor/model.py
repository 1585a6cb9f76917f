"""The nouns. Frozen values; an instant is aware UTC, a length of time is a timedelta.

The chain to remember:
Watch → Page → Entry → Page → Article → Reading → (Known) → Finding → Alert → Delivery.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, NewType

ArticleId = NewType("ArticleId", int)
EntryId = NewType("EntryId", int)
AlertId = NewType("AlertId", int)
DeliveryId = NewType("DeliveryId", int)


def utc_text(at: datetime) -> str:
    """An instant as every surface of the product shows it: `2019-09-11T14:45:00Z`."""
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def utc_instant(text: str) -> datetime:
    """The instant behind a stored text, with or without milliseconds."""
    return datetime.fromisoformat(text).astimezone(UTC)


# ── what the network gave ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server wants to hear again to answer 304 (RFC 9110, section 13)."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


class FetchKind(StrEnum):
    """Why we ask a site: articles wait for their turn and for robots.txt, feeds do not."""

    FEED = "feed"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing to fetch."""

    url: str
    errand: FetchKind
    validators: Validators = Validators()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A 200 answer, whole and decompressed."""

    url: str  # after redirects
    hops: tuple[str, ...] = ()  # every address on the way, the first one first; without `url`
    moved_to: str | None = None  # where permanent redirects alone (301, 308) led, if they did
    body: bytes = field(repr=False)
    content_type: str | None = None  # the header as sent
    validators: Validators = Validators()
    max_age: int | None = None  # Cache-Control, seconds
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A 304 answer."""

    url: str
    moved_to: str | None = None
    validators: Validators = Validators()
    fetched_at: datetime


# ── what a feed says ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says about one article. Texts are as the feed gave them: HTML, unsanitised."""

    key: str  # its identity within the source: guid, else link, else a hash of what it says
    id: str | None = None  # guid (RSS), id (Atom, JSON Feed)
    link: str | None = None  # absolute
    title: str | None = None
    published: datetime | None = None
    updated: datetime | None = None  # only if the feed itself says it
    authors: tuple[str, ...] = ()
    summary: str | None = None
    content: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[str, ...] = ()
    language: str | None = None
    digest: str = ""  # of all the above that a reader sees: a change makes another visit due
    text_digest: str = ""  # likewise, without `published` and `updated`


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedEntries:
    """The entries that are byte for byte as at the last parse: listed, and not read again."""

    keys: tuple[str, ...] = ()
    stamps: frozenset[datetime] = frozenset()  # when they were published
    links: frozenset[str] = frozenset()  # of the entries that were read, which these have too


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A parsed feed."""

    format: str  # rss20, atom10, json11, …
    title: str | None = None
    link: str | None = None
    language: str | None = None
    updated: datetime | None = None
    ttl: int | None = None  # minutes
    sy_period: str | None = None
    self_url: str | None = None
    hubs: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    skipped: tuple[str, ...] = ()  # why some entries were left out, a line each
    kept: UnchangedEntries = UnchangedEntries()
    known: bytes = field(default=b"", repr=False)  # for the next parse of this source
    lane: str = ""  # who read it: fast, feedparser or json


# ── what a page says ─────────────────────────────────────────────────────────────────────


class Origin(StrEnum):
    """Where an instant came from, the most trusted first."""

    JSON_LD = "json-ld"
    META = "meta"
    TIME_TAG = "time"
    VISIBLE = "visible"
    FEED = "feed"
    URL = "url"
    LAST_MODIFIED = "last-modified"
    SEEN = "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """An instant and where it came from.

    Where only the day is known, `day` is set and `at` is that day's first instant in the
    source's zone.
    """

    at: datetime
    origin: Origin
    day: date | None = None

    @property
    def exact(self) -> bool:
        return self.day is None

    def text(self) -> str:
        return self.day.isoformat() if self.day else utc_text(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCandidate:
    """A stamp that was found, and why it won or lost; `show` prints these."""

    field: str  # published | updated
    origin: Origin
    raw: str  # as it stands in the page
    dated: Dated | None  # None: it could not be read
    verdict: str  # "chosen", or why not


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a page (or, for a partial one, the feed) says."""

    url: str | None  # canonical
    title: str
    authors: tuple[str, ...] = ()
    text: str = ""  # paragraphs, separated by an empty line
    tags: tuple[str, ...] = ()
    language: str | None = None  # BCP 47, as declared or detected
    published: Dated | None = None
    updated: Dated | None = None
    dates: tuple[DateCandidate, ...] = ()
    no_article: str | None = None  # why this page is none (a section front, an error page, …)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """`digest` is equal for texts that read the same; `sketch` is close for close texts."""

    digest: str
    sketch: tuple[int, ...] = ()
    words: int = 0


class Place(StrEnum):
    TITLE = "title"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A topic's rule found something.

    `start` and `end` are character offsets in the title or the text; `excerpt` is the exact
    slice around them that begins at offset `excerpt_at`.
    """

    topic: str
    place: Place
    start: int
    end: int
    excerpt: str
    excerpt_at: int
    weight: float = 1.0

    @property
    def mark(self) -> tuple[int, int]:
        """Where in the excerpt the words stand."""
        return self.start - self.excerpt_at, self.end - self.excerpt_at


# ── what changed ─────────────────────────────────────────────────────────────────────────


class ChangeKind(StrEnum):
    FIRST = "first"
    COSMETIC = "cosmetic"
    MATERIAL = "material"
    HEADLINE = "headline"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From one revision to the next. `score` is 0 (reads the same) to 1 (another text)."""

    kind: ChangeKind
    score: float = 0.0
    title: tuple[str, str] | None = None  # the old and the new headline, when they differ
    added: tuple[str, ...] = ()  # sentences
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state of an article, as a reader would have read it."""

    number: int  # 1 is the first
    title: str
    text: str = field(repr=False)
    digest: str
    seen_at: datetime
    published_at: datetime | None = None
    updated_at: datetime | None = None
    change: ChangeKind = ChangeKind.FIRST
    stealth: bool = False  # the text changed and no stamp said so
    score: float = 0.0


# ── what is owed ─────────────────────────────────────────────────────────────────────────


class Reason(StrEnum):
    """Why an alert was raised."""

    NEW = "new"
    UPDATED = "updated"
    NOW_MATCHES = "now_matches"
    NO_LONGER_MATCHES = "no_longer_matches"
    HEADLINE = "headline"
    CORRECTION = "correction"
    RETRACTED = "retracted"
    RESTORED = "restored"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing worth telling."""

    id: AlertId
    topic: str
    reason: Reason
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The article of a message, as its reader is told of it."""

    id: ArticleId
    url: str | None
    guid: str | None
    title: str
    source: str
    authors: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None
    language: str | None
    revision: int
    timezone: str | None = None  # the source's
    opening: str = field(default="", repr=False)  # the first characters of its text
    also_at: tuple[str, ...] = ()  # other sources that have the same story


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRun:
    """Several edits of one article in one message, and the texts before and after them."""

    count: int
    since: datetime  # the first of them
    until: datetime  # the last
    old_title: str
    old_text: str = field(repr=False)
    new_title: str
    new_text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article in a message: why, where it matched, what changed."""

    alerts: tuple[Alert, ...]
    story: Story
    hits: tuple[Hit, ...] = ()
    change: Change | None = None
    run: EditRun | None = None  # when it tells of several edits


class SilenceKind(StrEnum):
    TOPIC = "topic"
    SOURCE = "source"
    QUERY = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Something that nobody wants to hear of until an instant."""

    id: int
    kind: SilenceKind
    value: str  # the topic's or source's name, or the rule
    until: datetime
    reason: str = ""

    @property
    def text(self) -> str:
        """In words, to be read when the silence itself is forgotten."""
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.kind.value} {self.value} until {utc_text(self.until)}{why}"


class MessageKind(StrEnum):
    ARTICLE = "article"
    DIGEST = "digest"
    OPERATOR = "operator"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one channel, not yet in the words of mail or JSON."""

    kind: MessageKind
    id: str  # the same on every attempt: webhook-id, and the left half of Message-ID
    thread: str | None = None  # the id of this article's first message in this channel
    created_at: datetime
    items: tuple[Item, ...] = ()
    text: str = ""  # operator and test: what is said; else a note before the articles
    part: str | None = None  # "2/7": of a digest that is several messages
    served: frozenset[str] = frozenset()  # recipients that have it from an earlier attempt


Json = dict[str, Any]
