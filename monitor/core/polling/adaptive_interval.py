"""A source's own rhythm: how often it publishes, how often to ask, and when it is in trouble.

Does not remember anything: what the last polls taught arrives with the ClaimedSource.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from monitor.contracts import ClaimedSource, PublishRate
from monitor.errors import MonitorError, ParseError
from monitor.model import Feed
from monitor.settings import PollSettings

NEWEST = 20  # entries that give the publish rate
DUPLICATES = 2  # polls for each entry that may be expected
SLOWER = 1.2  # what an unchanged answer does to the interval
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
    """Measure the rate by the dates of the newest entries; without any, return the last one."""
    dates = {entry.published for entry in feed.entries if entry.published}
    newest = sorted((at for at in dates | feed.unchanged.published if at <= now), reverse=True)
    newest, last = newest[:NEWEST], claimed.publish_rate
    if not newest:
        return last
    gaps = [later - earlier for later, earlier in pairwise(newest)]
    gap = timedelta(seconds=median(g.total_seconds() for g in gaps)) if gaps else last.gap
    return PublishRate(interval=last.interval, gap=gap, newest_at=newest[0])


def adapted_interval(
    every: timedelta, poll: PollSettings, rate: PublishRate, feed: Feed | None, max_age: int | None
) -> timedelta:
    """How long until the next poll: `every`, unless poll.min and poll.max let it adapt.

    Then it is half of the source's own gap, so that about every second poll brings something;
    an unchanged answer slows it. What the feed asks for (TTL, sy:updatePeriod, Cache-Control) is
    its least.
    """
    if poll.min is None or poll.max is None:
        return every
    last = rate.interval or every
    wanted = rate.gap / DUPLICATES if feed is not None and rate.gap else last * SLOWER
    asked = max(_requested_interval(feed), timedelta(seconds=max_age or 0))
    return min(max(wanted, asked, poll.min), poll.max)


def _requested_interval(feed: Feed | None) -> timedelta:
    if feed is None:
        return timedelta(0)
    ttl = timedelta(minutes=feed.ttl or 0)
    return max(ttl, SY_PERIODS.get((feed.sy_period or "").lower(), timedelta(0)))


def silence_trouble(rate: PublishRate, now: datetime) -> str | None:
    """A source that has not published for much longer than it uses to."""
    if rate.gap is None or rate.newest_at is None:
        return None
    quiet = now - rate.newest_at
    if quiet < max(rate.gap * SILENT_GAPS, SILENT_FOR):
        return None
    usual = _format_length(rate.gap)
    return f"has published nothing for {_format_length(quiet)}; it used to every {usual}"


def failure_trouble(claimed: ClaimedSource, error: MonitorError, now: datetime) -> str | None:
    """A source that fails for long, or is no feed: any more, only where a poll once read one."""
    times = claimed.failures + 1
    if isinstance(error, ParseError) and times >= NO_FEED_TIMES:
        return f"is no feed{'' if claimed.body_digest is None else ' any more'}: {error}"
    since = claimed.answered_at or now
    if times >= FAILING_TIMES and now - since >= FAILING_FOR:
        return f"has failed for {_format_length(now - since)} ({times} times in a row): {error}"
    return None


def _format_length(length: timedelta) -> str:
    """`1 minute`, `47 hours`, `3 days`: rounded, and never none."""
    hours = length.total_seconds() / 3600
    if hours < 1:
        number, unit = round(hours * 60), "minute"
    elif hours < 48:
        number, unit = round(hours), "hour"
    else:
        number, unit = round(hours / 24), "day"
    return f"{max(1, number)} {unit}{'' if number <= 1 else 's'}"
