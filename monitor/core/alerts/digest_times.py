"""Local times: when the next digest is due, when quiet hours end, when the day ends.

A local time that a DST change skips is replaced by the instant it would have been; one that a
change repeats counts the first time only. So each local day has each time exactly once.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.core.dates import zone_or_utc
from monitor.settings import DigestTime, Quiet

_DAYS_AHEAD = 9  # days to search; a weekly digest is at most 7 days ahead


def next_digest(digest: DigestTime, zone: str, now: datetime) -> datetime:
    """The first digest after `now`, in UTC. `zone` is an IANA name."""
    tz = zone_or_utc(zone)
    today = now.astimezone(tz).date()
    for ahead in range(_DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        if digest.weekday in (None, day.weekday()) and (at := _instant(day, digest.at, tz)) > now:
            return at
    raise AssertionError("a week has every day")


def quiet_until(quiet: Quiet, zone: str, now: datetime) -> datetime | None:
    """End of the quiet hours that `now` falls into, in UTC; None outside of them."""
    tz = zone_or_utc(quiet.timezone or zone)
    today = now.astimezone(tz).date()
    for day in (today - timedelta(days=1), today):
        last = day if quiet.start < quiet.end else day + timedelta(days=1)
        start, end = _instant(day, quiet.start, tz), _instant(last, quiet.end, tz)
        if start <= now < end:
            return end
    return None


def next_midnight(zone: str, now: datetime) -> datetime:
    """End of the local day that `now` falls into, in UTC."""
    tz = zone_or_utc(zone)
    return _instant(now.astimezone(tz).date() + timedelta(days=1), time(0), tz)


def _instant(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
