"""What passes between a worker and the store: claimed work, its result, what to write.

Every claimed value carries its `lease`; settling with a lease that no longer holds writes nothing.
`polling`, `reading` and `sending` hold a worker's contract each; `known` is what the store recalls
of an article, `decision` what it is to write about it, `stats` what is logged and measured.
"""

from monitor.contracts.decision import (
    Decide,
    Decision,
    OutgoingMessage,
    PendingAlert,
    Stale,
    Verdict,
)
from monitor.contracts.known import Known, KnownArticle, KnownRevision, KnownStory
from monitor.contracts.polling import Announced, ClaimedSource, Polled, PollFailed, PublishRate
from monitor.contracts.reading import Address, Comparison, Reading, Visit
from monitor.contracts.sending import ClaimedDelivery, NotSent, Sent, TooLarge
from monitor.contracts.stats import Backlog, Outcome, Stats

__all__ = [
    "Address",
    "Announced",
    "Backlog",
    "ClaimedDelivery",
    "ClaimedSource",
    "Comparison",
    "Decide",
    "Decision",
    "Known",
    "KnownArticle",
    "KnownRevision",
    "KnownStory",
    "NotSent",
    "Outcome",
    "OutgoingMessage",
    "PendingAlert",
    "PollFailed",
    "Polled",
    "PublishRate",
    "Reading",
    "Sent",
    "Stale",
    "Stats",
    "TooLarge",
    "Verdict",
    "Visit",
]
