"""A rule made ready: what must hold in a scan, where it does, and what no match can lack.

A single token is just its key, an int; everything else is one of the classes. `spans` are
(first position, last position, weight).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.core.scan import Scan

Span = tuple[int, int]
Weighed = tuple[int, int, float]
Weights = Mapping[int, float]  # of keys whose weight is not 1
Route = tuple[tuple[int, ...], ...]  # key groups: every match has at least one key of each


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens in a row."""

    keys: tuple[int, ...]  # all of one place
    weight: float

    def holds(self, scan: Scan) -> bool:
        return scan.present.issuperset(self.keys) and any(True for _ in self._starts(scan))

    def occurrences(self, scan: Scan) -> list[Span]:
        if not scan.present.issuperset(self.keys):
            return []
        return [(start, start + len(self.keys) - 1) for start in self._starts(scan)]

    def spans(self, scan: Scan, weights: Weights) -> Iterator[Weighed]:
        return ((first, last, self.weight) for first, last in self.occurrences(scan))

    def _starts(self, scan: Scan) -> Iterator[int]:
        """From the rarest of the tokens outwards."""
        where = [scan.position_set(key) for key in self.keys]
        rarest = min(range(len(where)), key=lambda index: len(where[index]))
        checks = [(index - rarest, where[index]) for index in range(len(where)) if index != rarest]
        for position in scan.positions(self.keys[rarest]):
            if all(position + step in positions for step, positions in checks):
                yield position - rarest


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these."""

    keys: frozenset[int]
    others: "tuple[Clause, ...]"

    def holds(self, scan: Scan) -> bool:
        if not self.keys.isdisjoint(scan.present):
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

    keys: frozenset[int]
    others: "tuple[Clause, ...]"

    def holds(self, scan: Scan) -> bool:
        return self.keys <= scan.present and all(other.holds(scan) for other in self.others)

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
class Operand:
    """What NEAR and ATLEAST take: keys and runs, any of them."""

    keys: tuple[int, ...]
    runs: tuple[Run, ...]
    weight: float  # the highest of its leaves

    def holds(self, scan: Scan) -> bool:
        return not scan.present.isdisjoint(self.keys) or any(run.holds(scan) for run in self.runs)

    def occurrences(self, scan: Scan) -> list[Span]:
        """Distinct, in order."""
        found = {(at, at) for key in self.keys for at in scan.positions(key)}
        for run in self.runs:
            found.update(run.occurrences(scan))
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Pair:
    """NEAR, and ONEAR when `ordered`."""

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
        left, right = self.left.occurrences(scan), self.right.occurrences(scan)
        yield from _followed(left, right, self.distance)
        if not self.ordered:
            yield from _followed(right, left, self.distance)


@dataclass(frozen=True, slots=True)
class Often:
    """ATLEAST."""

    count: int
    operand: Operand

    def holds(self, scan: Scan) -> bool:
        return self.operand.holds(scan) and len(self.operand.occurrences(scan)) >= self.count

    def spans(self, scan: Scan, weights: Weights) -> Iterator[Weighed]:
        weight = self.operand.weight
        return ((first, last, weight) for first, last in self.operand.occurrences(scan))


Clause = Run | Some | All | No | Pair | Often


def _followed(left: list[Span], right: list[Span], distance: int) -> Iterator[Span]:
    """For each left span the first right one behind it, unless more tokens lie between."""
    firsts = [first for first, _ in right]
    for first, last in left:
        at = bisect_right(firsts, last)
        if at < len(right) and right[at][0] - last - 1 <= distance:
            yield first, right[at][1]


def _key_spans(keys: Iterable[int], scan: Scan, weights: Weights) -> Iterator[Weighed]:
    for key in keys:
        for position in scan.positions(key):
            yield position, position, weights.get(key, 1.0)


# ── what no match can lack ───────────────────────────────────────────────────────────────


def routes(clause: Clause, cost: Mapping[int, int]) -> tuple[Route, ...]:
    """Ways to be reached: every match has, for some route, a key of each of its groups.

    A route without a group is reached by every document. `cost` says how common a key is.
    """
    if not isinstance(clause, Some):
        return (_needs(clause, cost),)
    found = [_needs(other, cost) for other in clause.others]
    if clause.keys:
        found.append((tuple(clause.keys),))
    return tuple(found)


def _needs(clause: Clause, cost: Mapping[int, int]) -> Route:
    match clause:
        case Run():
            return tuple((key,) for key in clause.keys)
        case All():
            needed = [(key,) for key in clause.keys]
            return (*needed, *(group for other in clause.others for group in _needs(other, cost)))
        case Some():
            return _union(clause.keys, clause.others, cost)
        case Pair():
            return (*_operand_needs(clause.left, cost), *_operand_needs(clause.right, cost))
        case Often():
            return _operand_needs(clause.operand, cost)
        case No():
            return ()


def _operand_needs(operand: Operand, cost: Mapping[int, int]) -> Route:
    return _union(operand.keys, operand.runs, cost)


def _union(keys: Iterable[int], others: Iterable[Clause], cost: Mapping[int, int]) -> Route:
    """One group: all the keys, and of every other its rarest group."""
    group = list(keys)
    for other in others:
        needs = _needs(other, cost)
        if not needs:
            return ()
        group += min(needs, key=lambda each: commonness(each, cost))
    return (tuple(dict.fromkeys(group)),)


def commonness(group: Iterable[int], cost: Mapping[int, int]) -> int:
    return sum(cost[key - key % 3] for key in group)
