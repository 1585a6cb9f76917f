"""Warnings about topics whose stored articles would have exceeded `max_per_day`."""

import time
from collections.abc import Iterator
from datetime import timedelta

from monitor.cli.backtest import busiest, document, excess, paces, sighting
from monitor.cli.context import now
from monitor.core.rules import (
    Matcher,
    Sighting,
    count_per_day,
    first_sightings,
    parse,
    simulate_messages,
)
from monitor.data_access import open_archive
from monitor.settings import Settings, Topic

SINCE = timedelta(days=30)
TIME_LIMIT_S = 5.0  # for matching; then the articles matched so far decide


def broken_limits(settings: Settings) -> Iterator[str]:
    """Yield a warning for each topic that would have exceeded its limit in the last 30 days."""
    limited = [topic for topic in settings.topics if topic.max_per_day]
    if not limited or not settings.database.exists():
        return
    sightings = _match_stored(settings, limited)
    for topic in limited:
        new_stories = first_sightings(sightings[topic.name])
        by_channel = [simulate_messages(new_stories, pace) for _, pace in paces(settings, topic)]
        by_channel = by_channel or [[story.at for story in new_stories]]
        days = busiest(count_per_day(instants, settings.timezone) for instants in by_channel)
        if over := excess(days, topic.max_per_day or 0):
            yield (
                f"topic '{topic.name}': max_per_day: {topic.max_per_day} would have been exceeded"
                f" in the last {SINCE.days} days: on {over}"
                f" (see `news-monitor backtest --topic '{topic.name}'`)"
            )


def _match_stored(settings: Settings, limited: list[Topic]) -> dict[str, list[Sighting]]:
    """Match recent stored articles, the newest first; return the sightings by topic."""
    matcher = Matcher()
    for topic in limited:
        matcher.add(topic.name, parse(topic.query))
    found: dict[str, list[Sighting]] = {topic.name: [] for topic in limited}
    until = time.monotonic() + TIME_LIMIT_S
    with open_archive(settings.database) as archive:
        for row in archive.texts(now() - SINCE):
            for name in matcher.match(document(row)):
                found[str(name)].append(sighting(row))
            if time.monotonic() > until:
                break
    return found
