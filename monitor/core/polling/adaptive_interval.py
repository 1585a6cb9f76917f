"""A source's publish rate, the poll interval adapted to it, and warnings about a failing source.

Holds no state: what earlier polls measured arrives with the ClaimedSource.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from monitor.contracts import ClaimedSource, PublishRate
from monitor.errors import MonitorError, ParseError
from monitor.model import Feed
from monitor.settings import PollSettings

RATE_ENTRIES = 20  # newest entries that the publish rate is measured on
POLLS_PER_ENTRY = 2
UNCHANGED_FACTOR = 1.2  # the interval grows by it after an unchanged response
SY_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}

FAILING_TIMES, FAILING_FOR = 5, timedelta(hours=6)
NO_FEED_TIMES = 3
SILENT_GAPS, SILENT_FOR = 10, timedelta(hours=48)


def publish_rate(feed: Feed, claimed: ClaimedSource, now: datetime) -> PublishRate:
    """Measure the publish rate by the dates of the newest entries.

    Dates in the future are ignored. Without any date the stored rate is returned.
    """
    dates = {entry.published for entry in feed.entries if entry.published}
    dates |= feed.unchanged.published
    newest = sorted((at for at in dates if at <= now), reverse=True)[:RATE_ENTRIES]
    stored = claimed.publish_rate
    if not newest:
        return stored
    gaps = [later - earlier for later, earlier in pairwise(newest)]
    gap = timedelta(seconds=median(g.total_seconds() for g in gaps)) if gaps else stored.gap
    return PublishRate(interval=stored.interval, gap=gap, newest_at=newest[0])


def adapted_interval(
    every: timedelta, poll: PollSettings, rate: PublishRate, feed: Feed | None, max_age: int | None
) -> timedelta:
    """Time until the next poll: `every`, or adapted where poll.min and poll.max are both set.

    The adapted interval is half of the source's gap, so that about every second poll finds an
    entry; an unchanged response (`feed` None) lengthens it. It is at least what the feed asks for
    (TTL, sy:updatePeriod) and `max_age`, the seconds of Cache-Control.
    """
    if poll.min is None or poll.max is None:
        return every
    last = rate.interval or every
    wanted = last * UNCHANGED_FACTOR
    if feed is not None and rate.gap:
        wanted = rate.gap / POLLS_PER_ENTRY
    requested = max(_requested_interval(feed), timedelta(seconds=max_age or 0))
    return min(max(wanted, requested, poll.min), poll.max)


def _requested_interval(feed: Feed | None) -> timedelta:
    if feed is None:
        return timedelta(0)
    ttl = timedelta(minutes=feed.ttl or 0)
    return max(ttl, SY_PERIODS.get((feed.sy_period or "").lower(), timedelta(0)))


def silence_trouble(rate: PublishRate, now: datetime) -> str | None:
    """Warning about a source that publishes far less often than before; None if it does not."""
    if rate.gap is None or rate.newest_at is None:
        return None
    silence = now - rate.newest_at
    if silence < max(rate.gap * SILENT_GAPS, SILENT_FOR):
        return None
    return (
        f"has published nothing for {_format_length(silence)};"
        f" it used to every {_format_length(rate.gap)}"
    )


def failure_trouble(claimed: ClaimedSource, error: MonitorError, now: datetime) -> str | None:
    """Warning about a source that has failed for long or is no feed; None before that.

    It says "any more" only where an earlier poll did read a feed.
    """
    times = claimed.failures + 1
    if isinstance(error, ParseError) and times >= NO_FEED_TIMES:
        return f"is no feed{'' if claimed.body_digest is None else ' any more'}: {error}"
    since = claimed.answered_at or now
    if times >= FAILING_TIMES and now - since >= FAILING_FOR:
        return f"has failed for {_format_length(now - since)} ({times} times in a row): {error}"
    return None


def _format_length(length: timedelta) -> str:
    """`1 minute`, `47 hours`, `3 days`: rounded, and never 0."""
    hours = length.total_seconds() / 3600
    if hours < 1:
        number, unit = round(hours * 60), "minute"
    elif hours < 48:
        number, unit = round(hours), "hour"
    else:
        number, unit = round(hours / 24), "day"
    return f"{max(1, number)} {unit}{'' if number <= 1 else 's'}"
