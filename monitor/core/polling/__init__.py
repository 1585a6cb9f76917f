"""When a source or an article is visited next.

What a visit brought in; an instant out.
Open `schedule.py` first; `adaptive_interval.py` follows a source's own rhythm.
"""

from monitor.core.polling.adaptive_interval import (
    adapted_interval,
    failure_trouble,
    publish_rate,
    silence_trouble,
)
from monitor.core.polling.schedule import (
    DAY,
    FRESH,
    GONE_AGAIN,
    GONE_FOR,
    GONE_TIMES,
    READ_AGAIN_FOR,
    after_failed_poll,
    first_poll,
    next_poll,
    next_reading,
    next_try,
)
from monitor.core.polling.source_report import SourceReport, report_failure, report_feed

__all__ = [
    "DAY",
    "FRESH",
    "GONE_AGAIN",
    "GONE_FOR",
    "GONE_TIMES",
    "READ_AGAIN_FOR",
    "SourceReport",
    "adapted_interval",
    "after_failed_poll",
    "failure_trouble",
    "first_poll",
    "next_poll",
    "next_reading",
    "next_try",
    "publish_rate",
    "report_failure",
    "report_feed",
    "silence_trouble",
]
