"""Positions → characters → whole sentences: where a match stands, for people."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from monitor.core.rules.document_index import GULF, Document
from monitor.core.text import sentences, token_spans
from monitor.model import Hit, Place

MOST_HITS = 5  # a topic
LONGEST_EXCERPT = 300  # characters


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """Character offsets in the title or the body, as given."""

    place: Place
    start: int
    end: int
    weight: float = 1.0


def located(
    document: Document, found: Iterable[set[tuple[int, int, float]]]
) -> list[tuple[Span, ...]]:
    """Token positions (first, last, weight) as characters; the title first."""
    place = _Offsets(document)
    return [tuple(place.span(*span) for span in sorted(spans)) for spans in found]


class _Offsets:
    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def _title(self) -> list[tuple[int, int]]:
        return token_spans(self._document.title)

    @cached_property
    def _body(self) -> list[tuple[int, int]]:
        return token_spans(self._document.body)

    def span(self, first: int, last: int, weight: float) -> Span:
        if first < GULF:
            place, spans = Place.TITLE, self._title
        else:
            place, spans = Place.BODY, self._body
            first, last = first - GULF, last - GULF
        return Span(place=place, start=spans[first][0], end=spans[last][1], weight=weight)


class Passages:
    """Excerpts of one article: whole sentences, or as much of a long one as fits."""

    def __init__(self, title: str, text: str) -> None:
        self._texts = {Place.TITLE: title, Place.BODY: text}

    def hits(self, topic: str, spans: tuple[Span, ...]) -> list[Hit]:
        """The best spans: the highest weight first, then those inside one sentence.

        One that stands in an excerpt we already have is left out.
        """
        found: list[Hit] = []
        for span in sorted(spans, key=self._rank):
            if not any(_shows(hit, span) for hit in found):
                found.append(self._hit(topic, span))
            if len(found) == MOST_HITS:
                break
        return found or [self._hit(topic, _NOWHERE)]

    def _rank(self, span: Span) -> tuple[float, bool]:
        crosses = span.place is Place.BODY and (
            bisect_right(self._starts, span.start) < bisect_right(self._starts, span.end - 1)
        )
        return -span.weight, crosses

    def _hit(self, topic: str, span: Span) -> Hit:
        start, end = self._passage(span)
        return Hit(
            topic=topic,
            place=span.place,
            start=span.start,
            end=min(span.end, end),
            excerpt=self._texts[span.place][start:end],
            excerpt_at=start,
            weight=span.weight,
        )

    def _passage(self, span: Span) -> tuple[int, int]:
        text = self._texts[span.place]
        start, end = 0, len(text)
        if span.place is Place.BODY:
            start, end = self._sentences_around(span)
        if end - start <= LONGEST_EXCERPT:
            return start, end
        return _cut(text, start, end, span)

    def _sentences_around(self, span: Span) -> tuple[int, int]:
        """From the sentence the span starts in to the one it ends in."""
        first = self._sentences[bisect_right(self._starts, span.start) - 1]
        last = self._sentences[bisect_right(self._starts, span.end - 1) - 1]
        return first[0], last[1]

    @cached_property
    def _sentences(self) -> list[tuple[int, int]]:
        return sentences(self._texts[Place.BODY])

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self._sentences]


_NOWHERE = Span(place=Place.TITLE, start=0, end=0)  # a rule that only asks for what is not there


def _shows(hit: Hit, span: Span) -> bool:
    end = hit.excerpt_at + len(hit.excerpt)
    return hit.place is span.place and hit.excerpt_at < span.end and span.start < end


def _cut(text: str, start: int, end: int, span: Span) -> tuple[int, int]:
    """As much around the span as fits, at word boundaries where there are any."""
    room = max(0, LONGEST_EXCERPT - (span.end - span.start))
    begin = max(start, min(span.start - room // 2, end - LONGEST_EXCERPT))
    stop = min(end, begin + LONGEST_EXCERPT)
    if begin > start:
        space = text.find(" ", begin - 1, span.start)
        begin = begin if space < 0 else space + 1
    if stop < end:
        space = text.rfind(" ", min(span.end, stop), stop + 1)
        stop = stop if space < 0 else space
    return begin, stop
