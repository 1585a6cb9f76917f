"""Whether a topic that the database knows lost its history to a new name."""

from collections.abc import Iterator

from monitor.cli.context import now
from monitor.core.rules import likely_successor
from monitor.data_access import open_archive
from monitor.settings import Settings

RECENT = 30  # days for which a removed topic is reported


def lost_topics(settings: Settings) -> Iterator[str]:
    """Yield a warning for each removed topic that seems to continue under another name."""
    if not settings.database.exists():
        return
    with open_archive(settings.database) as archive:
        stored = archive.known_topics()
    configured = {topic.name for topic in settings.topics}
    carried = {topic.renamed_from for topic in settings.topics}
    since = {topic.name: topic.since for topic in stored if topic.removed_at is None}
    for topic in stored:
        if topic.name in configured | carried:
            continue
        left = topic.removed_at or now()
        appeared = [t for t in settings.topics if since.get(t.name, left) >= left]
        successor = likely_successor(topic.rule, appeared)
        if successor is not None and (now() - left).days < RECENT:
            yield (
                f"topic '{topic.name}' is no longer configured and '{successor.name}' has a similar"
                f" rule: `renamed_from: {topic.name}` in it keeps its history"
            )
