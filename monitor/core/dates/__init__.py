"""Dates, times of day, time zones and the Retry-After header: parsed, and written for readers.

The only date parser of the program: feeds, pages and headers share it. Open `parse.py` first;
`locale_data.py` holds the names of months and zones.
"""

from monitor.core.dates.format import format_clock, format_day
from monitor.core.dates.locale_data import MONTHS
from monitor.core.dates.parse import (
    ParsedDate,
    fold_accents,
    is_month_first,
    parse_date,
    parse_instant,
)
from monitor.core.dates.retry_after import MAX_RETRY_AFTER, parse_retry_after
from monitor.core.dates.times import parse_time_of_day
from monitor.core.dates.zones import find_zone, zone_or_utc

__all__ = [
    "MAX_RETRY_AFTER",
    "MONTHS",
    "ParsedDate",
    "find_zone",
    "fold_accents",
    "format_clock",
    "format_day",
    "is_month_first",
    "parse_date",
    "parse_instant",
    "parse_retry_after",
    "parse_time_of_day",
    "zone_or_utc",
]
