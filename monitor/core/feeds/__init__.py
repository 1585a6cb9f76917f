"""Feed parsing and discovery: RSS, Atom, CDF and JSON Feed.

Turns the bytes of a feed into a `Feed`, without I/O. Open `parse.py` first, then `reader.py`;
`discovery.py` finds the feeds that a page links to.
"""

from monitor.core.feeds.discovery import DiscoveredFeed, discover_feeds
from monitor.core.feeds.parse import parse, parse_fast

__all__ = [
    "DiscoveredFeed",
    "discover_feeds",
    "parse",
    "parse_fast",
]
