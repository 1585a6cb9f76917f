"""Feeds: RSS, Atom, CDF and JSON Feed.

Bytes in; a `Feed` with its new or changed entries out.
Open `parse.py` first, then `reader.py`; `discovery.py` finds feeds behind a page.
"""

from monitor.core.feeds.discovery import FoundFeed, feeds_behind
from monitor.core.feeds.parse import parse, parse_plain

__all__ = [
    "FoundFeed",
    "feeds_behind",
    "parse",
    "parse_plain",
]
