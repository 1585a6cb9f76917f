"""When a failed delivery is tried again.

Takes the time and the jitter from its caller; holds no state.
"""

from datetime import datetime, timedelta

from monitor.core.dates import MAX_RETRY_AFTER
from monitor.errors import DeliveryError

SPREAD = 0.2  # of a wait, to either side, so that what failed together is not retried together
MOST_SPEEDUP = 10  # Retry-After may shorten a wait of the schedule to a tenth


def next_attempt_at(
    schedule: tuple[timedelta, ...],
    attempts: int,
    error: DeliveryError,
    now: datetime,
    jitter: float,
) -> datetime | None:
    """When a delivery is sent again after its `attempts`-th failure (from 1); None: never.

    `jitter` is between -1 and 1. After a permanent error, or once the schedule is used up, the
    delivery is dead.
    """
    if error.permanent or attempts > len(schedule):
        return None
    step = schedule[attempts - 1]
    if error.retry_after is None:
        return now + step * (1 + SPREAD * jitter)
    return now + _requested_wait(error.retry_after, step, jitter)


def _requested_wait(retry_after: timedelta, step: timedelta, jitter: float) -> timedelta:
    """The wait that the receiver asked for (RFC 9110, section 10.2.3), at most a day.

    It is at least a tenth of the schedule's wait: a receiver that always answers "in a second"
    would use up every attempt within seconds.
    """
    wait = max(min(retry_after, MAX_RETRY_AFTER), step / MOST_SPEEDUP)
    return min(wait * (1 + SPREAD * abs(jitter)), max(wait, MAX_RETRY_AFTER))
