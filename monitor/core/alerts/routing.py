"""What is message to whom, once it is known what happened to an article.

Does not look at pages or memory: it is told which topics matched before and after.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.contracts import Known, OutgoingMessage, PendingAlert
from monitor.core.alerts.batching import UNDATED_NOTE, Hold, hold, hold_undated
from monitor.core.alerts.damping import damped_until, edits_group
from monitor.model import Article, ArticleId, Change, ChangeKind, Reason
from monitor.settings import Pace, Topic

Found = tuple[str, tuple[Reason, ...]]  # a topic, and the names of what happened to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the user wants to hear, and when it is now."""

    topics: tuple[Topic, ...]
    channels: tuple[str, ...]
    now: datetime
    first_alert_age: timedelta = timedelta(hours=24)
    first_sight: bool = False  # the first poll that listed any entry announced the article
    undated: bool = False  # … and neither its feed nor its page gives a date: it may be old
    paces: Mapping[str, Pace] = field(default_factory=dict)  # by channel

    def silent(self, article: Article) -> bool:
        """Whether a new article is too old to be told of: only at the first sight of a source."""
        dated = article.published or article.updated
        if not self.first_sight or dated is None:
            return False
        return self.now - dated.at > self.first_alert_age

    def topic(self, name: str) -> Topic | None:
        return next((topic for topic in self.topics if topic.name == name), None)


def first_alerts(
    topics: frozenset[str], alerted: Collection[str], policy: Policy, sources: int = 1
) -> tuple[PendingAlert, ...]:
    """Alerts of a new article, or of one whose whole text has come, for topics without one.

    `sources`: how many have its story, with this one.
    """
    found: list[Found] = [(topic, (Reason.NEW,)) for topic in sorted(topics.difference(alerted))]
    return tuple(replace(alert, sources=sources) for alert in _wanted(found, policy))


def change_alerts(
    before: frozenset[str], after: frozenset[str], change: Change, policy: Policy
) -> tuple[PendingAlert, ...]:
    """An edit: which topics it brought, which it took away, and what it did to the others."""
    found: list[Found] = [(topic, (Reason.NOW_MATCHES,)) for topic in after - before]
    found += [(topic, (Reason.NO_LONGER_MATCHES,)) for topic in before - after]
    found += [(topic, _reasons(change.kind)) for topic in before & after]
    return _wanted(sorted(found), policy)


def retraction_alerts(
    reason: Reason, topics: frozenset[str], policy: Policy
) -> tuple[PendingAlert, ...]:
    """An article whose page went away, or came back."""
    return _wanted([(topic, (reason,)) for topic in sorted(topics)], policy)


def spread_alerts(
    topics: frozenset[str], alerted: Mapping[str, int], sources: int, policy: Policy
) -> tuple[PendingAlert, ...]:
    """Alerts of a story that one more source has, where that reaches a number of `spread`.

    `alerted`: topic → how many sources had the story at its last alert. A number reached under a
    silence, or by a source whose articles were too old to alert, counts with the next source.
    """
    found = ((name, policy.topic(name)) for name in sorted(topics & alerted.keys()))
    return tuple(
        PendingAlert(topic=name, reason=Reason.SPREAD, sources=sources)
        for name, topic in found
        if topic and any(alerted[name] < number <= sources for number in topic.spread)
    )


def _reasons(kind: ChangeKind) -> tuple[Reason, ...]:
    """The names of an edit, the narrowest first."""
    match kind:
        case ChangeKind.CORRECTION:
            return (Reason.CORRECTION, Reason.UPDATED)
        case ChangeKind.HEADLINE:
            return (Reason.HEADLINE, Reason.UPDATED)
        case ChangeKind.MATERIAL:
            return (Reason.UPDATED,)
        case _:
            return ()


def _wanted(found: list[Found], policy: Policy) -> tuple[PendingAlert, ...]:
    """Of each topic's reasons the first that its user asked for."""
    alerts = []
    for name, reasons in found:
        topic = policy.topic(name)
        reason = next((r for r in reasons if topic and _asked_for(topic, r)), None)
        if reason is not None:
            alerts.append(PendingAlert(topic=name, reason=reason))
    return tuple(alerts)


def _asked_for(topic: Topic, reason: Reason) -> bool:
    if reason is Reason.NOW_MATCHES:  # part of `new`
        return bool(topic.on & {Reason.NEW, Reason.NOW_MATCHES})
    if reason is Reason.RESTORED:  # who heard that it went hears that it is back
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
    """One message a channel, however many topics it is about; now, or when its pace allows.

    `breaking`: the topics for which the article is breaking news. `article_id` None: a new one.
    """
    by_channel: dict[str, list[PendingAlert]] = {}
    for alert in alerts:
        topic = policy.topic(alert.topic)
        wanted = policy.channels if topic is None or topic.channels is None else topic.channels
        for channel in wanted:
            by_channel.setdefault(channel, []).append(alert)
    return tuple(
        _message(channel, tuple(wanted), source, breaking, policy, known, article_id)
        for channel, wanted in by_channel.items()
    )


def _message(
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
        edits=_damped(channel, alerts, policy, known, article_id),
    )
    waiting = edits_group(article_id)
    message = OutgoingMessage(
        channel=channel, alerts=alerts, absorbs=waiting if article_id else None
    )
    if policy.undated and all(alert.reason is Reason.NEW for alert in alerts):
        held = hold_undated(held, source, policy.now)
        message = replace(message, note=UNDATED_NOTE.format(source=source))
    if held is None:
        return message
    absorbs = None if held.group == waiting else message.absorbs
    return replace(message, hold_until=held.until, group=held.group, absorbs=absorbs)


def _damped(
    channel: str,
    alerts: tuple[PendingAlert, ...],
    policy: Policy,
    known: Known,
    article_id: ArticleId | None,
) -> Hold | None:
    """Whether this is one update too many of the article today."""
    if article_id is None:
        return None
    topics = [policy.topic(alert.topic) for alert in alerts]
    sent = known.updates.get((channel, article_id), ())
    zone = policy.paces.get(channel, Pace()).timezone
    until = damped_until(alerts, topics, sent, zone, policy.now)
    return Hold(until=until, group=edits_group(article_id)) if until else None
