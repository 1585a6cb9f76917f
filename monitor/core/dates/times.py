"""Parses times of day and the time zones that follow them.

All functions take folded text: lower case, without accents (`parse.fold_accents`).
"""

import re
from datetime import time, timedelta, timezone, tzinfo

from monitor.core.dates.locale_data import AMBIGUOUS_ZONES, ZONES
from monitor.core.dates.zones import zone_or_utc

_MAX_OFFSET = timedelta(hours=15)

TIME_OF_DAY = re.compile(
    r"(?<![\d:./-])(\d\d?)"
    r"(?:\s?[:h.]\s?(\d\d)(?:[:.](\d\d)(?:[.,](\d{1,9}))?)?(?!\d)|(?=\s?[ap]\.?\s?m\b)"
    r"|(?=\s?(?:uhr|h)\b))\s{0,2}(?:([ap])\.?\s?m\b\.?|uhr\b|h(?:rs)?\b\.?)?"
)
_ZONE = re.compile(
    r"[\s,]{0,2}(?:hora\sde\s)?[(\[]?\s?(?:(?:utc?|gmt|z)?\s?([+-])\s?(\d\d?):?(\d\d)?\b|([a-z]{1,8})\b)"
)


def parse_time_of_day(text: str) -> tuple[time, tzinfo | None] | None:
    """Parse the first valid time of day in a text, with its zone if one follows; None if none."""
    for found in TIME_OF_DAY.finditer(text):
        parsed = time_and_zone(found)
        if parsed is not None:
            return parsed
    return None


def time_and_zone(found: re.Match[str]) -> tuple[time, tzinfo | None] | None:
    """Parse a match of `TIME_OF_DAY` and the zone behind it; None if no such time exists."""
    try:
        wall_time, extra_day = time_from_parts(found[1], found[2], found[3], found[5], found[4])
    except ValueError:
        return None
    return None if extra_day else (wall_time, parse_zone_at(found.string, found.end()))


def time_from_parts(
    hour: str, minute: str | None, second: str | None, half: str | None, fraction: str | None
) -> tuple[time, timedelta]:
    """Return the time of day, and the days to add: one for 24:00, the end of the day (ISO 8601).

    `half` is `a` or `p` for a.m. and p.m., None for 24 hours. A leap second counts as :59.

    Raises:
        ValueError: no such time exists.
    """
    number, extra_day = int(hour), timedelta()
    if half and number <= 12:
        number = number % 12 + (12 if half == "p" else 0)
    if number == 24 and not int(minute or 0):
        number, extra_day = 0, timedelta(days=1)
    microseconds = int((fraction or "0").ljust(6, "0")[:6])
    return time(number, int(minute or 0), min(int(second or 0), 59), microseconds), extra_day


def parse_zone_at(text: str, start: int, *, strict: bool = False) -> tzinfo | None:
    """Parse the time zone at `start`, just behind a time; None if there is none.

    Raises:
        ValueError: with `strict`, an offset larger than any zone has.
    """
    found = _ZONE.match(text, start)
    if found is None:
        return None
    if found[4] in {"utc", "gmt", "z", "ut"} and (signed := _ZONE.match(text, found.end())):
        found = signed if signed[1] else found
    if found[1]:
        offset = offset_from_parts(found[1], found[2], found[3] or "0")
        if offset is None and strict:
            raise ValueError(text)
        return offset
    if not strict and found[4] in AMBIGUOUS_ZONES:
        return None
    return _named_zone(found[4])


def is_zone(text: str | None) -> bool:
    """Whether a text is empty or nothing but a time zone."""
    return not text or _ZONE.fullmatch(text) is not None


def offset_from_parts(sign: str, hours: str, minutes: str) -> timezone | None:
    """Return the UTC offset `sign` (`+` or `-`) `hours`:`minutes`; None beyond 15 hours."""
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _MAX_OFFSET:
        return None
    return timezone(-offset if sign == "-" else offset)


def _named_zone(word: str) -> tzinfo | None:
    zone = ZONES.get(word)
    return zone_or_utc(zone) if isinstance(zone, str) else zone
