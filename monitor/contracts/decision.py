"""What the transaction that settles a reading must write."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.contracts.known import Known, KnownRevision
from monitor.model import ArticleId, Change, Reason, Revision, Silence


class Verdict(StrEnum):
    """What a reading is, compared with the stored articles."""

    NEW = "new"
    SAME = "same"
    REVISED = "revised"
    COPY = "copy"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """The reading was compared with an older revision: compare with this one, then settle again."""

    newest: KnownRevision


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAlert:
    """An alert to store."""

    topic: str
    reason: Reason
    sources: int | None = None  # how many have the story, where the alert says so (new, spread)
    silence: Silence | None = None  # the alert is stored and sent to nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message to one channel that carries some of the decision's alerts.

    With `hold_until` it joins the open message of its channel and `group`, or opens one that
    collects until then. One with a `note`, which a message says before its articles, puts the
    message that it joins off until then.
    """

    channel: str
    alerts: tuple[PendingAlert, ...]
    hold_until: datetime | None = None
    group: str = ""
    note: str = ""
    absorbs: str | None = None  # the group whose open message becomes part of this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything that one transaction must write about one article."""

    verdict: Verdict
    article_id: ArticleId | None = None  # None: a new one
    story_id: int | None = None  # None: a story of its own
    revision: Revision | None = None
    row_unchanged: bool = False  # the article's row stays as it is
    returned_to: str | None = None  # digest of an earlier text that is there again, not stored
    counts_return: bool = False  # it was another text at the last visit
    change: Change | None = None
    alerts: tuple[PendingAlert, ...] = ()
    messages: tuple[OutgoingMessage, ...] = ()
    entry_due_at: datetime | None = None  # when the page is tried again
    article_due_at: datetime | None = None  # when the article is read again
    gone: int | None = 0  # how often in a row its page was not there; None: as often as before


Decide = Callable[[Known], Decision | Stale]
