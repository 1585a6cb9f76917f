"""Looks up time zones by their IANA names."""

from datetime import UTC, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name such as `America/Phoenix`; None if it is unknown."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, a directory of the database
        return None


def zone_or_utc(name: str) -> tzinfo:
    """Return the zone of an IANA name, or UTC if it is unknown."""
    return find_zone(name) or UTC
