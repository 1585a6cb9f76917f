"""Many rules against one document: a percolator.

Every rule is filed under what no match of it can lack: a rare key and, where there is one, a
second. Only rules whose two keys are both in the document are verified.
"""

from dataclasses import dataclass
from functools import lru_cache

from monitor.core.clauses import Clause, Cost, Route, Weights, routes
from monitor.core.compile import Compiler
from monitor.core.passages import Passages, Span, located
from monitor.core.rules import Rule, parse
from monitor.core.scan import Document, Scan
from monitor.core.vocabulary import ALWAYS, Vocabulary
from monitor.model import Hit

__all__ = ["Document", "Matcher", "RuleId", "Span", "hits"]

RuleId = str | int

_MOST_PAIRS = 64  # a rule is filed under, for one route; more are filed under one key only


@dataclass(slots=True, eq=False)
class Filed:
    """A rule in the index."""

    id: RuleId
    clause: Clause
    weights: Weights
    atoms: tuple[int, ...]
    drawers: tuple[tuple[int, int], ...] = ()  # (key, second key)


class Matcher:
    """Rules that are added and removed at any time, without a rebuild."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._filed: dict[RuleId, Filed] = {}
        self._index: dict[int, dict[int, list[Filed]]] = {}

    def __len__(self) -> int:
        return len(self._filed)

    def add(self, rule_id: RuleId, rule: Rule) -> None:
        """Files a rule; one of the same id is replaced."""
        if rule_id in self._filed:
            self.remove(rule_id)
        compiled = Compiler(self._vocabulary).compiled(rule)
        self._vocabulary.hold(compiled.atoms)
        filed = Filed(rule_id, compiled.clause, compiled.weights, compiled.atoms)
        filed.drawers = self._drawers(compiled.clause)
        for first, second in filed.drawers:
            self._index.setdefault(first, {}).setdefault(second, []).append(filed)
        self._filed[rule_id] = filed

    def remove(self, rule_id: RuleId) -> bool:
        """False: there was none."""
        filed = self._filed.pop(rule_id, None)
        if filed is None:
            return False
        for first, second in filed.drawers:
            self._take_out(filed, first, second)
        self._vocabulary.release(filed.atoms)
        return True

    def match(self, document: Document) -> list[RuleId]:
        """The ids of the rules that match, sorted."""
        scan = Scan(document, self._vocabulary)
        found = [filed.id for filed in self._candidates(scan) if filed.clause.holds(scan)]
        return sorted(found, key=_order)

    def explain(self, document: Document) -> dict[RuleId, tuple[Span, ...]]:
        """The same, each with the places that made it match, in order of the text."""
        scan = Scan(document, self._vocabulary)
        found = [filed for filed in self._candidates(scan) if filed.clause.holds(scan)]
        found.sort(key=lambda filed: _order(filed.id))
        spans = [set(filed.clause.spans(scan, filed.weights)) for filed in found]
        ids = [filed.id for filed in found]
        return dict(zip(ids, located(document, spans), strict=True))

    def verified(self, document: Document) -> int:
        """How many rules `match` looks at; for the bench."""
        return len(self._candidates(Scan(document, self._vocabulary)))

    def _candidates(self, scan: Scan) -> dict[Filed, None]:
        present = scan.present
        found: dict[Filed, None] = {}
        for first in present & self._index.keys():
            seconds = self._index[first]
            for second in present & seconds.keys():
                found.update(dict.fromkeys(seconds[second]))
        return found

    def _drawers(self, clause: Clause) -> tuple[tuple[int, int], ...]:
        cost = self._vocabulary.commonness
        pairs = [pair for route in routes(clause, cost) for pair in _pairs(route, cost)]
        return tuple(dict.fromkeys(pairs))

    def _take_out(self, filed: Filed, first: int, second: int) -> None:
        seconds = self._index[first]
        seconds[second].remove(filed)
        if not seconds[second]:
            del seconds[second]
        if not seconds:
            del self._index[first]


def hits(
    title: str,
    text: str,
    *,
    language: str | None,
    source: str | None,
    topics: tuple[tuple[str, str], ...],
) -> tuple[Hit, ...]:
    """Where each topic's rule, (name, query), found something; in the order of the topics.

    A topic that matches has at least one hit. Raises RuleError for a query that cannot be read.
    """
    document = Document(title=title, body=text, language=language, source=source)
    found = _topic_matcher(topics).explain(document)
    passages = Passages(title, text)
    return tuple(
        hit for name, _ in topics if name in found for hit in passages.hits(name, found[name])
    )


@lru_cache(maxsize=8)
def _topic_matcher(topics: tuple[tuple[str, str], ...]) -> Matcher:
    matcher = Matcher()
    for name, query in topics:
        matcher.add(name, parse(query))
    return matcher


def _order(rule_id: RuleId) -> tuple[bool, RuleId]:
    """Numbers first, then names."""
    return isinstance(rule_id, str), rule_id


def _pairs(route: Route, cost: Cost) -> list[tuple[int, int]]:
    """The two rarest groups, each key of the one with each of the other."""
    groups = sorted(dict.fromkeys(route), key=cost)
    if not groups:
        return [(ALWAYS, ALWAYS)]
    first, *others = groups
    second = others[0] if others else (ALWAYS,)
    if len(first) * len(second) > _MOST_PAIRS:
        second = (ALWAYS,)
    return [(one, two) for one in first for two in second]
