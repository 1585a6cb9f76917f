"""Who is outgoing_messages which alert, and when.

What happened and what users asked for in; messages outgoing_messages, now or held, out.
Open `routing.py` first, then `batching.py`; `retry.py` is for failed deliveries.
"""

from monitor.core.alerts.batching import BY_THE_CLOCK, hold, rehold
from monitor.core.alerts.operator_messages import channel_removed, trouble
from monitor.core.alerts.reasons import NAME_LETTERS, label_of, several, topics_of, why
from monitor.core.alerts.retry import next_attempt
from monitor.core.alerts.routing import (
    Policy,
    change_alerts,
    first_alerts,
    outgoing_messages,
    retraction_alerts,
    spread_alerts,
)
from monitor.core.alerts.silences import apply_silences

__all__ = [
    "BY_THE_CLOCK",
    "NAME_LETTERS",
    "Policy",
    "apply_silences",
    "change_alerts",
    "channel_removed",
    "first_alerts",
    "hold",
    "label_of",
    "next_attempt",
    "outgoing_messages",
    "rehold",
    "retraction_alerts",
    "several",
    "spread_alerts",
    "topics_of",
    "trouble",
    "why",
]
