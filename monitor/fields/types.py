"""Field types that several sections use: each made from text, each refusal with its remedy."""

import re
from collections.abc import Callable, Iterable
from datetime import time, timedelta
from functools import lru_cache
from ipaddress import ip_network
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from monitor.core.dates import find_zone
from monitor.fields.hints import did_you_mean, quoted
from monitor.fields.units import format_duration, parse_duration
from monitor.settings import DigestTime

MAX_NAME = 200  # characters
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2: token
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\uffff]*")


def from_text(
    parse: Callable[[str], Any], kind: type | tuple[type, ...], written: Any
) -> BeforeValidator:
    """Parse text into a `kind`; a value that is one already passes. `written` types the text.

    What is neither is refused in a few words, without showing it.
    """

    def parsed(value: Any) -> Any:
        if isinstance(value, str):
            return parse(value)
        if isinstance(value, kind):
            return value
        raise ValueError("has no value" if value is None else "must be one value")

    return BeforeValidator(parsed, json_schema_input_type=written)


def example_text(*examples: str, pattern: str | None = None) -> Any:
    """Return the type of a text for the JSON Schema, with examples."""
    return Annotated[str, Field(pattern=pattern, examples=list(examples))]


def between(least: timedelta, most: timedelta) -> AfterValidator:
    """Refuse a duration outside these limits, which are allowed themselves."""

    def validate(length: timedelta) -> timedelta:
        if length < least:
            raise ValueError(f"must be at least {format_duration(least)}")
        if length > most:
            raise ValueError(f"must be at most {format_duration(most)}")
        return length

    return AfterValidator(validate)


def one_or_more(kind: Any) -> BeforeValidator:
    """Accept a list of one written without its brackets."""
    return BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=kind | list[kind],
    )


def one_or_more_lines() -> BeforeValidator:
    """Accept a list written as one text: an item a line. Blank lines between items are dropped."""
    return BeforeValidator(
        lambda value: _lines(value) if isinstance(value, str) else value,
        json_schema_input_type=str | list[str],
    )


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """Return the items in order, each once."""
    return tuple(dict.fromkeys(items))


def refuse_nul(text: str) -> str:
    """Return the text. Raises ValueError for a NUL, which neither C nor SQLite keep."""
    if "\0" in text:
        raise ValueError("holds a NUL character: remove it")
    return text


def default_text(length: timedelta) -> Any:
    """Return a default as a person would write it, which is how the JSON Schema shows it."""
    return format_duration(length)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()] or [text]


def _name(text: str) -> str:
    if not text.strip() or text != text.strip() or not text.isprintable() or len(text) > MAX_NAME:
        raise ValueError(f"a name is one line of 1 to {MAX_NAME} printable characters")
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty: write a value or leave the key out")
    return refuse_nul(text)


def _text(text: str) -> str:
    return _filled(text).strip()


def _secret_line(text: str) -> str:
    if not _filled(text).isprintable():
        raise ValueError("must be one line of printable characters")
    return text


@lru_cache(maxsize=1000)
def _zone(text: str) -> str:
    if find_zone(text) is None:
        raise ValueError(f"{quoted(text)} is no time zone{_zone_hint(text)}")
    return text


def _zone_hint(text: str) -> str:
    """Name the zone of a city, else the nearest zone, else the form."""
    zones = available_timezones()
    word = text.strip().replace(" ", "_").casefold()
    for zone in sorted(zones):
        if word and word in (zone.casefold(), zone.casefold().rpartition("/")[2]):
            return f": write {zone}"
    return did_you_mean(text, zones) or ": write one as America/Phoenix (tz database)"


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{quoted(text)} is no time of day: write one as 08:00")
    return time(int(found[1]), int(found[2]))


def _digest_time(text: str) -> DigestTime:
    day, _, clock = text.strip().lower().rpartition(" ")
    if day and day not in DAYS:
        meant = did_you_mean(day, DAYS) or f": write one of {', '.join(DAYS)}"
        raise ValueError(f"{quoted(day)} is no day{meant}")
    return DigestTime(at=_clock(clock), weekday=DAYS.index(day) if day else None)


def _cidr(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{quoted(text)} is no network: write one as 10.0.0.0/8") from error
    return text


def _field_name(text: str) -> str:
    if not _FIELD_NAME.fullmatch(text):
        raise ValueError("is no name of a header: letters, digits and '-' only")
    return text


def _field_value(text: str) -> str:
    if not _FIELD_VALUE.fullmatch(text):
        raise ValueError("a header's value is one line")
    return text


Duration = Annotated[
    timedelta,
    from_text(
        parse_duration,
        timedelta,
        example_text("90s", "15m", "2h", pattern="^[0-9]+ ?[smhd]$"),
    ),
]
ClockTime = Annotated[time, from_text(_clock, time, example_text("22:00"))]
DigestClock = Annotated[
    DigestTime, from_text(_digest_time, DigestTime, example_text("08:00", "mon 08:00"))
]
Text = Annotated[str, AfterValidator(_text)]
Verbatim = Annotated[str, AfterValidator(_filled)]  # its outer blanks are kept, as of a secret
SecretLine = Annotated[str, AfterValidator(_secret_line)]
Name = Annotated[str, AfterValidator(_name)]
Zone = Annotated[str, AfterValidator(_zone)]
Cidr = Annotated[str, AfterValidator(_cidr)]
FieldName = Annotated[str, AfterValidator(_field_name)]
FieldValue = Annotated[str, AfterValidator(_field_value)]
