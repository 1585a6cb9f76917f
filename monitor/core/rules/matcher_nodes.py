"""A rule made ready: what must hold in a scan, where it does, and what no match can lack.

A single token is just its key, an int; everything else is one of the classes. `spans` are
(first position, last position, weight).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.core.rules.document_index import Scan

Span = tuple[int, int]
Keys = tuple[int, ...] | frozenset[int]  # see `keys`
Weighed = tuple[int, int, float]
Weights = Mapping[int, float]  # of keys whose weight is not 1
Cost = Callable[[Iterable[int]], int]  # how common it is that one of these keys is there
Route = tuple[tuple[int, ...], ...]  # key groups: every match has at least one key of each


def keys(found: Iterable[int]) -> Keys:
    """Without doubles: a tuple, which is small, or for many a set, which is quick to test."""
    distinct = frozenset(found)
    return distinct if len(distinct) > _MANY else tuple(distinct)


_MANY = 8


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens in a row."""

    keys: tuple[int, ...]  # all of one place
    weight: float

    def holds(self, scan: Scan) -> bool:
        return scan.present.issuperset(self.keys) and bool(self._starts(scan))

    def occurrences(self, scan: Scan) -> list[Span]:
        if not scan.present.issuperset(self.keys):
            return []
        return [(start, start + len(self.keys) - 1) for start in self._starts(scan)]

    def spans(self, scan: Scan, weights: Weights) -> Iterator[Weighed]:
        return ((first, last, self.weight) for first, last in self.occurrences(scan))

    def _starts(self, scan: Scan) -> list[int]:
        """From the rarest of the tokens outwards."""
        where = [scan.position_set(key) for key in self.keys]
        rarest = min(range(len(where)), key=lambda index: len(where[index]))
        starts = [position - rarest for position in scan.positions(self.keys[rarest])]
        for step, positions in enumerate(where):
            if step != rarest:
                starts = [start for start in starts if start + step in positions]
        return starts


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these."""

    keys: Keys
    others: "tuple[Clause, ...]"

    def holds(self, scan: Scan) -> bool:
        if not scan.present.isdisjoint(self.keys):
            return True
        return any(other.holds(scan) for other in self.others)

    def spans(self, scan: Scan, weights: Weights) -> Iterator[Weighed]:
        yield from _key_spans(self.keys, scan, weights)
        for other in self.others:
            if other.holds(scan):
                yield from other.spans(scan, weights)


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these."""

    keys: Keys
    others: "tuple[Clause, ...]"

    def holds(self, scan: Scan) -> bool:
        if not scan.present.issuperset(self.keys):
            return False
        return all(other.holds(scan) for other in self.others)

    def spans(self, scan: Scan, weights: Weights) -> Iterator[Weighed]:
        yield from _key_spans(self.keys, scan, weights)
        for other in self.others:
            yield from other.spans(scan, weights)


@dataclass(frozen=True, slots=True)
class No:
    """None of this; so there is nothing to show."""

    child: "Clause"

    def holds(self, scan: Scan) -> bool:
        return not self.child.holds(scan)

    def spans(self, scan: Scan, weights: Weights) -> Iterator[Weighed]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Stands:
    """Where an operand stands: distinct spans by their first token, and by their last."""

    spans: list[Span]
    firsts: list[int]
    by_last: list[Span]
    lasts: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """What NEAR and ATLEAST take: keys and runs, any of them."""

    keys: tuple[int, ...]
    runs: tuple[Run, ...]
    weight: float  # the highest of its leaves

    def holds(self, scan: Scan) -> bool:
        return not scan.present.isdisjoint(self.keys) or any(run.holds(scan) for run in self.runs)

    def stands(self, scan: Scan) -> Stands:
        found = scan.notes.get(self)
        if not isinstance(found, Stands):
            found = scan.notes[self] = self._find(scan)
        return found

    def _find(self, scan: Scan) -> Stands:
        places = {(at, at) for key in self.keys for at in scan.positions(key)}
        for run in self.runs:
            places.update(run.occurrences(scan))
        spans = sorted(places)
        by_last = sorted(spans, key=lambda span: span[1]) if self.runs else spans
        firsts = [first for first, _ in spans]
        return Stands(spans, firsts, by_last, [last for _, last in by_last])


@dataclass(frozen=True, slots=True)
class Proximity:
    """NEAR of two operands; ONEAR when `ordered`."""

    left: Operand
    right: Operand
    distance: int
    ordered: bool

    def holds(self, scan: Scan) -> bool:
        if not (self.left.holds(scan) and self.right.holds(scan)):
            return False
        return any(True for _ in self._pairs(scan))

    def spans(self, scan: Scan, weights: Weights) -> Iterator[Weighed]:
        weight = max(self.left.weight, self.right.weight)
        return ((first, last, weight) for first, last in self._pairs(scan))

    def _pairs(self, scan: Scan) -> Iterator[Span]:
        left, right = self.left.stands(scan), self.right.stands(scan)
        yield from _followed(left, right, self.distance)
        if not self.ordered:
            yield from _followed(right, left, self.distance)


@dataclass(frozen=True, slots=True)
class Often:
    """ATLEAST."""

    count: int
    operand: Operand

    def holds(self, scan: Scan) -> bool:
        return self.operand.holds(scan) and len(self.operand.stands(scan).spans) >= self.count

    def spans(self, scan: Scan, weights: Weights) -> Iterator[Weighed]:
        weight = self.operand.weight
        return ((first, last, weight) for first, last in self.operand.stands(scan).spans)


Clause = Run | Some | All | No | Proximity | Often


def _followed(left: Stands, right: Stands, distance: int) -> Iterator[Span]:
    """Pairs of a left span and a right one behind it, with at most `distance` tokens between.

    The shorter list is walked, and each of its spans takes its nearest partner.
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


def _key_spans(keys: Iterable[int], scan: Scan, weights: Weights) -> Iterator[Weighed]:
    for key in keys:
        for position in scan.positions(key):
            yield position, position, weights.get(key, 1.0)


# ── what no match can lack ───────────────────────────────────────────────────────────────


def routes(clause: Clause, cost: Cost) -> tuple[Route, ...]:
    """Ways to be reached: every match has, for some route, a key of each of its groups.

    A route without a group is reached by every document.
    """
    if not isinstance(clause, Some):
        return (_needs(clause, cost),)
    found = [_needs(other, cost) for other in clause.others]
    if clause.keys:
        found.append((tuple(clause.keys),))
    return tuple(found)


def _needs(clause: Clause, cost: Cost) -> Route:
    match clause:
        case Run():
            return tuple((key,) for key in clause.keys)
        case All():
            needed = [(key,) for key in clause.keys]
            return (*needed, *(group for other in clause.others for group in _needs(other, cost)))
        case Some():
            return _union(clause.keys, clause.others, cost)
        case Proximity():
            return (*_operand_needs(clause.left, cost), *_operand_needs(clause.right, cost))
        case Often():
            return _operand_needs(clause.operand, cost)
        case No():
            return ()


def _operand_needs(operand: Operand, cost: Cost) -> Route:
    return _union(operand.keys, operand.runs, cost)


def _union(keys: Iterable[int], others: Iterable[Clause], cost: Cost) -> Route:
    """One group: all the keys, and of every other its rarest group."""
    group = list(keys)
    for other in others:
        needs = _needs(other, cost)
        if not needs:
            return ()
        group += min(needs, key=cost)
    return (tuple(dict.fromkeys(group)),)
