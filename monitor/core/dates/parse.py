"""Parses dates in text into a day, an optional time of day and an optional time zone.

Reads RFC 5322 (section 3.3, and 4.3 for old zones and years), ISO 8601, Unix time, and dates with
the month's name in some fifteen languages. Accepts any text without raising, in linear time. Does
not choose among several dates of a page (`pages/dates.py`), and does not know the time zone of a
source: the caller passes it to `ParsedDate.to_utc`.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.core.dates.locale_data import MONTH_FIRST_LANGUAGES, MONTHS
from monitor.core.dates.times import (
    TIME_OF_DAY,
    is_zone,
    offset_from_parts,
    parse_zone_at,
    time_and_zone,
    time_from_parts,
)

_MAX_LENGTH = 200  # characters of a text that are parsed
_MIN_YEAR = 1000  # an earlier year would be stored with fewer than four digits
_PLAUSIBLE_YEARS = range(1990, 2100)  # in free text, other numbers are not taken for years


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """Date as a text states it: `wall_time` and `zone` are None where the text gives none."""

    day: date
    wall_time: time | None = None
    zone: tzinfo | None = None

    def to_utc(self, zone: tzinfo) -> datetime:
        """Return the instant in UTC, using `zone` if the text names none; midnight if no time.

        A wall time that daylight saving skips counts with the offset before the change; one that
        occurs twice is the first of the two.

        Raises:
            OverflowError: the instant lies outside the years 1 to 9999.
        """
        local = datetime.combine(self.day, self.wall_time or time(), self.zone or zone)
        return local.astimezone(UTC)


def parse_date(text: str, *, strict: bool = False, month_first: bool = False) -> ParsedDate | None:
    """Parse the date in a text, with its time of day and zone if adjacent; None if there is none.

    Args:
        strict: the text must be a single unambiguous date, as software writes it (feeds).
            `10/11/2023`, a second number or month, and an impossible time give None. Without
            `strict`, the first date in the text counts, and an impossible time is ignored.
        month_first: read 9/11 as the 11th of September where both orders are possible.
    """
    try:
        if found := _RFC5322.fullmatch(text):
            return _from_rfc5322(found)
        text = text[:_MAX_LENGTH].strip()
        if found := _EPOCH.fullmatch(text):
            return _from_epoch(int(found[1]), found[2])
        lower = fold_accents(text)
        for pattern in (_ISO, _COMPACT):
            if (found := pattern.fullmatch(lower)) and is_zone(found[10]):
                return _from_iso(found, strict)
        return _parse_strict_text(lower) if strict else _find_first_date(lower, month_first)
    except (ValueError, OverflowError):  # 31 February, 25:00, year 10000
        return None


def parse_instant(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Parse a date that software wrote into an instant in UTC; None if malformed or ambiguous.

    `zone` applies to texts that name none.
    """
    parsed = parse_date(text, strict=True)
    try:
        instant = parsed.to_utc(zone) if parsed else None
    except OverflowError:
        return None
    return instant if instant and instant.year >= _MIN_YEAR else None


def is_month_first(language: str | None) -> bool:
    """Whether texts in this language write the month before the day; False for None."""
    return (language or "").lower().replace("_", "-") in MONTH_FIRST_LANGUAGES


