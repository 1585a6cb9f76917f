"""The kinds of values that keys take: each from text, each refusal with its remedy."""

import re
from datetime import time, timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from monitor.config.diagnostics import nearest
from monitor.config.units import LONGEST, duration, duration_text, shown, size
from monitor.core.dates import find_zone
from monitor.settings import DigestTime, Listen

SHORTEST_POLL = timedelta(seconds=1)
MOST_NAME = 200
MOST_CONTACT = 900  # characters
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[^@\s<>\"(),:;\\]{1,255}")
_MAILBOX = re.compile(r"([^<>@\x00-\x1f]{0,200}?) ?<([^<>]+)>")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2: token
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\uffff]*")
_LIST_NAME = re.compile(r"[\w-]{1,50}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # BCP 47, the frequent part


def _text_or(parse: Any) -> Any:
    """Before `parse`: what is no text is refused in a few words, without showing it."""

    def parsed(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("has no value" if value is None else "must be one value")
        return parse(value)

    return parsed


def _between(least: timedelta, most: timedelta) -> AfterValidator:
    def checked(length: timedelta) -> timedelta:
        if length < least:
            raise ValueError(f"must be at least {duration_text(least)}")
        if length > most:
            raise ValueError(f"must be at most {duration_text(most)}")
        return length

    return AfterValidator(checked)


def _name(text: str) -> str:
    if not text.strip() or text != text.strip() or not text.isprintable() or len(text) > MOST_NAME:
        raise ValueError(f"a name is one line of 1 to {MOST_NAME} printable characters")
    return text


def _listen(text: str) -> Listen | None:
    if not text.strip():
        return None
    host, _, port = text.strip().rpartition(":")
    if not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65_536 or not host:
        raise ValueError(f"{shown(text)} is no address and port: write it as 127.0.0.1:8089")
    host = host.removeprefix("[").removesuffix("]")
    if host != "localhost":
        try:
            ip_address(host)
        except ValueError as error:
            raise ValueError(f"{shown(host)} is no IP address of this machine") from error
    return Listen(host=host, port=int(port))


def _list_name(text: str) -> str:
    if not _LIST_NAME.fullmatch(text):
        raise ValueError("the name of a list is letters, digits, '_' and '-' only")
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty: write a value or leave the key out")
    if "\0" in text:
        raise ValueError("holds a NUL character: remove it")
    return text.strip()


def _argument(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character: remove it")
    return text


@lru_cache(maxsize=1000)
def _zone(text: str) -> str:
    if find_zone(text) is None:
        raise ValueError(f"{shown(text)} is no time zone{_zone_meant(text)}")
    return text


def _zone_meant(text: str) -> str:
    """A city alone names its zone; else the nearest one; else the form."""
    zones = available_timezones()
    word = text.strip().replace(" ", "_").casefold()
    for zone in sorted(zones):
        if word and word in (zone.casefold(), zone.casefold().rpartition("/")[2]):
            return f": write {zone}"
    return nearest(text, zones) or ": write one as America/Phoenix (tz database)"


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{shown(text)} is no time of day: write one as 08:00")
    return time(int(found[1]), int(found[2]))


def _digest(text: str) -> DigestTime:
    day, _, clock = text.strip().lower().rpartition(" ")
    if day and day not in DAYS:
        meant = nearest(day, DAYS) or f": write one of {', '.join(DAYS)}"
        raise ValueError(f"{shown(day)} is no day{meant}")
    return DigestTime(at=_clock(clock), weekday=DAYS.index(day) if day else None)


def _cidr(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{shown(text)} is no network: write one as 10.0.0.0/8") from error
    return text


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{shown(text)} is no e-mail address: write one as desk@example.org")
    return text


def _contact(text: str) -> str:
    if text.isascii() and text.isprintable() and len(text) <= MOST_CONTACT:
        address = text.removeprefix("mailto:").partition("?")[0]
        if text.startswith("mailto:") and _ADDRESS.fullmatch(address):
            return text
        if re.fullmatch(r"https://[^\s<>\"/]+[^\s<>\"]*", text):
            return text
    raise ValueError(
        f"{shown(text)} is no way to unsubscribe: write mailto:desk@example.org or an https address"
    )


def _mailbox(text: str) -> str:
    found = _MAILBOX.fullmatch(text)
    _address(found[2] if found else text)
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"{shown(text)} is no language: write one as en, es or en-US")
    return text


def _field_name(text: str) -> str:
    if not _FIELD_NAME.fullmatch(text):
        raise ValueError("is no name of a header: letters, digits and '-' only")
    return text


def _field_value(text: str) -> str:
    if not _FIELD_VALUE.fullmatch(text):
        raise ValueError("a header's value is one line")
    return text


def _listed(value: Any) -> Any:
    """One word stands for a list of one."""
    return [value] if isinstance(value, str) else value


def one_or_more(kind: Any) -> BeforeValidator:
    """Lets a list of one be written without its brackets."""
    return BeforeValidator(_listed, json_schema_input_type=kind | list[kind])


_duration_input = Annotated[str, Field(pattern="^[0-9]+ ?[smhd]$", examples=["90s", "15m", "2h"])]
_size_input = Annotated[str, Field(pattern="^[0-9]+ ?(B|[kKMG]i?B)$", examples=["64kB", "10MB"])]

Duration = Annotated[
    timedelta,
    BeforeValidator(_text_or(duration), json_schema_input_type=_duration_input),
]
Interval = Annotated[Duration, _between(SHORTEST_POLL, timedelta(days=365))]
CommandTimeout = Annotated[Duration, _between(timedelta(seconds=1), timedelta(minutes=2))]
Timeout = Annotated[Duration, _between(timedelta(seconds=1), timedelta(minutes=10))]
UnchangedEntries = Annotated[Duration, _between(timedelta(days=1), LONGEST)]
PublishRate = Annotated[Duration, _between(timedelta(seconds=1), timedelta(days=1))]
ListenAt = Annotated[
    Listen | None,
    BeforeValidator(
        _text_or(_listen), json_schema_input_type=Annotated[str, Field(examples=["127.0.0.1:8089"])]
    ),
]
Size = Annotated[
    int,
    BeforeValidator(_text_or(size), json_schema_input_type=_size_input),
]
ClockTime = Annotated[
    time,
    BeforeValidator(
        _text_or(_clock), json_schema_input_type=Annotated[str, Field(examples=["22:00"])]
    ),
]
DigestClock = Annotated[
    DigestTime,
    BeforeValidator(
        _text_or(_digest),
        json_schema_input_type=Annotated[str, Field(examples=["08:00", "mon 08:00"])],
    ),
]
Argument = Annotated[str, AfterValidator(_argument)]
Text = Annotated[str, AfterValidator(_filled)]
Name = Annotated[str, AfterValidator(_name)]
ListName = Annotated[str, AfterValidator(_list_name)]
Zone = Annotated[str, AfterValidator(_zone)]
Cidr = Annotated[str, AfterValidator(_cidr)]
Address = Annotated[str, AfterValidator(_address)]
Contact = Annotated[str, AfterValidator(_contact)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Language = Annotated[str, AfterValidator(_language)]
FieldName = Annotated[str, AfterValidator(_field_name)]
FieldValue = Annotated[str, AfterValidator(_field_value)]
