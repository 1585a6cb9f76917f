"""Which alerts an article raises, to which channels they are sent, and when.

What happened to an article and what the users configured in; alerts and outgoing messages, sent at
once or held, out. Open `routing.py` first, then `batching.py`; `retry.py` is for failed deliveries.
"""

from monitor.core.alerts.batching import CALENDAR_GROUPS, hold, rehold
from monitor.core.alerts.operator_messages import failed_delivery_message, removed_channel_message
from monitor.core.alerts.reasons import (
    MAX_NAME_CHARS,
    format_edit_run,
    label_of,
    reason_lines,
    topics_of,
)
from monitor.core.alerts.retry import next_attempt_at
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
    "CALENDAR_GROUPS",
    "MAX_NAME_CHARS",
    "Policy",
    "apply_silences",
    "change_alerts",
    "failed_delivery_message",
    "first_alerts",
    "format_edit_run",
    "hold",
    "label_of",
    "next_attempt_at",
    "outgoing_messages",
    "reason_lines",
    "rehold",
    "removed_channel_message",
    "retraction_alerts",
    "spread_alerts",
    "topics_of",
]
