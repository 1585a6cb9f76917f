"""When a message that did not go out is tried again, or never. Told the time and the jitter."""

from datetime import datetime, timedelta

from monitor.core.dates import MAX_RETRY_AFTER
from monitor.errors import DeliveryError

SPREAD = 0.2  # of a wait, to either side: what failed together does not come back together
HASTE = 10  # a receiver may call us back this many times sooner than the schedule would


def next_attempt(
    schedule: tuple[timedelta, ...],
    attempts: int,
    error: DeliveryError,
    now: datetime,
    jitter: float,
) -> datetime | None:
    """After the `attempts`-th failure, counted from 1; `jitter` is drawn from -1 to 1.

    None: the error is permanent, or the schedule is used up.
    """
    if error.permanent or attempts > len(schedule):
        return None
    step = schedule[attempts - 1]
    if error.retry_after is None:
        return now + step * (1 + SPREAD * jitter)
    return now + _as_asked(error.retry_after, step, jitter)


def _as_asked(retry_after: timedelta, step: timedelta, jitter: float) -> timedelta:
    """The wait that a receiver asked for (RFC 9110, section 10.2.3): never less, a day at most.

    One that always answers "in a second" would use up every attempt within seconds: so the
    schedule keeps a floor under it, low at first.
    """
    wait = max(min(retry_after, MAX_RETRY_AFTER), step / HASTE)
    return min(wait * (1 + SPREAD * abs(jitter)), max(wait, MAX_RETRY_AFTER))
