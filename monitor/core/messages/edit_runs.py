"""Several edits of one article told as one: the difference from what its reader was last told."""

from dataclasses import replace

from monitor.core.revisions import detect_change
from monitor.model import Change, ChangeKind, EditRun, Item

SAME = Change(kind=ChangeKind.COSMETIC)  # the last edit undid the others


def summed(run: EditRun) -> Change:
    """From the revision that was told last to the newest one."""
    return detect_change(run.old_title, run.old_text, run.new_title, run.new_text) or SAME


def with_change(item: Item, found: Change | None) -> Item:
    """The item without the texts that were compared. None: they could not be."""
    if item.run is None:
        return item
    return replace(item, change=found, run=replace(item.run, old_text="", new_text=""))
