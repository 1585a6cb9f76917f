"""What a page says: the article, its dates, and where a rule matched it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from monitor.model.instants import utc_text


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
        """Whether the time of day is known."""
        return self.day is None

    def text(self) -> str:
        """Format the day, or the instant where it is known: `2019-09-11T14:45:00Z`."""
        return self.day.isoformat() if self.day else utc_text(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCandidate:
    """A date found in the page, and why it was chosen or not; `show` prints these."""

    field: str  # published | updated
    origin: Origin
    raw: str  # as it stands in the page
    dated: Dated | None  # None: it could not be parsed
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
    """Checksum and sketch of a text, to find equal and nearly equal ones.

    `digest` is equal for texts that read the same; `sketch` is close for close texts.
    """

    digest: str
    sketch: tuple[int, ...] = ()
    words: int = 0


class Place(StrEnum):
    """Which part of an article a rule matched."""

    TITLE = "title"
    BODY = "body"


class Level(StrEnum):
    """How far an article is about a topic, from a passing mention upwards."""

    MENTION = "mention"
    LIKELY = "likely"
    ABOUT = "about"

    @property
    def rank(self) -> int:
        """0 for the lowest level."""
        return list(Level).index(self)

    def reaches(self, least: "Level") -> bool:
        """Return whether this level is `least` or a higher one."""
        return self.rank >= least.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One match of a topic's rule.

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
    level: Level = Level.MENTION  # of the topic in this article, the same for all its hits

    @property
    def mark(self) -> tuple[int, int]:
        """Start and end of the match as offsets in the excerpt."""
        return self.start - self.excerpt_at, self.end - self.excerpt_at
