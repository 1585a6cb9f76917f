"""Wall clocks: when the next digest goes out, and whether a channel is silent now.

A local time that a change of the clocks skips is the instant that would have been; one that comes
twice counts the first time only. So each local day has each time exactly once.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.core.dates import zone_or_utc
from monitor.settings import DigestTime, Quiet

_WEEK = 8  # days after which every weekday has come again


def next_digest(digest: DigestTime, zone: str, now: datetime) -> datetime:
    """The first time after `now`, in UTC."""
    here = zone_or_utc(zone)
    today = now.astimezone(here).date()
    for ahead in range(_WEEK + 1):
        day = today + timedelta(days=ahead)
        if digest.weekday in (None, day.weekday()) and (at := _instant(day, digest.at, here)) > now:
            return at
    raise AssertionError("a week has every day")


def quiet_until(quiet: Quiet, zone: str, now: datetime) -> datetime | None:
    """When the silence ends that `now` lies in, in UTC; None: it does not."""
    here = zone_or_utc(quiet.timezone or zone)
    today = now.astimezone(here).date()
    for day in (today - timedelta(days=1), today):
        last = day if quiet.start < quiet.end else day + timedelta(days=1)
        start, end = _instant(day, quiet.start, here), _instant(last, quiet.end, here)
        if start <= now < end:
            return end
    return None


def next_midnight(zone: str, now: datetime) -> datetime:
    """The end of the day that `now` lies in, in UTC."""
    here = zone_or_utc(zone)
    return _instant(now.astimezone(here).date() + timedelta(days=1), time(0), here)


def _instant(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
