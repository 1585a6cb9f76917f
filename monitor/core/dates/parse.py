"""Parses written dates: a text in; a day, perhaps with a time and a zone, out.

Reads RFC 5322 (section 3.3, and 4.3 for old zones and years), ISO 8601, Unix time, and dates with
the month's name in some fifteen languages. Total, and linear in the text. Does not choose among
several dates of a page (`pages/dates.py`), and does not know the zone of a source: `at` is told it.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.core.dates.times import CLOCK, clock_and_zone, clock_of, is_zone, offset_of, zone_at
from monitor.core.dates.words import MONTH_FIRST, MONTHS

_LONGEST = 200  # characters that are looked at
_FIRST_YEAR = 1000  # below it, ISO 8601 texts lose their four digits
_LIKELY_YEARS = range(1990, 2100)  # of a date in free text


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """What a text states: a day, perhaps a time of the day, perhaps its zone."""

    day: date
    clock: time | None = None
    zone: tzinfo | None = None

    def at(self, zone: tzinfo) -> datetime:
        """The instant in UTC; `zone` serves texts that name none. A day gives its first instant.

        A wall time that a change of the clock skips is read as before the change, one that it
        repeats as the first of the two.

        Raises:
            OverflowError: the instant lies outside of the years 1 to 9999.
        """
        wall = datetime.combine(self.day, self.clock or time(), self.zone or zone)
        return wall.astimezone(UTC)


def parse_date(text: str, *, strict: bool = False, month_first: bool = False) -> WrittenDate | None:
    """Return the date that a text states, with its time and zone if they stand beside it.

    Args:
        strict: for what machines write (feeds): the text must be one date that can be read in one
            way only. `10/11/2023`, a second number or month, or an impossible time give None.
            Otherwise the first date of a free text counts, and a time that cannot be is left out.
        month_first: read 9/11 as the 11th of September where both orders are possible.
    """
    try:
        if found := _RFC5322.fullmatch(text):
            return _from_rfc5322(found)
        text = text[:_LONGEST].strip()
        if found := _EPOCH.fullmatch(text):
            return _from_epoch(int(found[1]), found[2])
        lower = fold(text)
        for pattern in (_ISO, _COMPACT):
            if (found := pattern.fullmatch(lower)) and is_zone(found[10]):
                return _from_iso(found, strict)
        return _from_strict_words(lower) if strict else _first_in_words(lower, month_first)
    except (ValueError, OverflowError):  # 31 February, 25:00, year 10000
        return None


def parse_instant(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Return the instant (UTC) that a machine wrote; `zone` is for texts that name none."""
    found = parse_date(text, strict=True)
    try:
        at = found.at(zone) if found else None
    except OverflowError:
        return None
    return at if at and at.year >= _FIRST_YEAR else None


def is_month_first(language: str | None) -> bool:
    """Whether 9/11 is in September in texts of this language; without any, the day comes first."""
    return (language or "").lower().replace("_", "-") in MONTH_FIRST


