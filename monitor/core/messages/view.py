"""Builds the view of one article for the mail templates: cleaned, cut, and split into pieces.

Independent of HTML and plain text.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo

from monitor.core.alerts import MAX_NAME_CHARS, format_edit_run, label_of, reason_lines, topics_of
from monitor.core.dates import format_clock, format_day, zone_or_utc
from monitor.core.messages.excerpts import Piece, choose_hits, mark_text
from monitor.core.messages.lede import lede_span, mark_lede
from monitor.core.messages.match_levels import describe_levels
from monitor.core.revisions import diff_words
from monitor.core.text import clean_line, language_name
from monitor.model import Change, Hit, Item, Place, Story

MAX_TITLE_CHARS = 200
MAX_SENTENCE_CHARS = 600
MAX_LINK_CHARS = 4_000
MAX_AUTHORS = 5
MAX_OUTLETS = 8
MAX_HITS = 40
MIN_SIMILARITY = 0.5  # shared words of two sentences, for one to be a rewrite of the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much of an article a message shows: numbers of excerpts and edits, and excerpt length."""

    excerpts: int
    excerpt: int  # characters
    edits: int


SINGLE = Detail(excerpts=6, excerpt=500, edits=10)
IN_DIGEST = Detail(excerpts=1, excerpt=240, edits=2)
IN_LONG_DIGEST = SHORT = Detail(excerpts=0, excerpt=0, edits=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """An instant in the reader's zone (`local`), and in the source's if that differs."""

    label: str
    local: str
    at_source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """An excerpt around a match, in pieces, with the topics that match in it."""

    topics: tuple[str, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """Everything a mail template shows of one article."""

    topics: tuple[str, ...]
    label: str  # "Updated", "Retracted", …; empty for a new article
    why: tuple[str, ...]  # a line per reason of its alerts
    match: str  # "about border, mentions tariff": the level of each topic that matched
    title: tuple[Piece, ...]
    lede: tuple[Piece, ...]  # empty if edits are shown instead
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


def build_view(item: Item, zone: tzinfo, detail: Detail) -> StoryView:
    """Build the view of an item.

    `zone`: the reader's. `detail`: how much of the article to show.
    """
    story, change = item.story, item.change
    edits = _edits(change, detail.edits) if change else ()
    lede = () if edits else mark_lede(story.opening, story.title, item.hits)
    return StoryView(
        topics=topics_of(item),
        label=label_of(item),
        why=reason_lines(item, zone),
        match=describe_levels(item.hits),
        title=_title(story.title, item.hits),
        lede=lede,
        link=safe_link(story.url),
        source=clean_line(story.source, MAX_NAME_CHARS),
        also_at=_also_at(story),
        authors=_authors(story),
        language=language_name(story.language),
        times=_times(story, zone),
        excerpts=_excerpts(_hits_outside_lede(item, lede), detail),
        old_title=clean_line(change.title[0], MAX_TITLE_CHARS) if change and change.title else None,
        edit_run=format_edit_run(item.run, zone) if item.run else "",
        edits=edits,
        more_edits=_count_hidden(change, detail.edits) if change else 0,
    )


def _hits_outside_lede(item: Item, lede: tuple[Piece, ...]) -> tuple[Hit, ...]:
    """The matches that the lede does not already show."""
    if not lede or lede[-1].text.endswith("…"):
        return item.hits
    start, end = lede_span(item.story.opening, item.story.title)
    return tuple(
        hit
        for hit in item.hits
        if hit.place is not Place.BODY or not start <= hit.start < hit.end <= end
    )


def _also_at(story: Story) -> str:
    names = [clean_line(name, MAX_NAME_CHARS) for name in story.also_at[:MAX_OUTLETS]]
    more = len(story.also_at) - len(names)
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def safe_link(url: str | None) -> str | None:
    """The address, if it is http(s) and safe to click; else None."""
    if url is None or not url.lower().startswith(("http://", "https://")):
        return None
    return None if len(url) > MAX_LINK_CHARS or clean_line(url, MAX_LINK_CHARS) != url else url


def _authors(story: Story) -> str:
    names = [clean_line(name, MAX_NAME_CHARS) for name in story.authors[:MAX_AUTHORS]]
    more = ["and others"] if len(story.authors) > MAX_AUTHORS else []
    return ", ".join([name for name in names if name] + more)


def _title(title: str, hits: tuple[Hit, ...]) -> tuple[Piece, ...]:
    """The headline in pieces, with the matched words marked."""
    if not clean_line(title, MAX_TITLE_CHARS):
        return (Piece("(no headline)"),)
    marks = [
        (hit.start, hit.end)
        for hit in hits
        if hit.place is Place.TITLE and title.startswith(hit.excerpt, hit.excerpt_at)
    ]
    return mark_text(title, marks, MAX_TITLE_CHARS)


# ── times ────────────────────────────────────────────────────────────────────────────────


def _times(story: Story, zone: tzinfo) -> tuple[LocalTime, ...]:
    at_source = zone_or_utc(story.timezone) if story.timezone else None
    dates = (("Published", story.published_at), ("Updated", story.updated_at))
    return tuple(_local_time(label, at, zone, at_source) for label, at in dates if at is not None)


def _local_time(label: str, at: datetime, local: tzinfo, at_source: tzinfo | None) -> LocalTime:
    read = at.astimezone(local)
    written = at.astimezone(at_source) if at_source else read
    if written.utcoffset() == read.utcoffset():
        at_source_text = None
    elif written.date() == read.date():
        at_source_text = format_clock(written)
    else:
        at_source_text = _day_and_clock(written)
    return LocalTime(label=label, local=_day_and_clock(read), at_source=at_source_text)


def _day_and_clock(at: datetime) -> str:
    return f"{format_day(at)}, {format_clock(at)}"


# ── excerpts ─────────────────────────────────────────────────────────────────────────────


def _excerpts(hits: tuple[Hit, ...], detail: Detail) -> tuple[Excerpt, ...]:
    """Excerpts of matches in the body; matches in the same sentence share one."""
    shared: dict[tuple[int, str], list[Hit]] = {}
    body = tuple(hit for hit in hits if hit.place is Place.BODY)
    for hit in choose_hits(body, MAX_HITS):
        shared.setdefault((hit.excerpt_at, hit.excerpt), []).append(hit)
    groups = list(shared.items())[: detail.excerpts]
    return tuple(_excerpt(text, group, detail) for (_, text), group in groups)


def _excerpt(text: str, hits: list[Hit], detail: Detail) -> Excerpt:
    return Excerpt(
        topics=tuple(sorted({clean_line(hit.topic, MAX_NAME_CHARS) for hit in hits})),
        pieces=mark_text(text, [hit.mark for hit in hits], detail.excerpt),
    )


# ── edits ────────────────────────────────────────────────────────────────────────────────


def _edits(change: Change, limit: int) -> tuple[tuple[Piece, ...], ...]:
    """Show each rewritten sentence as a word diff, the others as added or removed."""
    old = [clean_line(sentence, MAX_SENTENCE_CHARS) for sentence in change.removed[:limit]]
    lines: list[tuple[Piece, ...]] = []
    for new in (clean_line(sentence, MAX_SENTENCE_CHARS) for sentence in change.added[:limit]):
        source = _find_original(new, old)
        if source is None:
            lines.append((Piece(new, "added"),))
        else:
            old.remove(source)
            lines.append(_diff_sentences(source, new))
    return (*lines, *((Piece(sentence, "removed"),) for sentence in old))


def _diff_sentences(old: str, new: str) -> tuple[Piece, ...]:
    return tuple(Piece(text, "" if op == "equal" else op) for op, text in diff_words(old, new))


def _count_hidden(change: Change, limit: int) -> int:
    if limit == 0:
        return 0
    return max(0, len(change.added) - limit) + max(0, len(change.removed) - limit)


def _find_original(new: str, old: list[str]) -> str | None:
    """The removed sentence most similar to the new one; None if none is similar enough."""
    best = max(old, key=lambda sentence: _similarity(sentence, new), default=None)
    return best if best is not None and _similarity(best, new) >= MIN_SIMILARITY else None


def _similarity(one: str, other: str) -> float:
    a, b = Counter(one.split()), Counter(other.split())
    return 2 * (a & b).total() / max(1, a.total() + b.total())
