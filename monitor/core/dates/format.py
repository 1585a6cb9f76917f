"""Day and time of an instant as messages show them, in the zone that the instant is given in."""

from datetime import datetime


def format_day(at: datetime, *, year: bool = True) -> str:
    """Format the day: `Wed 11 Sep 2019`, or without its year."""
    day = f"{at:%a} {at.day} {at:%b}"
    return f"{day} {at.year}" if year else day


def format_clock(at: datetime, *, zone: bool = True) -> str:
    """Format the time of day: `07:45 MST`, or without its zone.

    A zone whose only name is a number shows as `UTC-03:00`.
    """
    if not zone:
        return f"{at:%H:%M}"
    name = at.tzname() or ""
    offset = at.isoformat(timespec="minutes")[-6:]
    return f"{at:%H:%M} {name if name.isalpha() else 'UTC' + offset}"
