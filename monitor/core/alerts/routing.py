"""Which alerts an event of an article raises, and which messages carry them to which channels.

Neither reads pages nor queries the store: the topics that match before and after are handed in.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.contracts import Known, OutgoingMessage, PendingAlert
from monitor.core.alerts.batching import UNDATED_NOTE, Hold, hold, hold_undated
from monitor.core.alerts.damping import damped_until, edits_group
from monitor.model import Article, ArticleId, Change, ChangeKind, Reason
from monitor.settings import Pace, Topic

Event = tuple[str, tuple[Reason, ...]]  # a topic, and the reasons to alert it, the narrowest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the user configured about alerts, at one time and for one reading."""

    topics: tuple[Topic, ...]
    channels: tuple[str, ...]
    now: datetime
    first_alert_age: timedelta = timedelta(hours=24)
    first_sight: bool = False  # the first poll that listed any entry announced the article
    undated: bool = False  # … and neither its feed nor its page gives a date: it may be old
    paces: Mapping[str, Pace] = field(default_factory=dict)  # by channel

    def is_too_old(self, article: Article) -> bool:
        """Whether a new article is too old to alert.

        Applies to the articles of a source's first poll; later ones alert whatever their date.
        """
        dated = article.published or article.updated
        if not self.first_sight or dated is None:
            return False
        return self.now - dated.at > self.first_alert_age

    def topic(self, name: str) -> Topic | None:
        """The topic of this name; None if it is not configured."""
        return next((topic for topic in self.topics if topic.name == name), None)


def first_alerts(
    topics: frozenset[str], alerted: Collection[str], policy: Policy, sources: int = 1
) -> tuple[PendingAlert, ...]:
    """Alerts about a new article, or one now read whole, for topics not alerted before.

    `sources`: the number of sources that have its story, this one included.
    """
    found: list[Event] = [(topic, (Reason.NEW,)) for topic in sorted(topics.difference(alerted))]
    return tuple(replace(alert, sources=sources) for alert in _choose_alerts(found, policy))


def change_alerts(
    before: frozenset[str], after: frozenset[str], change: Change, policy: Policy
) -> tuple[PendingAlert, ...]:
    """Alerts about an edit, by the topics that match before and after it and by its kind."""
    found: list[Event] = [(topic, (Reason.NOW_MATCHES,)) for topic in after - before]
    found += [(topic, (Reason.NO_LONGER_MATCHES,)) for topic in before - after]
    found += [(topic, _reasons(change.kind)) for topic in before & after]
    return _choose_alerts(sorted(found), policy)


def retraction_alerts(
    reason: Reason, topics: frozenset[str], policy: Policy
) -> tuple[PendingAlert, ...]:
    """Alerts about an article whose page is gone (RETRACTED) or back (RESTORED)."""
    return _choose_alerts([(topic, (reason,)) for topic in sorted(topics)], policy)


def spread_alerts(
    topics: frozenset[str], alerted: Mapping[str, int], sources: int, policy: Policy
) -> tuple[PendingAlert, ...]:
    """Alerts about a story that one more source has, when that reaches a number of `spread`.

    `alerted`: topic → how many sources had the story at its last alert. A number reached without an
    alert, under a silence or with an article too old, is alerted with the next source.
    """
    found = ((name, policy.topic(name)) for name in sorted(topics & alerted.keys()))
    return tuple(
        PendingAlert(topic=name, reason=Reason.SPREAD, sources=sources)
        for name, topic in found
        if topic and any(alerted[name] < number <= sources for number in topic.spread)
    )


def _reasons(kind: ChangeKind) -> tuple[Reason, ...]:
    """Reasons to alert an edit, the narrowest first."""
    match kind:
        case ChangeKind.CORRECTION:
            return (Reason.CORRECTION, Reason.UPDATED)
        case ChangeKind.HEADLINE:
            return (Reason.HEADLINE, Reason.UPDATED)
        case ChangeKind.MATERIAL:
            return (Reason.UPDATED,)
        case _:
            return ()


def _choose_alerts(found: list[Event], policy: Policy) -> tuple[PendingAlert, ...]:
    """Make an alert of each topic's first reason that its user wants, if any."""
    alerts = []
    for name, reasons in found:
        topic = policy.topic(name)
        reason = next((r for r in reasons if topic and _is_wanted(topic, r)), None)
        if reason is not None:
            alerts.append(PendingAlert(topic=name, reason=reason))
    return tuple(alerts)


def _is_wanted(topic: Topic, reason: Reason) -> bool:
    if reason is Reason.NOW_MATCHES:  # part of `new`
        return bool(topic.on & {Reason.NEW, Reason.NOW_MATCHES})
    if reason is Reason.RESTORED:  # part of `retracted`
        return Reason.RETRACTED in topic.on
    return reason in topic.on


def outgoing_messages(
    alerts: tuple[PendingAlert, ...],
    source: str,
    breaking: frozenset[str],
    policy: Policy,
    known: Known,
    article_id: ArticleId | None = None,
) -> tuple[OutgoingMessage, ...]:
    """One message per channel with all of its alerts, sent at once or held as its pace says.

    `breaking`: the topics for which the article is breaking news. `article_id` None: a new article.
    """
    by_channel: dict[str, list[PendingAlert]] = {}
    for alert in alerts:
        topic = policy.topic(alert.topic)
        wanted = policy.channels if topic is None or topic.channels is None else topic.channels
        for channel in wanted:
            by_channel.setdefault(channel, []).append(alert)
    return tuple(
        _build_message(channel, tuple(wanted), source, breaking, policy, known, article_id)
        for channel, wanted in by_channel.items()
    )


def _build_message(
    channel: str,
    alerts: tuple[PendingAlert, ...],
    source: str,
    breaking: frozenset[str],
    policy: Policy,
    known: Known,
    article_id: ArticleId | None,
) -> OutgoingMessage:
    topics = frozenset(alert.topic for alert in alerts)
    held = hold(
        channel,
        topics,
        source,
        breaking=bool(topics & breaking),
        pace=policy.paces.get(channel, Pace()),
        known=known,
        now=policy.now,
        edits=_hold_for_edits(channel, alerts, policy, known, article_id),
    )
    edits = edits_group(article_id)
    message = OutgoingMessage(channel=channel, alerts=alerts, absorbs=edits if article_id else None)
    if policy.undated and all(alert.reason is Reason.NEW for alert in alerts):
        held = hold_undated(held, source, policy.now)
        message = replace(message, note=UNDATED_NOTE.format(source=source))
    if held is None:
        return message
    absorbs = None if held.group == edits else message.absorbs
    return replace(message, hold_until=held.until, group=held.group, absorbs=absorbs)


def _hold_for_edits(
    channel: str,
    alerts: tuple[PendingAlert, ...],
    policy: Policy,
    known: Known,
    article_id: ArticleId | None,
) -> Hold | None:
    """Hold for an update beyond the article's daily limit; None if it is within the limit."""
    if article_id is None:
        return None
    topics = [policy.topic(alert.topic) for alert in alerts]
    sent = known.updates.get((channel, article_id), ())
    zone = policy.paces.get(channel, Pace()).timezone
    until = damped_until(alerts, topics, sent, zone, policy.now)
    return Hold(until=until, group=edits_group(article_id)) if until else None
