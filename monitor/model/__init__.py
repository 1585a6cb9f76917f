"""The nouns of the domain: frozen values that every layer shares.

An instant is an aware UTC `datetime`, a length of time a `timedelta`. The chain to remember:
ClaimedSource → Page → Entry → Page → Article → Reading → (Known) → Decision → Alert → delivery.
`fetch` and `feed` hold what a site answered, `article` and `revision` what a page says and how it
changed, `message` what people are sent, `instants` the text form of an instant.
"""

from monitor.model.article import (
    Article,
    DateCandidate,
    Dated,
    Fingerprint,
    Hit,
    Level,
    Origin,
    Place,
)
from monitor.model.feed import Entry, Feed, UnchangedEntries
from monitor.model.fetch import FetchKind, Page, Request, Unchanged, Validators
from monitor.model.ids import AlertId, ArticleId, DeliveryId, EntryId
from monitor.model.instants import utc_instant, utc_text
from monitor.model.message import (
    Alert,
    EditRun,
    Item,
    Message,
    MessageKind,
    Reason,
    Silence,
    SilenceKind,
    Story,
)
from monitor.model.revision import Change, ChangeKind, Revision

__all__ = [
    "Alert",
    "AlertId",
    "Article",
    "ArticleId",
    "Change",
    "ChangeKind",
    "DateCandidate",
    "Dated",
    "DeliveryId",
    "EditRun",
    "Entry",
    "EntryId",
    "Feed",
    "FetchKind",
    "Fingerprint",
    "Hit",
    "Item",
    "Level",
    "Message",
    "MessageKind",
    "Origin",
    "Page",
    "Place",
    "Reason",
    "Request",
    "Revision",
    "Silence",
    "SilenceKind",
    "Story",
    "Unchanged",
    "UnchangedEntries",
    "Validators",
    "utc_instant",
    "utc_text",
]
