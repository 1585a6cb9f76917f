"""Log lines: key=value on a terminal, JSON elsewhere; one a result, written at the edge.

Nothing secret passes: what the configuration holds as a secret is struck out wherever it stands,
and addresses lose their user, password and query values.
"""

import dataclasses
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import structlog

from monitor.contracts import Outcome
from monitor.core.text import clean_line, redact_url
from monitor.errors import MonitorError
from monitor.settings import Settings

QUIET = frozenset({"unchanged", "same", "late"})  # worth a line only to somebody who debugs
LIMIT = 500  # characters of a value
SHORTEST_SECRET = 4  # what is shorter stands in too many words
STRUCK = "…"

_ADDRESS = re.compile(r"https?://[^\s'\"<>]+", re.IGNORECASE)


class _Veil:
    """Strikes out the secrets of one configuration."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {one for one in secrets if len(one) >= SHORTEST_SECRET}
        # The longest first: one secret may begin as another does.
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def over(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(STRUCK, text)
        return _ADDRESS.sub(lambda found: redact_url(found[0]), text)


_veil = _Veil()


def hide(settings: Settings | tuple[()]) -> None:
    """From now on no line shows a secret of this configuration."""
    global _veil
    _veil = _Veil(secrets_of(settings))


def secrets_of(settings: object) -> Iterator[str]:
    """Every text in a field that does not show in a repr: that is how settings mark a secret."""
    if isinstance(settings, tuple):
        for each in settings:
            yield from secrets_of(each)
        return
    kind: Any = type(settings)
    for name, shows in _fields(kind):
        value = getattr(settings, name)
        if not value or (shows and isinstance(value, str)):
            continue  # nearly everything, in a configuration of many sources
        if shows:
            yield from secrets_of(value)
        elif name == "headers":
            yield from _texts(tuple(dict(value).values()))
        else:
            yield from _texts(value)


@cache
def _fields(kind: Any) -> tuple[tuple[str, bool], ...]:
    """Return each field of a dataclass or pydantic model, and whether its repr shows it."""
    if dataclasses.is_dataclass(kind):
        return tuple((field.name, field.repr) for field in dataclasses.fields(kind))
    described: dict[str, Any] = getattr(kind, "model_fields", {})
    return tuple((name, bool(field.repr)) for name, field in described.items())


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield value.rpartition(" ")[2]  # `Bearer …`, `Basic …`: without the scheme too
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)


def configure(*, debug: bool = False) -> None:
    """To stderr; whatever the world said is printable in it. Libraries' warnings come along."""
    terminal = sys.stderr.isatty()
    last: Any = (
        structlog.dev.ConsoleRenderer()
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _presentable,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if debug else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger().handlers = [_FromLibraries()]


def _presentable(_: Any, __: str, event: Any) -> Any:
    return {k: _shown(v) if isinstance(v, str) else v for k, v in event.items()}


def _shown(text: str) -> str:
    return _veil.over(clean_line(text, LIMIT))


class _FromLibraries(logging.Handler):
    """Gives what libraries log the form of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"logger": record.name}
        if record.exc_info and (error := record.exc_info[1]):
            fields["error"] = f"{type(error).__name__}: {error}"
        structlog.get_logger().log(record.levelno, record.getMessage(), **fields)


def result(outcome: Outcome) -> None:
    """One line for one piece of work."""
    log = structlog.get_logger()
    fields: dict[str, Any] = {"desk": outcome.worker, "subject": outcome.subject}
    fields |= {
        key: value
        for key in ("new", "changed", "alerts", "title", "error", "url")
        if (value := getattr(outcome, key))
    }
    if outcome.seconds is not None:
        fields["seconds"] = round(outcome.seconds, 3)
    say = log.debug if outcome.result in QUIET else log.warning if outcome.error else log.info
    say(outcome.result, **fields)


def alarm(desk: str, error: Exception) -> None:
    """Something that nobody expected, or the database said no: the desk goes on."""
    fields = {"desk": desk, "error": f"{type(error).__name__}: {error}"}
    if not isinstance(error, MonitorError) and (
        frames := traceback.extract_tb(error.__traceback__)
    ):
        fields["where"] = f"{frames[-1].filename}:{frames[-1].lineno}"  # a defect of ours
    structlog.get_logger().error("failed", **fields)


def say(event: str, **fields: object) -> None:
    structlog.get_logger().info(event, **fields)


def warn(event: str, **fields: object) -> None:
    structlog.get_logger().warning(event, **fields)
