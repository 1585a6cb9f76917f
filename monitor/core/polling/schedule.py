"""When a source is polled and an article is read next.

Takes the time and the jitter, a random number from −1 to 1, from its caller. Does not measure how
often a source publishes: see `adaptive_interval`.
"""

from datetime import datetime, timedelta

from monitor.errors import Gone, MonitorError

DAY = timedelta(hours=24)
SPREAD = 0.1  # of an interval, to either side
AT_ONCE = 2_000  # new sources that are due at once; one machine polls them within a minute
ALL_BY = timedelta(hours=6)  # the last new source is due by then, whatever its interval

# How often a stored article is read again: age below which the tier applies, interval, and whether
# it is for articles that match a topic only. Past the last tier an article is not read again.
TIERS = (
    (timedelta(hours=3), timedelta(minutes=15), True),
    (timedelta(days=1), timedelta(minutes=30), True),
    (timedelta(days=7), timedelta(hours=2), False),
    (timedelta(days=30), timedelta(hours=24), False),
)
FRESH_FOR = TIERS[0][0]
REREAD_FOR = TIERS[-1][0]

# The wait after each failed attempt to fetch a new article's page.
PAGE_RETRY = tuple(timedelta(minutes=m) for m in (5, 30, 120, 360, 1440))

# A page that answers 404 or 410 is retracted after so many such responses in a row, over so long.
GONE_RETRY = timedelta(minutes=30)
GONE_TIMES = 3
GONE_FOR = timedelta(hours=1)


def first_poll_at(place: int, of: int, every: timedelta, now: datetime) -> datetime:
    """When the `place`-th (from 0) of `of` new sources is polled for the first time.

    The first AT_ONCE are due now, the others evenly over their interval or ALL_BY, whichever is
    shorter: due together they would queue for minutes, and be due together ever after.
    """
    return now + min(every, ALL_BY) * max(0.0, (place - AT_ONCE) / max(1, of - AT_ONCE))


def next_poll_at(every: timedelta, now: datetime, jitter: float) -> datetime:
    """When a source is polled again after a success."""
    return now + every * (1 + SPREAD * jitter)


def poll_retry_at(
    every: timedelta, failures: int, error: MonitorError, now: datetime, jitter: float
) -> datetime | None:
    """When a source is polled again after its `failures`-th failure in a row; None after 410.

    The wait is every × (1 + failures), at most a day. Retry-After replaces it, clamped to at least
    `every` and at most a day.
    """
    if isinstance(error, Gone) and error.permanent:
        return None
    wait = min(every * (1 + failures), DAY)
    if error.retry_after is not None:
        wait = max(every, min(error.retry_after, DAY))
    return now + min(wait * (1 + SPREAD * jitter), DAY)


def next_read_at(first_seen_at: datetime, matched: bool, now: datetime) -> datetime | None:
    """When a stored article is read again; None if it is too old."""
    age = now - first_seen_at
    for until, interval, only_matched in TIERS:
        if age < until and (matched or not only_matched):
            return now + interval
    return None


def page_retry_at(attempts: int, retry_after: timedelta | None, now: datetime) -> datetime | None:
    """When a page is fetched again after `attempts` failures (from 1); None: given up.

    A Retry-After that is longer than the schedule's wait replaces it, up to a day.
    """
    if attempts > len(PAGE_RETRY):
        return None
    wait = PAGE_RETRY[attempts - 1]
    if retry_after is not None:
        wait = max(wait, min(retry_after, DAY))
    return now + wait
