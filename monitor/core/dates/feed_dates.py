"""The dates feeds write: RFC 822 and its mutilations, ISO 8601, months named in seven languages.

Only forms that leave no doubt are read here; `10/11/2023` is None.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

LONGEST = 100  # characters; no date is longer

_FIRST_YEAR = 1000  # below it, ISO 8601 texts lose their four digits

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?"
)
_USUAL = re.compile(  # RFC 822 as nearly every feed writes it, read at a fraction of the cost
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) ([A-Z][a-z]{2}) ([12]\d{3})"
    r" ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) (?:GMT|UTC|([+-])([01]\d)([0-5]\d))",
    re.ASCII,
)
_OFFSET = re.compile(r"(?:gmt|utc?|z)?\s*([+-])\s*(\d{1,2}):?(\d{2})?(?!\d)")
_ISO = re.compile(
    r"(?P<year>\d{4})(?P<dash>[-/.])(?P<month>\d{1,2})(?P=dash)(?P<day>\d{1,2})"
    rf"(?:(?:t|\s|,)\s*(?:{_TIME})?(?P<zone>.*))?"
)
_CLOCK = re.compile(rf"(?<![\d:]){_TIME}")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<![\d:+.-])(\d{1,4})(?![\d:])")
_EPOCH = re.compile(r"1\d{9}(\d{3})?")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janner enero ene janvier janv gennaio gen janeiro januari",
            "feb february februar febrero fevrier fevr fev febbraio fevereiro februari",
            "mar march marz mrz maerz marzo mars marco maart mrt",
            "apr april abril abr avril avr aprile",
            "may mai mayo maggio mag maio mei",
            "jun june juni junio juin giugno giu junho",
            "jul july juli julio juillet juil luglio lug julho",
            "aug august agosto ago aout augustus",
            "sep sept september septiembre septembre settembre set setembro setiembre",
            "oct october oktober okt octubre octobre ottobre ott outubro out",
            "nov november noviembre novembre novembro",
            "dec december dezember dez diciembre dic decembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}

_ZONES = {
    name: hours
    for hours, names in {
        0.0: "ut utc gmt z wet",
        1.0: "cet mez west bst wat",
        2.0: "cest mesz eet sast cat",
        3.0: "eest msk eat idt trt",
        3.5: "irst",
        4.0: "gst",
        5.0: "pkt",
        5.5: "ist",
        7.0: "wib ict",
        8.0: "sgt hkt pht myt awst wita",
        9.0: "jst kst wit",
        9.5: "acst",
        10.0: "aest",
        10.5: "acdt",
        11.0: "aedt",
        12.0: "nzst",
        13.0: "nzdt",
        -2.5: "ndt",
        -3.0: "brt art adt clst",
        -3.5: "nst",
        -4.0: "edt ast clt",
        -5.0: "est cdt cot pet",
        -6.0: "cst mdt",
        -7.0: "mst pdt",
        -8.0: "pst akdt",
        -9.0: "akst",
        -10.0: "hst",
    }.items()
    for name in names.split()
}


def instant(text: str, zone: tzinfo = UTC) -> datetime | None:
    """The instant in UTC; `zone` is for stamps that name none. None: not read."""
    try:
        if usual := _usual(text):
            return usual
        text = _folded(text[:LONGEST])
        local = _epoch(text) or _iso(text, zone) or _worded(text, zone)
        return local.astimezone(UTC) if local and local.year >= _FIRST_YEAR else None
    except (ValueError, OverflowError):  # 31 February, 25:00, year 10000
        return None


def _usual(text: str) -> datetime | None:
    found = _USUAL.fullmatch(text)
    month = _MONTHS.get(found[2].lower()) if found else None
    if found is None or month is None:
        return None
    clock = int(found[4]), int(found[5]), int(found[6])
    at = datetime(int(found[3]), month, int(found[1]), *clock, tzinfo=UTC)
    if found[7] is None:
        return at
    span = timedelta(hours=int(found[8]), minutes=int(found[9]))
    return at - span if found[7] == "+" else at + span


def _folded(text: str) -> str:
    text = text.strip().lower()
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _epoch(text: str) -> datetime | None:
    found = _EPOCH.fullmatch(text)
    if found is None:
        return None
    return datetime.fromtimestamp(int(text) / (1000 if found[1] else 1), UTC)


def _iso(text: str, zone: tzinfo) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    rest = found["zone"] or ""
    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    return _at(day, found if found["hour"] else None, _zone(rest, zone))


def _worded(text: str, zone: tzinfo) -> datetime | None:
    clock = _CLOCK.search(text)
    before, after = (text[: clock.start()], text[clock.end() :]) if clock else (text, "")
    date_words = f"{before} {'' if _year_in(before) else after}"
    months = [_MONTHS[word] for word in _WORD.findall(date_words) if word in _MONTHS]
    numbers = _NUMBER.findall(date_words)
    if len(months) != 1 or len(numbers) != 2:
        return None
    day, year = numbers if len(numbers[0]) <= 2 else reversed(numbers)
    if len(year) == 3 or len(day) > 2:
        return None
    rest = after if clock else ""
    return _at(date(_full_year(year), months[0], int(day)), clock, _zone(rest, zone))


def _year_in(text: str) -> bool:
    return len(_NUMBER.findall(text)) >= 2


def _full_year(year: str) -> int:
    """RFC 5322, section 4.3."""
    number = int(year)
    if len(year) == 4:
        return number
    return number + (2000 if number < 50 else 1900)


def _at(day: date, clock: re.Match[str] | None, zone: tzinfo) -> datetime:
    if clock is None:
        return datetime.combine(day, time(), zone)
    hour, minute = int(clock["hour"]), int(clock["minute"])
    if clock["half"] and hour <= 12:
        hour = hour % 12 + (12 if clock["half"] == "p" else 0)
    if hour == 24 and minute == 0:  # ISO 8601: the end of that day
        day, hour = day + timedelta(days=1), 0
    second = min(int(clock["second"] or 0), 59)  # a leap second
    micro = int((clock["fraction"] or "0").ljust(6, "0")[:6])
    return datetime.combine(day, time(hour, minute, second, micro), zone)


def _zone(rest: str, default: tzinfo) -> tzinfo:
    offset = _OFFSET.search(rest)
    if offset:
        sign = -1 if offset[1] == "-" else 1
        span = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(sign * span)
    for word in _WORD.findall(rest):
        if word in _ZONES:
            return timezone(timedelta(hours=_ZONES[word]))
    return default
