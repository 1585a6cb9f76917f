"""Whether topics keep to their `max_per_day`, by what is stored."""

import time
from collections.abc import Iterator
from datetime import timedelta

from monitor.cli.backtest import busiest, document, excess, paces, sighting
from monitor.cli.context import now
from monitor.core.rules import Matcher, Sighting, a_day, messages, parse, stories
from monitor.data_access import open_archive
from monitor.settings import Settings, Topic

SINCE = timedelta(days=30)
LONGEST = 5.0  # seconds; then what was seen so far decides


def broken_limits(settings: Settings) -> Iterator[str]:
    """A sentence for every topic that the last 30 days would have taken past its limit."""
    limited = [topic for topic in settings.topics if topic.max_per_day]
    if not limited or not settings.database.exists():
        return
    found = _found(settings, limited)
    for topic in limited:
        told = stories(found[topic.name])
        by_channel = [messages(told, pace) for _, pace in paces(settings, topic)]
        by_channel = by_channel or [[each.at for each in told]]
        days = busiest(a_day(instants, settings.timezone) for instants in by_channel)
        if over := excess(days, topic.max_per_day or 0):
            yield (
                f"topic '{topic.name}': max_per_day: {topic.max_per_day} would have been exceeded"
                f" in the last {SINCE.days} days: on {over}"
                f" (see `news-monitor backtest --topic '{topic.name}'`)"
            )


def _found(settings: Settings, limited: list[Topic]) -> dict[str, list[Sighting]]:
    matcher = Matcher()
    for topic in limited:
        matcher.add(topic.name, parse(topic.query))
    found: dict[str, list[Sighting]] = {topic.name: [] for topic in limited}
    until = time.monotonic() + LONGEST
    with open_archive(settings.database) as archive:
        for row in archive.texts(now() - SINCE):
            for name in matcher.match(document(row)):
                found[str(name)].append(sighting(row))
            if time.monotonic() > until:
                break
    return found
