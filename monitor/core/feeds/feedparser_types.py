"""Types of the feedparser result, as far as it is used: feedparser ships none.

The types are what well-behaved feeds give, not a guarantee: feedparser stores an unknown element
under its own name, so `<links id="1">` makes `links` a dict. Readers must check a field's type.
"""

from typing import Protocol, TypedDict


class Link(TypedDict, total=False):
    """Link element: its relation, URL and media type."""

    rel: str
    href: str
    type: str


class Tag(TypedDict, total=False):
    """Category element."""

    term: str | None
    scheme: str | None
    label: str | None


class Person(TypedDict, total=False):
    """Author element."""

    name: str
    email: str


class Text(TypedDict, total=False):
    """Text construct: the text with its media type, or the media type alone."""

    value: str
    type: str


Fields = TypedDict(
    "Fields",
    {
        "id": str,
        "guidislink": bool,
        "link": str,
        "links": list[Link],
        "title": str,
        "title_detail": Text,
        "language": str,
        "published": str,
        "published_parsed": tuple[int, ...],
        "updated": str,
        "updated_parsed": tuple[int, ...],
        "authors": list[Person],
        "tags": list[Tag],
        "summary": str,
        "itunes_own-summary": str,
        "media_own-description": str | None,
        "content": list[Text],
        "ttl": str,
        "sy_updateperiod": str,
    },
    total=False,
)
"""Fields of the feed itself or of one entry."""


class FeedparserResult(Protocol):
    """Parsed feed as `feedparser.parse` returns it."""

    version: str
    bozo: bool
    feed: Fields
    entries: list[Fields]
