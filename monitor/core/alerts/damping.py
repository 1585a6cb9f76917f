"""Per-article damping: how many update messages of one article a channel is sent in a day.

Only alerts of reason `updated` are counted and wait. A message that carries any other reason goes
out, and takes along what waited. Of several topics the most generous `at_most` decides.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from monitor.contracts import PendingAlert
from monitor.core.alerts.digest_times import next_midnight
from monitor.core.dates import zone_or_utc
from monitor.model import ArticleId, Reason
from monitor.settings import Topic

EDITS = "edits"


def waits_until(
    alerts: Sequence[PendingAlert],
    topics: Iterable[Topic | None],
    sent: Iterable[datetime],
    zone: str,
    now: datetime,
) -> datetime | None:
    """The end of the reader's day, when these alerts exceed its limit; None: they go out.

    `sent`: when the channel's update messages about the article were made, of the last day.
    """
    if any(due.reason is not Reason.UPDATED for due in alerts):
        return None
    limits = [topic.at_most for topic in topics if topic is not None]
    if not limits or 0 in limits:
        return None
    here = zone_or_utc(zone)
    today = now.astimezone(here).date()
    if sum(at.astimezone(here).date() == today for at in sent) < max(limits):
        return None
    return next_midnight(zone, now)


def edits_group(article_id: ArticleId | None) -> str:
    """The group in which updates of one article wait."""
    return f"{EDITS} {article_id}"
