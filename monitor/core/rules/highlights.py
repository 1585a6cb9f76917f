"""Highlights matches: token positions → spans of characters → excerpts of whole sentences."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from monitor.core.rules.document_index import FIELD_GAP, Document
from monitor.core.text import sentences, token_spans
from monitor.model import Hit, Level, Place

MAX_HITS = 5  # per topic
MAX_EXCERPT_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A match as character offsets in the title or the body of the original text."""

    place: Place
    start: int
    end: int
    weight: float = 1.0


def locate_spans(
    document: Document, found: Iterable[set[tuple[int, int, float]]]
) -> list[tuple[Span, ...]]:
    """Convert sets of token positions (first, last, weight) to spans, sorted, the title's first."""
    place = _Offsets(document)
    return [tuple(place.span(*span) for span in sorted(spans)) for spans in found]


class _Offsets:
    """Offsets of a document's tokens."""

    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def _title(self) -> list[tuple[int, int]]:
        return token_spans(self._document.title)

    @cached_property
    def _body(self) -> list[tuple[int, int]]:
        return token_spans(self._document.body)

    def span(self, first: int, last: int, weight: float) -> Span:
        if first < FIELD_GAP:
            place, spans = Place.TITLE, self._title
        else:
            place, spans = Place.BODY, self._body
            first, last = first - FIELD_GAP, last - FIELD_GAP
        return Span(place=place, start=spans[first][0], end=spans[last][1], weight=weight)


class Highlighter:
    """Makes hits with excerpts of one article: whole sentences, or part of a long one."""

    def __init__(self, title: str, text: str) -> None:
        self._texts = {Place.TITLE: title, Place.BODY: text}

    def hits(self, topic: str, spans: tuple[Span, ...], level: Level = Level.MENTION) -> list[Hit]:
        """Hits for the best spans: the highest weight first, then those within one sentence.

        A span that an earlier hit's excerpt contains is left out. Without spans the title is the
        only hit.
        """
        found: list[Hit] = []
        for span in sorted(spans, key=self._rank):
            if not any(_contains(hit, span) for hit in found):
                found.append(self._hit(topic, span, level))
            if len(found) == MAX_HITS:
                break
        return found or [self._hit(topic, _NO_SPAN, level)]

    def _rank(self, span: Span) -> tuple[float, bool]:
        crosses = span.place is Place.BODY and (
            bisect_right(self._starts, span.start) < bisect_right(self._starts, span.end - 1)
        )
        return -span.weight, crosses

    def _hit(self, topic: str, span: Span, level: Level) -> Hit:
        start, end = self._excerpt_bounds(span)
        return Hit(
            topic=topic,
            place=span.place,
            start=span.start,
            end=min(span.end, end),
            excerpt=self._texts[span.place][start:end],
            excerpt_at=start,
            weight=span.weight,
            level=level,
        )

    def _excerpt_bounds(self, span: Span) -> tuple[int, int]:
        text = self._texts[span.place]
        start, end = 0, len(text)
        if span.place is Place.BODY:
            start, end = self._sentences_around(span)
        if end - start <= MAX_EXCERPT_CHARS:
            return start, end
        return _cut_around(text, start, end, span)

    def _sentences_around(self, span: Span) -> tuple[int, int]:
        """Bounds of the sentences from the span's start to its end."""
        first = self._sentences[bisect_right(self._starts, span.start) - 1]
        last = self._sentences[bisect_right(self._starts, span.end - 1) - 1]
        return first[0], last[1]

    @cached_property
    def _sentences(self) -> list[tuple[int, int]]:
        return sentences(self._texts[Place.BODY])

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self._sentences]


_NO_SPAN = Span(place=Place.TITLE, start=0, end=0)  # for a rule that has only NOT


def _contains(hit: Hit, span: Span) -> bool:
    end = hit.excerpt_at + len(hit.excerpt)
    return hit.place is span.place and hit.excerpt_at < span.end and span.start < end


def _cut_around(text: str, start: int, end: int, span: Span) -> tuple[int, int]:
    """Cut MAX_EXCERPT_CHARS characters around the span, at spaces where possible."""
    room = max(0, MAX_EXCERPT_CHARS - (span.end - span.start))
    start_at = max(start, min(span.start - room // 2, end - MAX_EXCERPT_CHARS))
    stop = min(end, start_at + MAX_EXCERPT_CHARS)
    if start_at > start:
        space = text.find(" ", start_at - 1, span.start)
        start_at = start_at if space < 0 else space + 1
    if stop < end:
        space = text.rfind(" ", min(span.end, stop), stop + 1)
        stop = stop if space < 0 else space
    return start_at, stop
