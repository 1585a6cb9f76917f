"""How long a server asks us to wait: Retry-After, read alike for sites and for receivers."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(hours=24)
_LONGEST_DATE = 100  # characters


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Retry-After in seconds or as a date (RFC 9110, 10.2.3), from zero to a day.

    None where the header is missing or says nothing that can be obeyed: text, a negative number, a
    fraction, or a date that has passed, which a server's slow clock makes of every date. Whoever
    asked then waits as after any other failure. 429 and 503 are the only statuses it is read for.
    """
    text = (value or "").strip(" \t")
    if re.fullmatch(r"[0-9]+", text):
        seconds = int(text.lstrip("0")[:9] or "0")  # more digits are years, whatever they are
        return min(timedelta(seconds=seconds), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text[:_LONGEST_DATE])
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(wait, LONGEST_WAIT) if wait > timedelta(0) else None
