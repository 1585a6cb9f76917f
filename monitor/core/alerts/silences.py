"""Silences: what a person does not want to hear of for a while.

A silenced alert is stored with its silence; its messages are not owed, and nothing that follows
treats it as told.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from monitor.contracts import PendingAlert, Visit
from monitor.model import Silence, SilenceKind


def apply_silences(
    alerts: tuple[PendingAlert, ...], visit: Visit, found: frozenset[int], now: datetime
) -> tuple[PendingAlert, ...]:
    """The same alerts, each with the first silence that covers it, if any does.

    `found`: numbers of the silences whose query found the article.
    """
    in_force = [silence for silence in visit.silences if silence.until > now]
    if not in_force:
        return alerts
    return tuple(
        replace(alert, silence=_covering(alert, visit, found, in_force)) for alert in alerts
    )


def _covering(
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
