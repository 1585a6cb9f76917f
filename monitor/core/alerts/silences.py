"""Silences: alerts about a topic, a source or a query that a person muted for a time.

A silenced alert is stored with its silence; no message carries it, and it does not count as an
alert when a later event asks whether its topic was alerted.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from monitor.contracts import PendingAlert, Visit
from monitor.model import Silence, SilenceKind


def apply_silences(
    alerts: tuple[PendingAlert, ...], visit: Visit, found: frozenset[int], now: datetime
) -> tuple[PendingAlert, ...]:
    """Return the alerts, each with the first silence in force that covers it.

    `found`: ids of the silences whose query matches the article.
    """
    in_force = [silence for silence in visit.silences if silence.until > now]
    if not in_force:
        return alerts
    return tuple(
        replace(alert, silence=_find_silence(alert, visit, found, in_force)) for alert in alerts
    )


def _find_silence(
    alert: PendingAlert, visit: Visit, found: frozenset[int], silences: Iterable[Silence]
) -> Silence | None:
    return next((each for each in silences if _covers(each, alert, visit, found)), None)


def _covers(silence: Silence, alert: PendingAlert, visit: Visit, found: frozenset[int]) -> bool:
    match silence.kind:
        case SilenceKind.TOPIC:
            return silence.value == alert.topic
        case SilenceKind.SOURCE:
            return silence.value == visit.source
        case SilenceKind.QUERY:
            return silence.id in found
