"""When to visit next. `jitter` is a number from −1 to 1 that the caller draws."""

from datetime import datetime, timedelta

from monitor.errors import Gone, MonitorError

DAY = timedelta(hours=24)
SPREAD = 0.1  # of an interval, to either side
AT_ONCE = 2_000  # sources, that one machine polls for the first time in a minute
ALL_BY = timedelta(hours=6)  # the last of them, whatever their interval

# How often a stored article is read again, by its age; past the last tier never.
# The first two tiers are for articles that match a topic.
TIERS = (
    (timedelta(hours=3), timedelta(minutes=15), True),
    (timedelta(days=1), timedelta(minutes=30), True),
    (timedelta(days=7), timedelta(hours=2), False),
    (timedelta(days=30), timedelta(hours=24), False),
)
FRESH = TIERS[0][0]
READ_AGAIN_FOR = TIERS[-1][0]

# When a page that could not be had is asked for again.
PAGE_RETRY = tuple(timedelta(minutes=m) for m in (5, 30, 120, 360, 1440))

GONE_AGAIN = timedelta(minutes=30)
GONE_TIMES = 3  # a page is retracted once it was gone this often in a row …
GONE_FOR = timedelta(hours=1)  # … over at least this long


def first_poll(place: int, of: int, every: timedelta, now: datetime) -> datetime:
    """Of the `place`-th, from 0, of so many sources that are new together.

    The first are polled at once, the others in turn over their interval, or the first hours of a
    long one: so many would queue for minutes, and fall due together ever after.
    """
    return now + min(every, ALL_BY) * max(0.0, (place - AT_ONCE) / max(1, of - AT_ONCE))


def next_poll(every: timedelta, now: datetime, jitter: float) -> datetime:
    """After an answer."""
    return now + every * (1 + SPREAD * jitter)


def after_failed_poll(
    every: timedelta, failures: int, error: MonitorError, now: datetime, jitter: float
) -> datetime | None:
    """After the `failures`-th failure in a row: every × (1 + failures), at most a day.

    Retry-After is obeyed between that interval and a day. None: only 410 stops a source.
    """
    if isinstance(error, Gone) and error.permanent:
        return None
    wait = min(every * (1 + failures), DAY)
    if error.retry_after is not None:
        wait = max(every, min(error.retry_after, DAY))
    return now + min(wait * (1 + SPREAD * jitter), DAY)


def next_reading(first_seen_at: datetime, matched: bool, now: datetime) -> datetime | None:
    """When to read a stored article again; None: never."""
    age = now - first_seen_at
    for until, interval, only_matched in TIERS:
        if age < until and (matched or not only_matched):
            return now + interval
    return None


def next_try(attempts: int, retry_after: timedelta | None, now: datetime) -> datetime | None:
    """When to ask again for a page that could not be had `attempts` times; None: never."""
    if attempts > len(PAGE_RETRY):
        return None
    wait = PAGE_RETRY[attempts - 1]
    if retry_after is not None:
        wait = max(wait, min(retry_after, DAY))
    return now + wait
