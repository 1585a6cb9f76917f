"""One written date → an instant, or a day. Total, and linear in the text.

Reads ISO 8601, RFC 2822, numbers of seconds, and the ways seven languages write a date.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from monitor.core.dates.words import MONTH_FIRST, MONTHS, ZONES

_LONGEST = 200  # characters
_YEARS = range(1990, 2100)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a stamp says: a day, perhaps a time of the day, perhaps its zone."""

    day: date
    clock: time | None = None
    zone: tzinfo | None = None

    def at(self, zone: tzinfo) -> datetime:
        """The instant in UTC; `zone` serves stamps that name none. A day gives its first instant.

        A wall time that a change of the clock skips is read as before the change, one that it
        repeats as the first of the two.
        """
        wall = datetime.combine(self.day, self.clock or time(), self.zone or zone)
        return wall.astimezone(UTC)


@lru_cache(maxsize=256)
def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name; UTC for what is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def month_first(language: str | None) -> bool:
    """Whether 9/11 is September in pages of this language; without any, the day comes first."""
    return (language or "").lower().replace("_", "-") in MONTH_FIRST


# ── the readers ──────────────────────────────────────────────────────────────────────────

_ISO = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:(?:T|\s+|\s*-\s*)(\d\d?)[:.](\d\d)(?:[:.](\d\d)(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?"
    r"\s*(Z|[+-]\d\d(?::?\d\d)?|[A-Za-z]{2,4})?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d):?(\d\d)(?::?(\d\d))?()(Z|[+-]\d\d:?\d\d)?)?")
_EPOCH = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?")

_CLOCK = re.compile(
    r"(?<![\d:./-])(\d\d?)(?:\s?[:h.]\s?(\d\d)(?:[:.](\d\d)(?:\.\d+)?)?(?!\d)|(?=\s?[ap]\.?\s?m\b)"
    r"|(?=\s?(?:uhr|h)\b))\s{0,2}(?:([ap])\.?\s?m\b\.?|uhr\b|h(?:rs)?\b\.?)?"
)
_ZONE = re.compile(
    r"[\s,]{0,2}(?:hora\sde\s)?[(\[]?\s?(?:(?:utc|gmt)?\s?([+-])\s?(\d\d?):?(\d\d)?\b|([a-z]{1,8})\b)"
)

_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d\d?)(?:st|nd|rd|th|er|º|°|\.)?[\s,/-]{{0,3}}(?:(?:of|de|del)\s)?({_NAMES})\b\.?"
    rf"(?:\s?/\s?(?:{_NAMES})\b)?[\s,/-]{{0,3}}(?:(?:de|del)\s)?(\d{{4}}|\d\d(?=\s|$|,))"
)
_MONTH_DAY = re.compile(
    rf"\b({_NAMES})\b\.?[\s/-]{{0,3}}(\d\d?)(?:st|nd|rd|th)?(?!\d|:)[\s,/-]{{0,4}}(?:at\s)?(\d{{4}})"
)
_UNIX = re.compile(
    rf"\b({_NAMES})\s+(\d\d?)\s+(\d\d?:\d\d(?::\d\d)?)\s+([a-z]{{1,5}}\s+)?(\d{{4}})\b"
)
_YEAR_MONTH = re.compile(rf"(?<!\d)(\d{{4}})[\s,-]{{1,3}}({_NAMES})\b\.?[\s-]{{1,2}}(\d\d?)(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d\d?)\s?[-/.月]\s?(\d\d?)(?!\d)")
_NUMBERS = re.compile(r"(?<![\d/.])(\d\d?)\s?([./-])\s?(\d\d?)\s?[./-]\s?(\d{4}|\d\d)(?![\d/])")


def moment(raw: str, *, month_first: bool = False) -> Moment | None:
    """The first date in a text, with its time and zone if they stand beside it; None for none."""
    text = raw[:_LONGEST].strip()
    for pattern in (_ISO, _COMPACT):
        if found := pattern.fullmatch(text):
            return _of_iso(found)
    if found := _EPOCH.fullmatch(text):
        return _of_epoch(int(found[1]))
    text = _UNIX.sub(r"\1 \2 \5 \3 \4", folded(text))  # Wed Sep 11 07:45:00 MST 2019
    return _of_words(text, month_first)


