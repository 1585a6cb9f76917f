"""What a rule would have sent: the messages that articles of the past would have made.

The same rules as for real ones: a story is told once, and a channel's hours, digests and groups
hold messages back. Updates, and topics that share a message, are left out.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.contracts import Known
from monitor.core.alerts import hold
from monitor.core.dates import zone_or_utc
from monitor.settings import Pace

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A stored article that a rule finds."""

    article_id: int
    story_id: int
    source: str
    at: datetime  # first seen


def stories(found: Iterable[Sighting]) -> list[Sighting]:
    """The first of every story, in order of time."""
    first: dict[int, Sighting] = {}
    for each in sorted(found, key=lambda each: (each.at, each.article_id)):
        first.setdefault(each.story_id, each)
    return list(first.values())


def messages(told: Iterable[Sighting], pace: Pace) -> list[datetime]:
    """When one channel would have sent a message about one topic's stories, in order."""
    channel = _Channel(pace)
    for each in told:
        channel.owe(each)
    return sorted(channel.sent)


def a_day(instants: Iterable[datetime], zone: str) -> dict[str, int]:
    """How many on each day (2019-09-11) of this zone; days without any are left out."""
    here = zone_or_utc(zone)
    return dict(sorted(Counter(str(at.astimezone(here).date()) for at in instants).items()))


@dataclass(slots=True)
class _Channel:
    pace: Pace
    sent: list[datetime] = field(default_factory=list)
    _recent: list[datetime] = field(default_factory=list)  # messages about one article
    _open: dict[tuple[str, str], datetime] = field(default_factory=dict)  # group → until

    def owe(self, story: Sighting) -> None:
        self._recent = [at for at in self._recent if at > story.at - _HOUR]
        held = hold(
            _NAME,
            frozenset({_NAME}),
            story.source,
            breaking=False,
            pace=self.pace,
            known=Known(recent={(_NAME, _NAME): len(self._recent)}, held=self._open),
            now=story.at,
        )
        if held is None:
            self._recent.append(story.at)
            self.sent.append(story.at)
        elif self._open.get((_NAME, held.group), story.at) <= story.at:
            self._open[_NAME, held.group] = held.until
            self.sent.append(held.until)


_NAME = "it"  # there is one channel and one topic here
