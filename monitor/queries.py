"""What people ask of the stored data: filters, and the values that answers consist of.

Shared by the callers of the Archive and Administration ports and by the store that implements them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

MOST_ARTICLES_COUNTED = 100_000  # a list's total counts at most so many, and one more
MOST_HITS_COUNTED = 10_000  # likewise a search's

Row = dict[str, Any]  # column → value, as JSON has it: instants are text, lists are lists
Progress = Callable[[int, int], None]  # pages done, pages in all


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFilter:
    """Conditions on an article, all of which must hold. None: any."""

    topic: str | None = None  # that some revision matches
    source: str | None = None
    since: datetime | None = None  # first seen then or later; of an edit: seen then or later
    until: datetime | None = None  # first seen earlier than then; likewise of an edit
    silenced: bool = False  # with an alert (of the topic) that a silence kept from being sent
    before: int | None = None  # ids below this one: the next page


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """Names of topics, sources and channels, each in alphabetical order."""

    topics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class KnownTopic(NamedTuple):
    """A topic as it was last configured."""

    name: str
    rule: str
    since: datetime  # configured without interruption since then
    removed_at: datetime | None


class ViewDescription(NamedTuple):
    """A database view that is part of the public interface."""

    name: str
    about: str
    columns: Mapping[str, str]  # name → its meaning


class RetryResult(NamedTuple):
    """Numbers of the deliveries that were made due again, and of those that were not.

    Not made due: unknown numbers, deliveries being sent, and those of a removed channel.
    """

    queued: list[int]
    refused: list[int]
