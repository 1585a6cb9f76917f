"""Merges several edits of one article into the change since the revision last alerted."""

from dataclasses import replace

from monitor.core.revisions import detect_change
from monitor.model import Change, ChangeKind, EditRun, Item

NO_CHANGE = Change(kind=ChangeKind.COSMETIC)  # the last edit undid the others


def diff_edit_run(run: EditRun) -> Change:
    """Compare the text before the first edit of a run with the one after the last."""
    return detect_change(run.old_title, run.old_text, run.new_title, run.new_text) or NO_CHANGE


def with_change(item: Item, change: Change | None) -> Item:
    """The item with this change, without the texts compared. None: they could not be compared."""
    if item.run is None:
        return item
    return replace(item, change=change, run=replace(item.run, old_text="", new_text=""))
