"""What happened to an article, in words: a label, and a sentence for each reason."""

from datetime import tzinfo

from monitor.core.dates import format_clock, format_day
from monitor.core.text import clean_line
from monitor.model import Change, ChangeKind, EditRun, Item, Reason

NAME_LETTERS = 80
TOPICS = 20

# The strongest first: the one that names the message when its topics say several things.
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
    return tuple(sorted({clean_line(alert.topic, NAME_LETTERS) for alert in item.alerts}))


def label_of(item: Item) -> str:
    """What the strongest of its reasons is called; empty for an article that is new to us."""
    reasons = {_narrowed(alert.reason, item) for alert in item.alerts}
    return next((label for reason, (label, _) in LABELS.items() if reason in reasons), "")


def why(item: Item, zone: tzinfo) -> tuple[str, ...]:
    """`border, tariff: 2 sentences were added`, a line for each reason."""
    lines = []
    for reason in LABELS:
        topics = sorted({a.topic for a in item.alerts if _narrowed(a.reason, item) is reason})
        if topics:
            names = ", ".join(clean_line(name, NAME_LETTERS) for name in topics[:TOPICS])
            lines.append(f"{names}: {_sentence(reason, item, zone)}")
    return tuple(lines)


def several(run: EditRun, zone: tzinfo) -> str:
    """`12 edits since 14:05`; with the day, where the last edit was on another one."""
    first, last = run.since.astimezone(zone), run.until.astimezone(zone)
    day = "" if first.date() == last.date() else f"{format_day(first, year=False)}, "
    return f"{run.count} edits since {day}{format_clock(first, zone=False)}"


def _narrowed(reason: Reason, item: Item) -> Reason:
    """An update is called what it is, also where a topic asked for no more than updates."""
    if reason is not Reason.UPDATED or item.change is None or item.run is not None:
        return reason
    return _BY_KIND.get(item.change.kind, reason)


def _sentence(reason: Reason, item: Item, zone: tzinfo) -> str:
    if reason is not Reason.UPDATED:
        return LABELS[reason][1]
    if item.run is not None:
        return several(item.run, zone)
    return _edited(item.change) if item.change else LABELS[reason][1]


def _edited(change: Change) -> str:
    """`2 sentences were added`: as much as a subject line could say of a diff."""
    added, removed = len(change.added), len(change.removed)
    if not added and not removed:
        return LABELS[Reason.UPDATED][1]
    count = max(added, removed)
    verb = "changed" if added and removed else "added" if added else "removed"
    return f"{count} sentence{' was' if count == 1 else 's were'} {verb}"
