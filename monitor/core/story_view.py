"""One article of a message as the mail templates show it: cleaned, cut, in pieces.

Knows nothing of HTML or of plain text.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo
from difflib import SequenceMatcher
from zoneinfo import ZoneInfo

from monitor.core.clean import clean_line
from monitor.core.excerpts import Piece, chosen, marked
from monitor.model import Change, Hit, Item, Place, Reason, Story

TITLE_LETTERS = 200
NAME_LETTERS = 80
SENTENCE_LETTERS = 600
AUTHORS = 5
EDITS = 10
TOPICS = 20
ALIKE = 0.5  # of the words of two sentences: less, and one does not come from the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much of an article a message has room for."""

    excerpts: int
    excerpt: int  # characters
    edits: int


ALONE = Detail(excerpts=6, excerpt=500, edits=EDITS)
IN_DIGEST = Detail(excerpts=1, excerpt=240, edits=2)
IN_LONG_DIGEST = Detail(excerpts=0, excerpt=0, edits=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time as its readers read it: in their zone, and in the source's where that differs."""

    label: str
    here: str
    there: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    topics: tuple[str, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    topics: tuple[str, ...]
    label: str  # "Updated", "Retracted", …; empty for a new article
    why: tuple[str, ...]  # a sentence for each thing that happened
    title: tuple[Piece, ...]
    link: str | None
    source: str
    authors: str
    moments: tuple[Moment, ...]
    excerpts: tuple[Excerpt, ...]
    old_title: str | None
    edits: tuple[tuple[Piece, ...], ...]
    more_edits: int  # that are not shown


# The strongest first: the one that names the message when its topics say several things.
LABELS = {
    Reason.RETRACTED: ("Retracted", "the page is gone from the site"),
    Reason.RESTORED: ("Back", "the page is on the site again"),
    Reason.CORRECTION: ("Correction", "the site published a correction"),
    Reason.HEADLINE: ("New headline", "the headline changed"),
    Reason.UPDATED: ("Updated", "the text changed"),
    Reason.NEW: ("", "a new article matches"),
    Reason.NOW_MATCHES: ("", "an edit made this article match"),
    Reason.NO_LONGER_MATCHES: ("No longer matches", "an edit took the matching words away"),
}


def view(item: Item, zone: tzinfo, detail: Detail) -> StoryView:
    """`zone` is the reader's."""
    change = item.change or Change(kind=_kindless)
    edits = _edits(change, detail.edits)
    return StoryView(
        topics=topics_of(item),
        label=label_of(item),
        why=_why(item),
        title=_title(item),
        link=link_of(item.story.url),
        source=clean_line(item.story.source, NAME_LETTERS),
        authors=_authors(item.story),
        moments=_moments(item.story, zone),
        excerpts=_excerpts(item.hits, detail),
        old_title=clean_line(change.title[0], TITLE_LETTERS) if change.title else None,
        edits=edits,
        more_edits=max(0, _edit_count(change) - len(edits)) if detail.edits else 0,
    )
