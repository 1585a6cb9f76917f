"""Compiled rule nodes: evaluate against a document index and list spans.

A single token is just its key, an int; everything else is a node. A node's `matches` evaluates it,
and its `spans` are the (first position, last position, weight) of what matched.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.core.rules.document_index import DocumentIndex

Span = tuple[int, int]
Keys = tuple[int, ...] | frozenset[int]  # see `pack_keys`
WeightedSpan = tuple[int, int, float]
Weights = Mapping[int, float]  # of keys whose weight is not 1


def pack_keys(found: Iterable[int]) -> Keys:
    """Remove duplicates: a tuple, which is small, or for many keys a set, quick to test."""
    distinct = frozenset(found)
    return distinct if len(distinct) > _MAX_TUPLE_KEYS else tuple(distinct)


_MAX_TUPLE_KEYS = 8


@dataclass(frozen=True, slots=True)
class PhraseNode:
    """Matches tokens in a row."""

    keys: tuple[int, ...]  # all of them for the same field
    weight: float

    def matches(self, document: DocumentIndex) -> bool:
        """Whether the document matches."""
        return document.present.issuperset(self.keys) and bool(self._starts(document))

    def occurrences(self, document: DocumentIndex) -> list[Span]:
        """Every span of the phrase."""
        if not document.present.issuperset(self.keys):
            return []
        return [(start, start + len(self.keys) - 1) for start in self._starts(document)]

    def spans(self, document: DocumentIndex, weights: Weights) -> Iterator[WeightedSpan]:
        """Spans of what matched, with weights."""
        return ((first, last, self.weight) for first, last in self.occurrences(document))

    def _starts(self, document: DocumentIndex) -> list[int]:
        """Positions where the phrase starts, searched from its rarest token."""
        position_sets = [document.position_set(key) for key in self.keys]
        rarest = min(range(len(position_sets)), key=lambda index: len(position_sets[index]))
        starts = [position - rarest for position in document.positions(self.keys[rarest])]
        for step, positions in enumerate(position_sets):
            if step != rarest:
                starts = [start for start in starts if start + step in positions]
        return starts


@dataclass(frozen=True, slots=True, eq=False)
class PhraseListNode:
    """Matches any of many phrases; tries only those whose first token the document has."""

    by_first_key: Mapping[int, tuple[PhraseNode, ...]]

    def matches(self, document: DocumentIndex) -> bool:
        """Whether the document matches."""
        return any(phrase.matches(document) for phrase in self._candidates(document))

    def occurrences(self, document: DocumentIndex) -> list[Span]:
        """Every span of every phrase."""
        candidates = self._candidates(document)
        return [span for phrase in candidates for span in phrase.occurrences(document)]

    def spans(self, document: DocumentIndex, weights: Weights) -> Iterator[WeightedSpan]:
        """Spans of what matched, with weights."""
        for phrase in self._candidates(document):
            yield from phrase.spans(document, weights)

    def _candidates(self, document: DocumentIndex) -> Iterator[PhraseNode]:
        for key in document.present.intersection(self.by_first_key):
            yield from self.by_first_key[key]


@dataclass(frozen=True, slots=True)
class AnyNode:
    """Matches if any of its keys or nodes does."""

    keys: Keys
    others: "tuple[MatcherNode, ...]"

    def matches(self, document: DocumentIndex) -> bool:
        """Whether the document matches."""
        if not document.present.isdisjoint(self.keys):
            return True
        return any(other.matches(document) for other in self.others)

    def spans(self, document: DocumentIndex, weights: Weights) -> Iterator[WeightedSpan]:
        """Spans of what matched, with weights."""
        yield from _key_spans(self.keys, document, weights)
        for other in self.others:
            if other.matches(document):
                yield from other.spans(document, weights)


@dataclass(frozen=True, slots=True)
class AllNode:
    """Matches if all of its keys and nodes do."""

    keys: Keys
    others: "tuple[MatcherNode, ...]"

    def matches(self, document: DocumentIndex) -> bool:
        """Whether the document matches."""
        if not document.present.issuperset(self.keys):
            return False
        return all(other.matches(document) for other in self.others)

    def spans(self, document: DocumentIndex, weights: Weights) -> Iterator[WeightedSpan]:
        """Spans of what matched, with weights."""
        yield from _key_spans(self.keys, document, weights)
        for other in self.others:
            yield from other.spans(document, weights)


@dataclass(frozen=True, slots=True)
class NotNode:
    """Matches if its child does not; has no spans."""

    child: "MatcherNode"

    def matches(self, document: DocumentIndex) -> bool:
        """Whether the document matches."""
        return not self.child.matches(document)

    def spans(self, document: DocumentIndex, weights: Weights) -> Iterator[WeightedSpan]:
        """Spans of what matched, with weights."""
        return iter(())


@dataclass(frozen=True, slots=True)
class OperandSpans:
    """Spans of an operand, sorted by first and by last position."""

    spans: list[Span]
    firsts: list[int]
    by_last: list[Span]
    lasts: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """Operand of NEAR and ATLEAST: any of its keys and phrases."""

    keys: tuple[int, ...]
    phrases: tuple[PhraseNode | PhraseListNode, ...]
    weight: float  # the highest of its leaves

    def matches(self, document: DocumentIndex) -> bool:
        """Whether the document matches."""
        return not document.present.isdisjoint(self.keys) or any(
            phrase.matches(document) for phrase in self.phrases
        )

    def locate(self, document: DocumentIndex) -> OperandSpans:
        """Spans of the operand, computed once per document."""
        found = document.memo.get(self)
        if not isinstance(found, OperandSpans):
            found = document.memo[self] = self._find(document)
        return found

    def _find(self, document: DocumentIndex) -> OperandSpans:
        spans_found = {(at, at) for key in self.keys for at in document.positions(key)}
        for phrase in self.phrases:
            spans_found.update(phrase.occurrences(document))
        spans = sorted(spans_found)
        by_last = sorted(spans, key=lambda span: span[1]) if self.phrases else spans
        firsts = [first for first, _ in spans]
        return OperandSpans(spans, firsts, by_last, [last for _, last in by_last])


@dataclass(frozen=True, slots=True)
class NearNode:
    """NEAR of two operands; ONEAR when `ordered`."""

    left: Operand
    right: Operand
    distance: int
    ordered: bool

    def matches(self, document: DocumentIndex) -> bool:
        """Whether the document matches."""
        if not (self.left.matches(document) and self.right.matches(document)):
            return False
        return any(True for _ in self._pairs(document))

    def spans(self, document: DocumentIndex, weights: Weights) -> Iterator[WeightedSpan]:
        """Spans of what matched, with weights."""
        weight = max(self.left.weight, self.right.weight)
        return ((first, last, weight) for first, last in self._pairs(document))

    def _pairs(self, document: DocumentIndex) -> Iterator[Span]:
        left, right = self.left.locate(document), self.right.locate(document)
        yield from _pairs_in_order(left, right, self.distance)
        if not self.ordered:
            yield from _pairs_in_order(right, left, self.distance)


@dataclass(frozen=True, slots=True)
class AtLeastNode:
    """ATLEAST: `count` distinct spans of the operand."""

    count: int
    operand: Operand

    def matches(self, document: DocumentIndex) -> bool:
        """Whether the document matches."""
        return (
            self.operand.matches(document)
            and len(self.operand.locate(document).spans) >= self.count
        )

    def spans(self, document: DocumentIndex, weights: Weights) -> Iterator[WeightedSpan]:
        """Spans of what matched, with weights."""
        weight = self.operand.weight
        return ((first, last, weight) for first, last in self.operand.locate(document).spans)


MatcherNode = PhraseNode | PhraseListNode | AnyNode | AllNode | NotNode | NearNode | AtLeastNode


def _pairs_in_order(left: OperandSpans, right: OperandSpans, distance: int) -> Iterator[Span]:
    """Pairs of a left span and a right one after it, at most `distance` tokens apart.

    Each span of the shorter list is paired with its nearest partner in the other.
    """
    if len(left.spans) <= len(right.spans):
        for first, last in left.spans:
            at = bisect_right(right.firsts, last)
            if at < len(right.spans) and right.firsts[at] - last - 1 <= distance:
                yield first, right.spans[at][1]
    else:
        for first, last in right.spans:
            at = bisect_left(left.lasts, first) - 1
            if at >= 0 and first - left.lasts[at] - 1 <= distance:
                yield left.by_last[at][0], last


def _key_spans(
    keys: Iterable[int], document: DocumentIndex, weights: Weights
) -> Iterator[WeightedSpan]:
    for key in keys:
        for position in document.positions(key):
            yield position, position, weights.get(key, 1.0)
