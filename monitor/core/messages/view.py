"""One article of a message as the mail templates show it: cleaned, cut, in pieces.

Knows nothing of HTML or of plain text.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo

from monitor.core.alerts import MAX_NAME_CHARS, format_edit_run, label_of, reason_lines, topics_of
from monitor.core.dates import format_clock, format_day, zone_or_utc
from monitor.core.messages.excerpts import Piece, chosen, marked
from monitor.core.messages.lede import lede_span, marked_lede
from monitor.core.revisions import diff_words
from monitor.core.text import clean_line, language_name
from monitor.model import Change, Hit, Item, Place, Story

TITLE_LETTERS = 200
SENTENCE_LETTERS = 600
LINK_LETTERS = 4_000
AUTHORS = 5
OUTLETS = 8
MOST_HITS = 40
ALIKE = 0.5  # of the words of two sentences: less, and one does not come from the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much of an article a message has room for."""

    excerpts: int
    excerpt: int  # characters
    edits: int


ALONE = Detail(excerpts=6, excerpt=500, edits=10)
IN_DIGEST = Detail(excerpts=1, excerpt=240, edits=2)
IN_LONG_DIGEST = SHORT = Detail(excerpts=0, excerpt=0, edits=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """An instant in the reader's zone (`here`), and in the source's where that differs."""

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
    lede: tuple[Piece, ...]  # its first sentences; empty where it says what changed
    link: str | None
    source: str
    also_at: str  # the names of other sources that have it
    authors: str
    language: str  # "Spanish"; empty when it is not known
    times: tuple[LocalTime, ...]
    excerpts: tuple[Excerpt, ...]
    old_title: str | None
    edit_run: str  # "12 edits since 14:05"; empty for one
    edits: tuple[tuple[Piece, ...], ...]
    more_edits: int  # that are not shown


def view(item: Item, zone: tzinfo, detail: Detail) -> StoryView:
    """`zone` is the reader's."""
    story, change = item.story, item.change
    edits = _edits(change, detail.edits) if change else ()
    lede = () if edits else marked_lede(story.opening, story.title, item.hits)
    return StoryView(
        topics=topics_of(item),
        label=label_of(item),
        why=reason_lines(item, zone),
        title=_title(story.title, item.hits),
        lede=lede,
        link=link_of(story.url),
        source=clean_line(story.source, MAX_NAME_CHARS),
        also_at=_also_at(story),
        authors=_authors(story),
        language=language_name(story.language),
        times=_times(story, zone),
        excerpts=_excerpts(_outside(item, lede), detail),
        old_title=clean_line(change.title[0], TITLE_LETTERS) if change and change.title else None,
        edit_run=format_edit_run(item.run, zone) if item.run else "",
        edits=edits,
        more_edits=_hidden(change, detail.edits) if change else 0,
    )


def _outside(item: Item, lede: tuple[Piece, ...]) -> tuple[Hit, ...]:
    """The matches that the first sentences do not show already."""
    if not lede or lede[-1].text.endswith("…"):
        return item.hits
    start, end = lede_span(item.story.opening, item.story.title)
    return tuple(
        hit
        for hit in item.hits
        if hit.place is not Place.BODY or not start <= hit.start < hit.end <= end
    )


def _also_at(story: Story) -> str:
    names = [clean_line(name, MAX_NAME_CHARS) for name in story.also_at[:OUTLETS]]
    more = len(story.also_at) - len(names)
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def link_of(url: str | None) -> str | None:
    """The address, if a reader may safely click it."""
    if url is None or not url.lower().startswith(("http://", "https://")):
        return None
    return None if len(url) > LINK_LETTERS or clean_line(url, LINK_LETTERS) != url else url


def _authors(story: Story) -> str:
    names = [clean_line(name, MAX_NAME_CHARS) for name in story.authors[:AUTHORS]]
    more = ["and others"] if len(story.authors) > AUTHORS else []
    return ", ".join([name for name in names if name] + more)


def _title(title: str, hits: tuple[Hit, ...]) -> tuple[Piece, ...]:
    """The headline, with the words that matched in it."""
    if not clean_line(title, TITLE_LETTERS):
        return (Piece("(no headline)"),)
    marks = [
        (hit.start, hit.end)
        for hit in hits
        if hit.place is Place.TITLE and title.startswith(hit.excerpt, hit.excerpt_at)
    ]
    return marked(title, marks, TITLE_LETTERS)


# ── when ─────────────────────────────────────────────────────────────────────────────────


def _times(story: Story, zone: tzinfo) -> tuple[LocalTime, ...]:
    there = zone_or_utc(story.timezone) if story.timezone else None
    stamps = (("Published", story.published_at), ("Updated", story.updated_at))
    return tuple(_local_time(label, at, zone, there) for label, at in stamps if at is not None)


def _local_time(label: str, at: datetime, here: tzinfo, there: tzinfo | None) -> LocalTime:
    read = at.astimezone(here)
    written = at.astimezone(there) if there else read
    if written.utcoffset() == read.utcoffset():
        there_text = None
    elif written.date() == read.date():
        there_text = format_clock(written)
    else:
        there_text = _day_and_clock(written)
    return LocalTime(label=label, here=_day_and_clock(read), there=there_text)


def _day_and_clock(at: datetime) -> str:
    return f"{format_day(at)}, {format_clock(at)}"


# ── where it matched ─────────────────────────────────────────────────────────────────────


def _excerpts(hits: tuple[Hit, ...], detail: Detail) -> tuple[Excerpt, ...]:
    """Matches in one sentence share an excerpt; those in the headline are marked there."""
    shared: dict[tuple[int, str], list[Hit]] = {}
    body = tuple(hit for hit in hits if hit.place is Place.BODY)
    for hit in chosen(body, MOST_HITS):
        shared.setdefault((hit.excerpt_at, hit.excerpt), []).append(hit)
    groups = list(shared.items())[: detail.excerpts]
    return tuple(_excerpt(text, group, detail) for (_, text), group in groups)


def _excerpt(text: str, hits: list[Hit], detail: Detail) -> Excerpt:
    return Excerpt(
        topics=tuple(sorted({clean_line(hit.topic, MAX_NAME_CHARS) for hit in hits})),
        pieces=marked(text, [hit.mark for hit in hits], detail.excerpt),
    )


# ── what changed ─────────────────────────────────────────────────────────────────────────


def _edits(change: Change, limit: int) -> tuple[tuple[Piece, ...], ...]:
    """Sentences that were rewritten as one line of word changes; the others whole."""
    old = [clean_line(sentence, SENTENCE_LETTERS) for sentence in change.removed[:limit]]
    lines: list[tuple[Piece, ...]] = []
    for new in (clean_line(sentence, SENTENCE_LETTERS) for sentence in change.added[:limit]):
        source = _source(new, old)
        if source is None:
            lines.append((Piece(new, "added"),))
        else:
            old.remove(source)
            lines.append(_rewritten(source, new))
    return (*lines, *((Piece(sentence, "removed"),) for sentence in old))


def _rewritten(old: str, new: str) -> tuple[Piece, ...]:
    return tuple(Piece(text, "" if op == "equal" else op) for op, text in diff_words(old, new))


def _hidden(change: Change, limit: int) -> int:
    if limit == 0:
        return 0
    return max(0, len(change.added) - limit) + max(0, len(change.removed) - limit)


def _source(new: str, old: list[str]) -> str | None:
    """The removed sentence that shares the most words with the new one, if it shares enough."""
    best = max(old, key=lambda sentence: _alike(sentence, new), default=None)
    return best if best is not None and _alike(best, new) >= ALIKE else None


def _alike(one: str, other: str) -> float:
    a, b = Counter(one.split()), Counter(other.split())
    return 2 * (a & b).total() / max(1, a.total() + b.total())
