"""Structured log lines: key=value on a terminal, JSON elsewhere; one line for each outcome.

Secrets of the configuration are replaced wherever they stand in a value, and URLs lose their user,
password and query values.
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

QUIET = frozenset({"unchanged", "same", "late"})  # results that are logged at debug level
MAX_VALUE = 500  # characters
MIN_SECRET = 4  # characters; a shorter one is a part of too many words
REPLACEMENT = "…"

_ADDRESS = re.compile(r"https?://[^\s'\"<>]+", re.IGNORECASE)


class _Redactor:
    """Replaces the secrets of one configuration in texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= MIN_SECRET}
        # The longest first: one secret may begin as another does.
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def redact(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(REPLACEMENT, text)
        return _ADDRESS.sub(lambda found: redact_url(found[0]), text)


_redactor = _Redactor()


def hide_secrets(settings: Settings | tuple[()]) -> None:
    """Redact the secrets of this configuration, and of no other, from every later line."""
    global _redactor
    _redactor = _Redactor(secrets_of(settings))


def secrets_of(settings: object) -> Iterator[str]:
    """Yield the texts in fields with `repr=False`, which is how settings mark a secret."""
    if isinstance(settings, tuple):
        for each in settings:
            yield from secrets_of(each)
        return
    kind: Any = type(settings)
    for name, in_repr in _fields(kind):
        value = getattr(settings, name)
        if not value or (in_repr and isinstance(value, str)):
            continue  # nearly everything, in a configuration of many sources
        if in_repr:
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
    """Set up logging to stderr, of our own lines and of what libraries log.

    Values lose control characters: they may be text from the network.
    """
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
            _sanitize,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if debug else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger().handlers = [_LibraryHandler()]


def _sanitize(_: Any, __: str, event: Any) -> Any:
    return {k: _sanitize_text(v) if isinstance(v, str) else v for k, v in event.items()}


def _sanitize_text(text: str) -> str:
    return _redactor.redact(clean_line(text, MAX_VALUE))


class _LibraryHandler(logging.Handler):
    """Handler that writes the records of libraries in the form of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"logger": record.name}
        if record.exc_info and (error := record.exc_info[1]):
            fields["error"] = f"{type(error).__name__}: {error}"
        structlog.get_logger().log(record.levelno, record.getMessage(), **fields)


def log_outcome(outcome: Outcome) -> None:
    """Write the line of one piece of work, with the worker's name."""
    log = structlog.get_logger()
    fields: dict[str, Any] = {"desk": outcome.worker, "subject": outcome.subject}
    fields |= {
        key: value
        for key in ("new", "changed", "alerts", "title", "error", "url")
        if (value := getattr(outcome, key))
    }
    if outcome.seconds is not None:
        fields["seconds"] = round(outcome.seconds, 3)
    write = log.debug if outcome.result in QUIET else log.warning if outcome.error else log.info
    write(outcome.result, **fields)


def log_failure(worker: str, error: Exception) -> None:
    """Write an error that a worker survived: an unexpected one, or one of the database.

    An unexpected one comes with its place in the code.
    """
    fields = {"desk": worker, "error": f"{type(error).__name__}: {error}"}
    if not isinstance(error, MonitorError) and (
        frames := traceback.extract_tb(error.__traceback__)
    ):
        fields["where"] = f"{frames[-1].filename}:{frames[-1].lineno}"
    structlog.get_logger().error("failed", **fields)


def info(event: str, **fields: object) -> None:
    """Write a line at info level."""
    structlog.get_logger().info(event, **fields)


def warn(event: str, **fields: object) -> None:
    """Write a line at warning level."""
    structlog.get_logger().warning(event, **fields)
