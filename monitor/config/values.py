"""Field types of config.yaml alone; `monitor.fields.types` has those it shares with channels."""

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator

from monitor.fields.hints import quoted
from monitor.fields.types import Duration, between, example_text, from_text
from monitor.fields.units import MAX_DURATION, parse_size
from monitor.settings import Listen

_LIST_NAME = re.compile(r"[\w-]{1,50}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # BCP 47, the frequent part


def _listen(text: str) -> Listen | None:
    if not text.strip():
        return None
    host, _, port = text.strip().rpartition(":")
    if not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65_536 or not host:
        raise ValueError(f"{quoted(text)} is no address and port: write it as 127.0.0.1:8089")
    host = host.removeprefix("[").removesuffix("]")
    if host != "localhost":
        try:
            ip_address(host)
        except ValueError as error:
            raise ValueError(f"{quoted(host)} is no IP address of this machine") from error
    return Listen(host=host, port=int(port))


def _list_name(text: str) -> str:
    if not _LIST_NAME.fullmatch(text):
        raise ValueError("the name of a list is letters, digits, '_' and '-' only")
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"{quoted(text)} is no language: write one as en, es or en-US")
    return text


PollInterval = Annotated[Duration, between(timedelta(seconds=1), timedelta(days=365))]
Timeout = Annotated[Duration, between(timedelta(seconds=1), timedelta(minutes=10))]
RetentionTime = Annotated[Duration, between(timedelta(days=1), MAX_DURATION)]
HeartbeatInterval = Annotated[Duration, between(timedelta(seconds=1), timedelta(days=1))]
ListenAt = Annotated[Listen | None, from_text(_listen, Listen, example_text("127.0.0.1:8089"))]
Size = Annotated[
    int,
    from_text(parse_size, int, example_text("64kB", "10MB", pattern="^[0-9]+ ?(B|[kKMG]i?B)$")),
]
ListName = Annotated[str, AfterValidator(_list_name)]
Language = Annotated[str, AfterValidator(_language)]
