"""What a feed says: its head and its entries."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says about one article; texts are HTML as the feed gave them, unsanitised."""

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
    """Entries byte for byte as at the last parse: listed, and not parsed again."""

    keys: tuple[str, ...] = ()
    published: frozenset[datetime] = frozenset()  # their publication dates
    links: frozenset[str] = frozenset()  # links that they share with entries that were parsed


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
    unchanged: UnchangedEntries = UnchangedEntries()
    entry_cache: bytes = field(default=b"", repr=False)  # input of the next parse of this source
    parser: str = ""  # lxml, feedparser or json
