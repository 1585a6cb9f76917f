"""Types of what is read from a document of feedparser, which ships none.

A field holds whatever a feed has under its name: an element that feedparser has no word for is
kept under its own name, so `<links id="1">` makes `links` a dict. Whoever reads a field checks it.
"""

from typing import Protocol, TypedDict


class Link(TypedDict, total=False):
    rel: str
    href: str
    type: str


class Tag(TypedDict, total=False):
    term: str | None
    scheme: str | None
    label: str | None


class Person(TypedDict, total=False):
    name: str
    email: str


class Text(TypedDict, total=False):
    """A text, or only what is said about it."""

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
"""Of the feed itself, or of one entry."""


class FeedparserResult(Protocol):
    """A parsed feed, as `feedparser.parse` gives it."""

    version: str
    bozo: bool
    feed: Fields
    entries: list[Fields]
