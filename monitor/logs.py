"""Log lines: key=value on a terminal, JSON elsewhere; one a result, written at the edge."""

import logging
import sys
from typing import Any

import structlog

from monitor.core.clean import clean_line
from monitor.core.urls import redacted
from monitor.work import Outcome

QUIET = frozenset({"unchanged", "same", "late"})  # worth a line only to somebody who debugs
LIMIT = 500  # characters of a value


def configure(*, debug: bool = False) -> None:
    """To stderr; whatever the world said is printable in it."""
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
            _printable,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if debug else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _printable(_: Any, __: str, event: Any) -> Any:
    return {k: clean_line(v, LIMIT) if isinstance(v, str) else v for k, v in event.items()}


def result(outcome: Outcome) -> None:
    """One line for one piece of work."""
    log = structlog.get_logger()
    fields: dict[str, Any] = {"desk": outcome.desk, "subject": outcome.subject}
    fields |= {
        key: value
        for key in ("new", "changed", "alerts", "title", "error")
        if (value := getattr(outcome, key))
    }
    if outcome.url:
        fields["url"] = redacted(outcome.url)
    say = log.debug if outcome.result in QUIET else log.warning if outcome.error else log.info
    say(outcome.result, **fields)


def alarm(desk: str, error: Exception) -> None:
    """Something that nobody expected, or the database said no: the desk goes on."""
    structlog.get_logger().error("failed", desk=desk, error=f"{type(error).__name__}: {error}")


def say(event: str, **fields: object) -> None:
    structlog.get_logger().info(event, **fields)


def warn(event: str, **fields: object) -> None:
    structlog.get_logger().warning(event, **fields)