def fold(text: str) -> str:
    """Lower case without accents, one character for each of the text's where that is possible."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(one for one in decomposed if not unicodedata.combining(one))


# ── whole texts ──────────────────────────────────────────────────────────────────────────

_RFC5322 = re.compile(  # as nearly every feed writes it, parsed at a fraction of the cost
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


def _from_rfc5322(found: re.Match[str]) -> WrittenDate:
    month = MONTHS.get(found[2].lower())
    if month is None:
        raise ValueError(found[2])
    clock = time(int(found[4]), int(found[5]), int(found[6]))
    zone = offset_of(found[7], found[8], found[9]) if found[7] else UTC
    return WrittenDate(date(int(found[3]), month, int(found[1])), clock, zone)


def _from_epoch(seconds: int, thousandths: str | None) -> WrittenDate:
    at = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=int(thousandths or 0))
    return WrittenDate(at.date(), at.time(), UTC)


def _from_iso(found: re.Match[str], strict: bool) -> WrittenDate | None:
    year, _, month, day, hour, minute, second, fraction, half, rest = found.groups()
    the_day = date(int(year), int(month), int(day))
    if not strict and the_day.year not in _LIKELY_YEARS:
        return None
    if hour is None:
        return WrittenDate(the_day)
    try:
        clock, next_day = clock_of(hour, minute, second, half, fraction)
    except ValueError:
        if strict:
            raise
        return WrittenDate(the_day)
    return WrittenDate(the_day + next_day, clock, zone_at(rest or "", 0, strict=strict))


# ── words ────────────────────────────────────────────────────────────────────────────────

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<![\d:+.-])(\d{1,4})(?![\d:])")
_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d\d?)(?:st|nd|rd|th|er|º|°|\.)?[\s,/-]{{0,3}}(?:(?:of|de|del)\s)?({_NAMES})\b\.?"
    rf"(?:\s?/\s?(?:{_NAMES})\b)?[\s,/-]{{0,3}}(?:(?:de|del)\s)?(\d{{4}}|\d\d(?=\s|$|,))"
)
_MONTH_DAY = re.compile(
    rf"\b({_NAMES})\b\.?[\s/-]{{0,3}}(\d\d?)(?:st|nd|rd|th)?(?!\d|:)[\s,/-]{{0,4}}(?:at\s)?(\d{{4}})"
)
_DATE_COMMAND = re.compile(  # Wed Sep 11 07:45:00 MST 2019
    rf"\b({_NAMES})\s+(\d\d?)\s+(\d\d?:\d\d(?::\d\d)?)\s+"
    r"((?:[a-z]{1,5}(?:[+-]\d\d?)?|[+-]\d\d:?\d\d)\s+)?(\d{4})\b"
)
_YEAR_MONTH = re.compile(rf"(?<!\d)(\d{{4}})[\s,-]{{1,3}}({_NAMES})\b\.?[\s-]{{1,2}}(\d\d?)(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d\d?)\s?[-/.月]\s?(\d\d?)(?!\d)")
_NUMBERS = re.compile(r"(?<![\d/.])(\d\d?)\s?([./-])\s?(\d\d?)\s?\2\s?(\d{4}|\d\d)(?![\d/])")


def _from_strict_words(text: str) -> WrittenDate | None:
    """One month's name, two numbers (day and year in either order), and at most one time."""
    text = _DATE_COMMAND.sub(r"\1 \2 \5 \3 \4", text)
    found = CLOCK.search(text)
    before, after = (text[: found.start()], text[found.end() :]) if found else (text, "")
    words = before if len(_NUMBER.findall(before)) >= 2 else f"{before} {after}"
    months = [MONTHS[word] for word in _WORD.findall(words) if word in MONTHS]
    numbers = _NUMBER.findall(words)
    if len(months) != 1 or len(numbers) != 2:
        return None
    day, year = numbers if len(numbers[0]) <= 2 else reversed(numbers)
    if len(year) == 3 or len(day) > 2:
        return None
    the_day = date(_year(year), months[0], int(day))
    if found is None:
        return WrittenDate(the_day)
    clock, next_day = clock_of(found[1], found[2], found[3], found[5], found[4])
    return WrittenDate(the_day + next_day, clock, zone_at(text, found.end(), strict=True))


def _first_in_words(text: str, month_first: bool) -> WrittenDate | None:
    text = _DATE_COMMAND.sub(r"\1 \2 \5 \3 \4", text)
    for pattern, day_of in _ORDERS:
        for found in pattern.finditer(text):
            day = day_of(found, month_first)
            if day is not None:
                return _with_clock(day, text, found)
    return None


def _with_clock(day: date, text: str, found: re.Match[str]) -> WrittenDate:
    """The time after the date ("September 11, 2019 - 7:45am"), else the one before it."""
    for clock in (CLOCK.search(text, found.end()), CLOCK.search(text[: found.start()])):
        parsed = clock and clock_and_zone(clock)
        if parsed:
            return WrittenDate(day, *parsed)
    return WrittenDate(day)


def _day_month_year(found: re.Match[str], _: bool) -> date | None:
    return _likely_day(_year(found[3]), MONTHS[found[2]], int(found[1]))


def _month_day_year(found: re.Match[str], _: bool) -> date | None:
    return _likely_day(int(found[3]), MONTHS[found[1]], int(found[2]))


def _year_name_day(found: re.Match[str], _: bool) -> date | None:
    return _likely_day(int(found[1]), MONTHS[found[2]], int(found[3]))


def _year_month_day(found: re.Match[str], _: bool) -> date | None:
    return _likely_day(int(found[1]), int(found[2]), int(found[3]))


def _numbers(found: re.Match[str], month_first: bool) -> date | None:
    first, second, year = int(found[1]), int(found[3]), _year(found[4])
    if (month_first and found[2] != ".") or second > 12:
        return _likely_day(year, first, second) or _likely_day(year, second, first)
    return _likely_day(year, second, first)


_ORDERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], bool], date | None]], ...] = (
    (_DAY_MONTH, _day_month_year),
    (_MONTH_DAY, _month_day_year),
    (_YEAR_MONTH, _year_name_day),
    (_YEAR_FIRST, _year_month_day),
    (_NUMBERS, _numbers),
)


# ── the parts ────────────────────────────────────────────────────────────────────────────


def _year(text: str) -> int:
    """Two digits as in RFC 5322, section 4.3: below 50 of this century."""
    number = int(text)
    if len(text) == 4:
        return number
    return number + (2000 if number < 50 else 1900)


def _likely_day(year: int, month: int, day: int) -> date | None:
    if year not in _LIKELY_YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
