"""Parses times of the day and the zones that follow them, in folded text."""

import re
from datetime import time, timedelta, timezone, tzinfo

from monitor.core.dates.words import ALSO_WORDS, ZONES
from monitor.core.dates.zones import zone_or_utc

_FARTHEST_OFFSET = timedelta(hours=15)

CLOCK = re.compile(
    r"(?<![\d:./-])(\d\d?)"
    r"(?:\s?[:h.]\s?(\d\d)(?:[:.](\d\d)(?:[.,](\d{1,9}))?)?(?!\d)|(?=\s?[ap]\.?\s?m\b)"
    r"|(?=\s?(?:uhr|h)\b))\s{0,2}(?:([ap])\.?\s?m\b\.?|uhr\b|h(?:rs)?\b\.?)?"
)
_ZONE = re.compile(
    r"[\s,]{0,2}(?:hora\sde\s)?[(\[]?\s?(?:(?:utc?|gmt|z)?\s?([+-])\s?(\d\d?):?(\d\d)?\b|([a-z]{1,8})\b)"
)


def parse_clock(text: str) -> tuple[time, tzinfo | None] | None:
    """Return the first time of the day in a folded text, with its zone if one follows."""
    for found in CLOCK.finditer(text):
        parsed = clock_and_zone(found)
        if parsed is not None:
            return parsed
    return None


def clock_and_zone(found: re.Match[str]) -> tuple[time, tzinfo | None] | None:
    """Return the time of a match of `CLOCK` with its zone; None where there is no such time."""
    try:
        clock, next_day = clock_of(found[1], found[2], found[3], found[5], found[4])
    except ValueError:
        return None
    return None if next_day else (clock, zone_at(found.string, found.end()))


def clock_of(
    hour: str, minute: str | None, second: str | None, half: str | None, fraction: str | None
) -> tuple[time, timedelta]:
    """Return the time, and what it adds to the day: 24:00 is the end of it (ISO 8601).

    Raises:
        ValueError: there is no such time.
    """
    number, next_day = int(hour), timedelta()
    if half and number <= 12:
        number = number % 12 + (12 if half == "p" else 0)
    if number == 24 and not int(minute or 0):
        number, next_day = 0, timedelta(days=1)
    micro = int((fraction or "0").ljust(6, "0")[:6])
    return time(number, int(minute or 0), min(int(second or 0), 59), micro), next_day  # leap second


def zone_at(text: str, start: int, *, strict: bool = False) -> tzinfo | None:
    """Return the zone that stands at `start`, behind a time; None where none does.

    Raises:
        ValueError: strict, and the offset is beyond any zone's.
    """
    found = _ZONE.match(text, start)
    if found is None:
        return None
    if found[4] in {"utc", "gmt", "z", "ut"} and (signed := _ZONE.match(text, found.end())):
        found = signed if signed[1] else found
    if found[1]:
        offset = offset_of(found[1], found[2], found[3] or "0")
        if offset is None and strict:
            raise ValueError(text)
        return offset
    if not strict and found[4] in ALSO_WORDS:
        return None
    return _named_zone(found[4])


def is_zone(text: str | None) -> bool:
    """Whether this is nothing but a zone, or nothing at all."""
    return not text or _ZONE.fullmatch(text) is not None


def offset_of(sign: str, hours: str, minutes: str) -> timezone | None:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > _FARTHEST_OFFSET:
        return None
    return timezone(-offset if sign == "-" else offset)


def _named_zone(word: str) -> tzinfo | None:
    zone = ZONES.get(word)
    return zone_or_utc(zone) if isinstance(zone, str) else zone