def fold_accents(text: str) -> str:
    """Lower-case a text and strip its accents, mostly one character for one.

    Unlike `text.fold` it does not casefold, so offsets usually still fit the original text.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


# ── texts that are one date ──────────────────────────────────────────────────────────────

_RFC5322 = re.compile(  # fast path: the form of nearly every feed
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) ([A-Z][a-z]{2}) ([12]\d{3})"
    r" ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) (?:GMT|UTC|([+-])([01]\d)([0-5]\d))",
    re.ASCII,
)
_ISO = re.compile(
    r"(\d{4})(?P<dash>[-/.])(\d\d?)(?P=dash)(\d\d?)"
    r"(?:(?:\s*[t,]\s*|\s+-\s+(?=\d\d?[:.]\d)|\s+)"
    r"(?:(\d\d?)[:.](\d\d)(?:[:.](\d\d)(?:[.,](\d{1,9}))?)?\s*(?:([ap])\.?m\b\.?)?)?(.*))?"
)
_COMPACT = re.compile(
    r"(\d{4})(?P<dash>)(\d\d)(\d\d)(?:t?(\d\d):?(\d\d)(?::?(\d\d))?()()(z|[+-]\d\d:?\d\d)?)?"
)
_EPOCH = re.compile(r"(1\d{9})(\d{3})?(?:\.\d+)?")  # seconds or milliseconds, 2001 to 2033


def _from_rfc5322(found: re.Match[str]) -> ParsedDate:
    month = MONTHS.get(found[2].lower())
    if month is None:
        raise ValueError(found[2])
    wall_time = time(int(found[4]), int(found[5]), int(found[6]))
    zone = offset_from_parts(found[7], found[8], found[9]) if found[7] else UTC
    return ParsedDate(date(int(found[3]), month, int(found[1])), wall_time, zone)


def _from_epoch(seconds: int, milliseconds: str | None) -> ParsedDate:
    instant = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=int(milliseconds or 0))
    return ParsedDate(instant.date(), instant.time(), UTC)


def _from_iso(found: re.Match[str], strict: bool) -> ParsedDate | None:
    year, _, month, day, hour, minute, second, fraction, half, rest = found.groups()
    parsed_day = date(int(year), int(month), int(day))
    if not strict and parsed_day.year not in _PLAUSIBLE_YEARS:
        return None
    if hour is None:
        return ParsedDate(parsed_day)
    try:
        wall_time, extra_day = time_from_parts(hour, minute, second, half, fraction)
    except ValueError:
        if strict:
            raise
        return ParsedDate(parsed_day)
    zone = parse_zone_at(rest or "", 0, strict=strict)
    return ParsedDate(parsed_day + extra_day, wall_time, zone)


# ── dates with words or punctuation ──────────────────────────────────────────────────────

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<![\d:+.-])(\d{1,4})(?![\d:])")
_MONTH_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d\d?)(?:st|nd|rd|th|er|º|°|\.)?[\s,/-]{{0,3}}(?:(?:of|de|del)\s)?({_MONTH_NAMES})\b\.?"
    rf"(?:\s?/\s?(?:{_MONTH_NAMES})\b)?[\s,/-]{{0,3}}(?:(?:de|del)\s)?(\d{{4}}|\d\d(?=\s|$|,))"
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH_NAMES})\b\.?[\s/-]{{0,3}}(\d\d?)(?:st|nd|rd|th)?(?!\d|:)[\s,/-]{{0,4}}(?:at\s)?(\d{{4}})"
)
_DATE_COMMAND = re.compile(  # Wed Sep 11 07:45:00 MST 2019
    rf"\b({_MONTH_NAMES})\s+(\d\d?)\s+(\d\d?:\d\d(?::\d\d)?)\s+"
    r"((?:[a-z]{1,5}(?:[+-]\d\d?)?|[+-]\d\d:?\d\d)\s+)?(\d{4})\b"
)
_YEAR_MONTH_DAY = re.compile(
    rf"(?<!\d)(\d{{4}})[\s,-]{{1,3}}({_MONTH_NAMES})\b\.?[\s-]{{1,2}}(\d\d?)(?!\d)"
)
_YEAR_FIRST_NUMERIC = re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d\d?)\s?[-/.月]\s?(\d\d?)(?!\d)")
_ALL_NUMERIC = re.compile(r"(?<![\d/.])(\d\d?)\s?([./-])\s?(\d\d?)\s?\2\s?(\d{4}|\d\d)(?![\d/])")


def _parse_strict_text(text: str) -> ParsedDate | None:
    """Parse one month's name, two numbers (day and year in either order) and an optional time."""
    text = _DATE_COMMAND.sub(r"\1 \2 \5 \3 \4", text)
    found = TIME_OF_DAY.search(text)
    before, after = (text[: found.start()], text[found.end() :]) if found else (text, "")
    words = before if len(_NUMBER.findall(before)) >= 2 else f"{before} {after}"
    months = [MONTHS[word] for word in _WORD.findall(words) if word in MONTHS]
    numbers = _NUMBER.findall(words)
    if len(months) != 1 or len(numbers) != 2:
        return None
    day, year = numbers if len(numbers[0]) <= 2 else reversed(numbers)
    if len(year) == 3 or len(day) > 2:
        return None
    parsed_day = date(_year(year), months[0], int(day))
    if found is None:
        return ParsedDate(parsed_day)
    wall_time, extra_day = time_from_parts(found[1], found[2], found[3], found[5], found[4])
    zone = parse_zone_at(text, found.end(), strict=True)
    return ParsedDate(parsed_day + extra_day, wall_time, zone)


def _find_first_date(text: str, month_first: bool) -> ParsedDate | None:
    text = _DATE_COMMAND.sub(r"\1 \2 \5 \3 \4", text)
    for pattern, day_from_match in _FORMATS:
        for found in pattern.finditer(text):
            day = day_from_match(found, month_first)
            if day is not None:
                return _with_adjacent_time(day, text, found)
    return None


def _with_adjacent_time(day: date, text: str, found: re.Match[str]) -> ParsedDate:
    """Add the time after the date ("September 11, 2019 - 7:45am"), else the one before it."""
    after = TIME_OF_DAY.search(text, found.end())
    before = TIME_OF_DAY.search(text[: found.start()])
    for match in (after, before):
        parsed = match and time_and_zone(match)
        if parsed:
            return ParsedDate(day, *parsed)
    return ParsedDate(day)


def _day_month_year(found: re.Match[str], _: bool) -> date | None:
    return _plausible_day(_year(found[3]), MONTHS[found[2]], int(found[1]))


def _month_day_year(found: re.Match[str], _: bool) -> date | None:
    return _plausible_day(int(found[3]), MONTHS[found[1]], int(found[2]))


def _year_month_day(found: re.Match[str], _: bool) -> date | None:
    return _plausible_day(int(found[1]), MONTHS[found[2]], int(found[3]))


def _year_first_numeric(found: re.Match[str], _: bool) -> date | None:
    return _plausible_day(int(found[1]), int(found[2]), int(found[3]))


def _day_month_or_month_day(found: re.Match[str], month_first: bool) -> date | None:
    first, second, year = int(found[1]), int(found[3]), _year(found[4])
    if (month_first and found[2] != ".") or second > 12:
        return _plausible_day(year, first, second) or _plausible_day(year, second, first)
    return _plausible_day(year, second, first)


_FORMATS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], bool], date | None]], ...] = (
    (_DAY_MONTH, _day_month_year),
    (_MONTH_DAY, _month_day_year),
    (_YEAR_MONTH_DAY, _year_month_day),
    (_YEAR_FIRST_NUMERIC, _year_first_numeric),
    (_ALL_NUMERIC, _day_month_or_month_day),
)


# ── years and days ───────────────────────────────────────────────────────────────────────


def _year(text: str) -> int:
    """Parse a year; two digits count as in RFC 5322, section 4.3: below 50 is 20xx."""
    number = int(text)
    if len(text) == 4:
        return number
    return number + (2000 if number < 50 else 1900)


def _plausible_day(year: int, month: int, day: int) -> date | None:
    if year not in _PLAUSIBLE_YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
