"""Instants on the command line: formatted for people or programs, and parsed from arguments."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import click

from monitor.core.dates import zone_or_utc
from monitor.model import utc_instant

NEAR = timedelta(hours=1)  # either way, formatted in minutes
FAR = timedelta(days=180)  # either way, formatted with the year, as `ls -l` does


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Format of instants. `exact`: as they are stored, UTC with a Z."""

    zone: tzinfo
    now: datetime
    exact: bool

    def format(self, text: str | None) -> str:
        """Format a stored instant; None is an empty text."""
        if text is None:
            return ""
        return text if self.exact else format_short(utc_instant(text), self.now, self.zone)

    def format_date(self, text: str) -> str:
        """Format a stored instant as a date, however near, as after `until` or `since`."""
        return text if self.exact else _format_date(utc_instant(text), self.now, self.zone)


def format_short(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Format as `3 min ago`, `in 20 min`, `11-24 18:36`; as `2025-03-09` if half a year away."""
    away = at - now
    minutes = int(abs(away) / timedelta(minutes=1))
    if abs(away) < NEAR:
        if minutes == 0:
            return "now"
        return f"in {minutes} min" if away > timedelta(0) else f"{minutes} min ago"
    return _format_date(at, now, zone)


def _format_date(at: datetime, now: datetime, zone: tzinfo) -> str:
    there = at.astimezone(zone)
    return f"{there:%Y-%m-%d}" if abs(at - now) > FAR else f"{there:%m-%d %H:%M}"


class WhenParam(click.ParamType[datetime]):
    """So long ago (`2d`), a day (`2026-11-20`) or an instant (`2026-11-20T18:00`).

    Days and instants without an offset are of the reader's zone. `ends`: a day means its end.
    """

    name = "moment"

    def __init__(self, *, ends: bool = False) -> None:
        self._ends = ends

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse the argument to an instant; fails with a usage error."""
        if isinstance(value, datetime):
            return value
        from monitor.config import parse_duration

        if re.match(r"\d{4}-", value):
            return self._dated(value, param, ctx)
        try:
            return datetime.now(UTC) - parse_duration(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither a time such as 2d nor a day such as 2026-11-20", param)

    def _dated(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                day = date.fromisoformat(value) + timedelta(days=int(self._ends))
                at = datetime.combine(day, time())
            else:
                at = datetime.fromisoformat(value)
            return (at if at.tzinfo else at.replace(tzinfo=_reader_zone(ctx))).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no day such as 2026-11-20 and no instant", param, ctx)


def _reader_zone(ctx: click.Context | None) -> tzinfo:
    from monitor.cli.context import basics

    return zone_or_utc(basics(ctx).timezone if ctx else "UTC")
