"""Parses the Retry-After header (RFC 9110, section 10.2.3) of sites and webhook receivers."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = timedelta(hours=24)
_MAX_DATE_LENGTH = 100  # characters


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return the wait that a Retry-After header asks for, given in seconds or as a date.

    At most `MAX_RETRY_AFTER`. None if the header is missing, malformed, negative or fractional,
    or if its date has passed (the server's clock may be slow): the caller then backs off as after
    any other failure. Meant for responses with status 429 and 503.
    """
    text = (value or "").strip(" \t")
    if re.fullmatch(r"[0-9]+", text):
        seconds = int(text.lstrip("0")[:9] or "0")  # nine digits exceed the maximum already
        return min(timedelta(seconds=seconds), MAX_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(text[:_MAX_DATE_LENGTH])
        wait = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(wait, MAX_RETRY_AFTER) if wait > timedelta(0) else None
