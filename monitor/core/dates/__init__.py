"""Written dates and time zones.

A text in; a day, a time and a zone out. The only parser of dates there is.
Open `parse.py` first; `words.py` holds the names of months and zones.
"""

from monitor.core.dates.parse import WrittenDate, fold, is_month_first, parse_date, parse_instant
from monitor.core.dates.retry_after import LONGEST_WAIT, parse_retry_after
from monitor.core.dates.times import parse_clock
from monitor.core.dates.words import MONTHS
from monitor.core.dates.zones import find_zone, zone_or_utc

__all__ = [
    "LONGEST_WAIT",
    "MONTHS",
    "WrittenDate",
    "find_zone",
    "fold",
    "is_month_first",
    "parse_clock",
    "parse_date",
    "parse_instant",
    "parse_retry_after",
    "zone_or_utc",
]
