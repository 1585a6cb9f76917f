"""Silences: what a person does not want to hear of for a while.

An alert that is silenced is stored with its article; only its messages are not owed.
"""

from monitor.model import Silence, SilenceKind
from monitor.work import Due


def heard(
    dues: tuple[Due, ...], source: str, found: frozenset[int], silences: tuple[Silence, ...]
) -> tuple[Due, ...]:
    """The alerts that no silence covers. `found`: silences whose query found the article."""
    for silence in silences:
        covers_all = silence.id in found or (
            silence.kind is SilenceKind.SOURCE and silence.value == source
        )
        if covers_all:
            return ()
    quiet = {s.value for s in silences if s.kind is SilenceKind.TOPIC}
    return tuple(due for due in dues if due.topic not in quiet)
