"""When a source is polled and an article is read next.

The result of a poll or a read in; the time of the next one, or a warning about the source, out.
Open `schedule.py` first; `adaptive_interval.py` adapts the interval to a source's publish rate,
`source_report.py` is what `sources check` prints.
"""

from monitor.core.polling.adaptive_interval import (
    adapted_interval,
    failure_trouble,
    publish_rate,
    silence_trouble,
)
from monitor.core.polling.schedule import (
    DAY,
    FRESH_FOR,
    GONE_FOR,
    GONE_RETRY,
    GONE_TIMES,
    REREAD_FOR,
    first_poll_at,
    next_poll_at,
    next_read_at,
    page_retry_at,
    poll_retry_at,
)
from monitor.core.polling.source_report import SourceReport, report_failure, report_feed

__all__ = [
    "DAY",
    "FRESH_FOR",
    "GONE_FOR",
    "GONE_RETRY",
    "GONE_TIMES",
    "REREAD_FOR",
    "SourceReport",
    "adapted_interval",
    "failure_trouble",
    "first_poll_at",
    "next_poll_at",
    "next_read_at",
    "page_retry_at",
    "poll_retry_at",
    "publish_rate",
    "report_failure",
    "report_feed",
    "silence_trouble",
]
