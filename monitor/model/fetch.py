"""What is asked of a site, and what it answered."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a conditional request sends back so that the server may answer 304 (RFC 9110, 13)."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


class FetchKind(StrEnum):
    """What a request is for: articles obey the host limit and robots.txt, feeds do not."""

    FEED = "feed"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One address to fetch."""

    url: str
    kind: FetchKind
    validators: Validators = Validators()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A 200 response: its body whole and decompressed."""

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
    """A 304 response."""

    url: str
    moved_to: str | None = None
    validators: Validators = Validators()
    fetched_at: datetime
