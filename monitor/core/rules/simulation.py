"""Simulates the messages that a rule would have sent about stored articles.

As for real alerts, a story counts once, and quiet hours, digests and groups hold messages. Updates,
and messages that several topics share, are not simulated.
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
    """A stored article that a rule matches."""

    article_id: int
    story_id: int
    source: str
    at: datetime  # first seen


def first_sightings(found: Iterable[Sighting]) -> list[Sighting]:
    """The first sighting of every story, in order of time."""
    first: dict[int, Sighting] = {}
    for sighting in sorted(found, key=lambda sighting: (sighting.at, sighting.article_id)):
        first.setdefault(sighting.story_id, sighting)
    return list(first.values())


def simulate_messages(found: Iterable[Sighting], pace: Pace) -> list[datetime]:
    """Times at which one channel would have sent messages about these stories, sorted."""
    channel = _Channel(pace)
    for sighting in found:
        channel.alert(sighting)
    return sorted(channel.sent)


def count_per_day(instants: Iterable[datetime], zone: str) -> dict[str, int]:
    """Number of instants on each day of this zone, by date (2019-09-11); no empty days."""
    tz = zone_or_utc(zone)
    return dict(sorted(Counter(str(at.astimezone(tz).date()) for at in instants).items()))


@dataclass(slots=True)
class _Channel:
    """A simulated channel for one topic."""

    pace: Pace
    sent: list[datetime] = field(default_factory=list)
    _recent: list[datetime] = field(default_factory=list)  # messages about one article
    _open: dict[tuple[str, str], datetime] = field(default_factory=dict)  # group → until

    def alert(self, story: Sighting) -> None:
        """Send a message about the story, or add it to the open one of its group."""
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


_NAME = "it"  # of the only channel and the only topic
