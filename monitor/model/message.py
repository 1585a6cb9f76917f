"""What people are sent: alerts, and the messages that carry them; and what silences them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.model.article import Hit
from monitor.model.ids import AlertId, ArticleId
from monitor.model.instants import utc_text
from monitor.model.revision import Change


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
    """One event of one article that a topic raises an alert of."""

    id: AlertId
    topic: str
    reason: Reason
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The article of a message, with what its reader is shown of it."""

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
    run: EditRun | None = None  # when the item covers several edits


class SilenceKind(StrEnum):
    """What a silence mutes: a topic, a source, or whatever a query matches."""

    TOPIC = "topic"
    SOURCE = "source"
    QUERY = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A mute until an instant: alerts under it are stored and sent to nobody."""

    id: int
    kind: SilenceKind
    value: str  # the topic's or source's name, or the rule
    until: datetime
    reason: str = ""

    @property
    def text(self) -> str:
        """Describe the silence in words that can be read after it has ended."""
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.kind.value} {self.value} until {utc_text(self.until)}{why}"


class MessageKind(StrEnum):
    """What a message is about: one article, a digest of several, the service itself, or a test."""

    ARTICLE = "article"
    DIGEST = "digest"
    OPERATOR = "operator"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one channel, before it is rendered as mail or JSON."""

    kind: MessageKind
    id: str  # the same on every attempt: webhook-id, and the left half of Message-ID
    thread: str | None = None  # the id of this article's first message in this channel
    created_at: datetime
    items: tuple[Item, ...] = ()
    text: str = ""  # body of an operator or test message; else a note before the articles
    part: str | None = None  # "2/7": of a digest that is several messages
    served: frozenset[str] = frozenset()  # recipients that have it from an earlier attempt
