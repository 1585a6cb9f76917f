"""Per-article damping: at most so many update messages of one article per channel and day.

Only alerts of reason `updated` count and are held. A message with any other reason is sent, and
absorbs the held ones. Of several topics the highest `at_most` applies; 0 is no limit.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from monitor.contracts import PendingAlert
from monitor.core.alerts.digest_times import next_midnight
from monitor.core.dates import zone_or_utc
from monitor.model import ArticleId, Reason
from monitor.settings import Topic

EDITS = "edits"


def damped_until(
    alerts: Sequence[PendingAlert],
    topics: Iterable[Topic | None],
    sent: Iterable[datetime],
    zone: str,
    now: datetime,
) -> datetime | None:
    """The end of the reader's day, if these alerts exceed its limit; None: they are sent.

    `sent`: creation times of the channel's update messages about the article, of the last day.
    `zone`: the reader's, an IANA name.
    """
    if any(alert.reason is not Reason.UPDATED for alert in alerts):
        return None
    limits = [topic.at_most for topic in topics if topic is not None]
    if not limits or 0 in limits:
        return None
    tz = zone_or_utc(zone)
    today = now.astimezone(tz).date()
    if sum(at.astimezone(tz).date() == today for at in sent) < max(limits):
        return None
    return next_midnight(zone, now)


def edits_group(article_id: ArticleId | None) -> str:
    """Name of the group in which held updates of one article collect."""
    return f"{EDITS} {article_id}"