def folded(text: str) -> str:
    """Lower case without accents, one character for each of the text's where that is possible."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def _of_iso(found: re.Match[str]) -> Moment | None:
    year, month, day, hour, minute, second, half, zone = found.groups()
    the_day = _day(int(year), int(month), int(day))
    if the_day is None or hour is None:
        return Moment(the_day) if the_day else None
    clock = _clock(hour, minute, second, (half or "").lower()[:1])
    return Moment(the_day, clock, _zone_of_iso(zone) if clock else None)


def _zone_of_iso(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] in "+-":
        digits = text[1:].replace(":", "").ljust(4, "0")
        return _offset(text[0], digits[:2], digits[2:])
    return _named(text.lower())


def _of_epoch(seconds: int) -> Moment | None:
    at = datetime.fromtimestamp(seconds, UTC)
    return Moment(at.date(), at.time(), UTC) if at.year in _YEARS else None


def _of_words(text: str, month_first: bool) -> Moment | None:
    for pattern, order in _ORDERS:
        for found in pattern.finditer(text):
            day = order(found, month_first)
            if day is not None:
                return _with_clock(day, text, found)
    return None


def _by_month_name(found: re.Match[str], _: bool) -> date | None:
    return _day(_year(found[3]), MONTHS[found[2]], int(found[1]))


def _by_leading_month(found: re.Match[str], _: bool) -> date | None:
    return _day(int(found[3]), MONTHS[found[1]], int(found[2]))


def _by_year_and_name(found: re.Match[str], _: bool) -> date | None:
    return _day(int(found[1]), MONTHS[found[2]], int(found[3]))


def _by_leading_year(found: re.Match[str], _: bool) -> date | None:
    return _day(int(found[1]), int(found[2]), int(found[3]))


def _by_numbers(found: re.Match[str], month_first: bool) -> date | None:
    first, second, year = int(found[1]), int(found[3]), _year(found[4])
    if (month_first and found[2] != ".") or second > 12:
        return _day(year, first, second) or _day(year, second, first)
    return _day(year, second, first)


_Order = Callable[[re.Match[str], bool], date | None]
_ORDERS: tuple[tuple[re.Pattern[str], _Order], ...] = (
    (_DAY_MONTH, _by_month_name),
    (_MONTH_DAY, _by_leading_month),
    (_YEAR_MONTH, _by_year_and_name),
    (_YEAR_FIRST, _by_leading_year),
    (_NUMBERS, _by_numbers),
)


# ── the parts ────────────────────────────────────────────────────────────────────────────


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _day(year: int, month: int, day: int) -> date | None:
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _with_clock(day: date, text: str, found: re.Match[str]) -> Moment:
    """The clock after the date ("September 11, 2019 - 7:45am"), else the one before it."""
    for clock in (_CLOCK.search(text, found.end()), _CLOCK.search(text[: found.start()])):
        moment = clock and _clock_and_zone(clock)
        if moment and moment[0]:
            return Moment(day, *moment)
    return Moment(day)


def clock_in(text: str) -> tuple[time, tzinfo | None] | None:
    """The first time of the day in a folded text, with its zone."""
    for found in _CLOCK.finditer(text):
        clock, zone = _clock_and_zone(found)
        if clock is not None:
            return clock, zone
    return None


def _clock_and_zone(found: re.Match[str]) -> tuple[time | None, tzinfo | None]:
    clock = _clock(found[1], found[2], found[3], found[4])
    zone = _ZONE.match(found.string, found.end())
    if zone is None:
        return clock, None
    if zone[1]:
        return clock, _offset(zone[1], zone[2], zone[3] or "0")
    if (
        zone[4] in {"utc", "gmt"}
        and (offset := _ZONE.match(found.string, zone.end()))
        and offset[1]
    ):
        return clock, _offset(offset[1], offset[2], offset[3] or "0")
    return clock, _named(zone[4])


def _clock(hour: str, minute: str | None, second: str | None, half: str | None) -> time | None:
    number = int(hour)
    if half:
        if not 1 <= number <= 12:
            half = None if number < 24 else half
        else:
            number = number % 12 + (12 if half == "p" else 0)
    try:
        return time(number, int(minute or 0), min(int(second or 0), 59))
    except ValueError:
        return None


def _offset(sign: str, hours: str, minutes: str) -> tzinfo | None:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > timedelta(hours=15):
        return None
    return timezone(-offset if sign == "-" else offset)


def _named(word: str) -> tzinfo | None:
    name = ZONES.get(word)
    return zone_named(name) if name else None
