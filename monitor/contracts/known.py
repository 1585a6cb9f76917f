"""What the store recalls in order to judge one reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model import ArticleId


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRevision:
    """The newest stored revision of an article."""

    article_id: ArticleId
    number: int
    title: str
    text: str = field(repr=False)
    digest: str
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """A stored article that the reading may be of."""

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
    alerted: frozenset[str] = frozenset()  # topics with an alert that was not silenced
    silenced: frozenset[str] = frozenset()  # topics with silenced alerts only
    retraction_alerted: frozenset[str] = frozenset()  # topics whose `retracted` was not silenced


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStory:
    """An article elsewhere whose sketch is close to the reading's."""

    article_id: ArticleId
    story_id: int
    source: str
    url: str | None
    sketch: tuple[int, ...]
    words: int
    alerted: Mapping[
        str, int
    ]  # topic → how many sources had the story at its last unsilenced alert
    sources: frozenset[str]  # that have the story


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The part of the database that is needed to judge one reading."""

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
    # (channel, article) → when its messages about an update were made, of the last day
