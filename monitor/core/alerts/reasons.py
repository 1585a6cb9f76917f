"""The reasons of an article's alerts in words: one label, and a line for each reason.

Serves mail only; a webhook carries the reasons by name.
"""

from datetime import tzinfo

from monitor.core.dates import format_clock, format_day
from monitor.core.text import clean_line
from monitor.model import Change, ChangeKind, EditRun, Item, Reason

MAX_NAME_CHARS = 80
MAX_TOPICS = 20

# Reason → label and sentence. The first reason labels a message that has several.
LABELS = {
    Reason.RETRACTED: ("Retracted", "the page is gone from the site"),
    Reason.RESTORED: ("Back", "the page is on the site again"),
    Reason.CORRECTION: ("Correction", "the site published a correction"),
    Reason.HEADLINE: ("New headline", "the headline changed"),
    Reason.NEW: ("", "a new article matches"),
    Reason.UPDATED: ("Updated", "the text changed"),
    Reason.SPREAD: ("Spreading", "one more outlet has this story"),
    Reason.NOW_MATCHES: ("", "an edit made this article match"),
    Reason.NO_LONGER_MATCHES: ("No longer matches", "an edit took the matching words away"),
}
_BY_KIND = {ChangeKind.CORRECTION: Reason.CORRECTION, ChangeKind.HEADLINE: Reason.HEADLINE}


def topics_of(item: Item) -> tuple[str, ...]:
    """Names of the topics of an item's alerts, cleaned and sorted."""
    return tuple(sorted({clean_line(alert.topic, MAX_NAME_CHARS) for alert in item.alerts}))


def label_of(item: Item) -> str:
    """Label of the strongest reason, such as "Retracted"; empty for a new article."""
    reasons = {_narrow(alert.reason, item) for alert in item.alerts}
    return next((label for reason, (label, _) in LABELS.items() if reason in reasons), "")


def reason_lines(item: Item, zone: tzinfo) -> tuple[str, ...]:
    """One line per reason: `border, tariff: 2 sentences were added`. `zone` is the reader's."""
    lines = []
    for reason in LABELS:
        topics = sorted({a.topic for a in item.alerts if _narrow(a.reason, item) is reason})
        if topics:
            names = ", ".join(clean_line(name, MAX_NAME_CHARS) for name in topics[:MAX_TOPICS])
            lines.append(f"{names}: {_sentence(reason, item, zone)}")
    return tuple(lines)


def format_edit_run(run: EditRun, zone: tzinfo) -> str:
    """`12 edits since 14:05`; with the day if the first and the last edit are days apart."""
    first, last = run.since.astimezone(zone), run.until.astimezone(zone)
    day = "" if first.date() == last.date() else f"{format_day(first, year=False)}, "
    return f"{run.count} edits since {day}{format_clock(first, zone=False)}"


def _narrow(reason: Reason, item: Item) -> Reason:
    """Return the more specific reason of a single update: correction or headline.

    The alerts of a topic that wants only updates have the reason `updated` for these too.
    """
    if reason is not Reason.UPDATED or item.change is None or item.run is not None:
        return reason
    return _BY_KIND.get(item.change.kind, reason)


def _sentence(reason: Reason, item: Item, zone: tzinfo) -> str:
    if reason is not Reason.UPDATED:
        return LABELS[reason][1]
    if item.run is not None:
        return format_edit_run(item.run, zone)
    return _describe_edit(item.change) if item.change else LABELS[reason][1]


def _describe_edit(change: Change) -> str:
    """`2 sentences were added`, by the numbers of sentences in the diff."""
    added, removed = len(change.added), len(change.removed)
    if not added and not removed:
        return LABELS[Reason.UPDATED][1]
    count = max(added, removed)
    verb = "changed" if added and removed else "added" if added else "removed"
    return f"{count} sentence{' was' if count == 1 else 's were'} {verb}"
