"""Many rules against one document: a percolator.

Every rule is filed under what no match of it can lack: a rare key and, where there is one, a
second. Only rules whose two keys are both in the document are verified.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from monitor.core.rules.ast import Rule
from monitor.core.rules.compiler import Compiler
from monitor.core.rules.document_index import Document, Scan
from monitor.core.rules.highlights import Passages, Span, located
from monitor.core.rules.matcher_nodes import Clause, Cost, Route, Weights, routes
from monitor.core.rules.parser import parse
from monitor.core.rules.term_index import ALWAYS, Vocabulary
from monitor.model import Hit

__all__ = ["Document", "Matcher", "RuleId", "Span", "hits"]

RuleId = str | int

_FEW = 100
Groups = tuple[tuple[int, ...], tuple[int, ...]]  # of keys: the first is the rarer one

_MOST_PAIRS = 32  # for one route; a rule with more is filed under its first group only


@dataclass(frozen=True, slots=True, eq=False)
class Filed:
    """A rule in the index."""

    id: RuleId
    clause: Clause
    weights: Weights
    atoms: tuple[int, ...]
    groups: tuple[Groups, ...]  # one for every route

    def drawers(self) -> set[tuple[int, int]]:
        """Where it lies: each key of a first group with each of its second."""
        return {pair for groups in self.groups for pair in product(*groups)}


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
        cost = self._vocabulary.commonness
        groups = tuple(_groups(route, cost) for route in routes(compiled.clause, cost))
        filed = Filed(rule_id, compiled.clause, compiled.weights, compiled.atoms, groups)
        for first, second in filed.drawers():
            seconds = self._index.setdefault(first, {})
            if second in seconds:
                seconds[second].append(filed)
            else:
                seconds[second] = [filed]
        self._filed[rule_id] = filed

    def remove(self, rule_id: RuleId) -> bool:
        """False: there was none."""
        filed = self._filed.pop(rule_id, None)
        if filed is None:
            return False
        for first, second in filed.drawers():
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
            if len(seconds) < _FEW and present.isdisjoint(seconds):
                continue  # the common case, without making a set
            for second in present & seconds.keys():
                found.update(dict.fromkeys(seconds[second]))
        return found

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


def _groups(route: Route, cost: Cost) -> Groups:
    """The two rarest groups of keys of a route; ALWAYS where there is none."""
    groups = list(dict.fromkeys(route))
    if len(groups) > 2:
        groups = sorted(groups, key=cost)
    first, second = [*groups, _ANY, _ANY][:2]
    return (first, second) if len(first) * len(second) <= _MOST_PAIRS else (first, _ANY)


_ANY = (ALWAYS,)
