"""The levels of an article's matches, in words, and as an order of a digest's articles."""

from monitor.core.alerts import MAX_NAME_CHARS
from monitor.core.text import clean_line
from monitor.model import Hit, Item, Level

MAX_TOPICS = 20
_WORDS = {Level.ABOUT: "about", Level.LIKELY: "likely about", Level.MENTION: "mentions"}


def describe_levels(hits: tuple[Hit, ...]) -> str:
    """Return each topic with its level, the highest first: `about border, mentions tariff`."""
    levels = {hit.topic: hit.level for hit in hits}
    topics = sorted(levels, key=lambda topic: (-levels[topic].rank, topic))[:MAX_TOPICS]
    return ", ".join(
        f"{_WORDS[levels[topic]]} {clean_line(topic, MAX_NAME_CHARS)}" for topic in topics
    )


def highest_rank(item: Item) -> int:
    """Return the rank of the item's highest level; -1 where no match is stored."""
    return max((hit.level.rank for hit in item.hits), default=-1)
