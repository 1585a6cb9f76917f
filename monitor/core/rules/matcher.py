"""Matches many rules against one document: an inverted index of rules (a percolator).

Each rule is indexed under keys that every match of it has: a rare key and, if there is one, a
second. Only rules whose two keys are both in the document are evaluated.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from monitor.core.rules.ast import Rule
from monitor.core.rules.compiler import Compiler
from monitor.core.rules.document_index import Document, DocumentIndex
from monitor.core.rules.highlights import Highlighter, Span, locate_spans
from monitor.core.rules.levels import score_level
from monitor.core.rules.matcher_nodes import MatcherNode, Weights
from monitor.core.rules.parser import parse
from monitor.core.rules.required_keys import FrequencyEstimate, KeyGroups, required_keys
from monitor.core.rules.term_index import ALWAYS, TermIndex
from monitor.model import Hit

__all__ = ["Document", "Matcher", "RuleId", "Span", "hits"]

RuleId = str | int

_FEW_KEYS = 100
_MAX_PAIRS = 32  # of keys; an alternative with more is indexed under its first group only

GroupPair = tuple[tuple[int, ...], tuple[int, ...]]  # two groups of keys, the rarer one first


@dataclass(frozen=True, slots=True, eq=False)
class IndexedRule:
    """A compiled rule, as the index holds it."""

    id: RuleId
    node: MatcherNode
    weights: Weights
    term_ids: tuple[int, ...]
    pairs: tuple[GroupPair, ...]  # one for each alternative of its required keys

    def index_keys(self) -> set[tuple[int, int]]:
        """Pairs of keys that the rule is indexed under: each of a first group with each second."""
        return {keys for pair in self.pairs for keys in product(*pair)}


class Matcher:
    """A set of rules to match documents against; rules can be added and removed at any time."""

    def __init__(self) -> None:
        self._terms = TermIndex()
        self._rules: dict[RuleId, IndexedRule] = {}
        self._index: dict[int, dict[int, list[IndexedRule]]] = {}  # first key → second → rules

    def __len__(self) -> int:
        return len(self._rules)

    def add(self, rule_id: RuleId, rule: Rule) -> None:
        """Add a rule; one with the same id is replaced."""
        if rule_id in self._rules:
            self.remove(rule_id)
        compiled = Compiler(self._terms).compile(rule)
        self._terms.acquire(compiled.term_ids)
        frequency = self._terms.estimate_frequency
        groups = required_keys(compiled.node, frequency)
        pairs = tuple(_rarest_pair(each, frequency) for each in groups)
        indexed = IndexedRule(rule_id, compiled.node, compiled.weights, compiled.term_ids, pairs)
        for first, second in indexed.index_keys():
            seconds = self._index.setdefault(first, {})
            if second in seconds:
                seconds[second].append(indexed)
            else:
                seconds[second] = [indexed]
        self._rules[rule_id] = indexed

    def remove(self, rule_id: RuleId) -> bool:
        """Remove a rule; False if there is none of this id."""
        rule = self._rules.pop(rule_id, None)
        if rule is None:
            return False
        for first, second in rule.index_keys():
            self._remove_from_index(rule, first, second)
        self._terms.release(rule.term_ids)
        return True

    def match(self, document: Document) -> list[RuleId]:
        """Ids of the rules that match, sorted, numbers before names."""
        index = DocumentIndex(document, self._terms)
        found = [rule.id for rule in self._candidates(index) if rule.node.matches(index)]
        return sorted(found, key=_order)

    def explain(self, document: Document) -> dict[RuleId, tuple[Span, ...]]:
        """Ids of the rules that match, as in `match`, each with the spans of what matched."""
        index = DocumentIndex(document, self._terms)
        found = [rule for rule in self._candidates(index) if rule.node.matches(index)]
        found.sort(key=lambda rule: _order(rule.id))
        spans = [set(rule.node.spans(index, rule.weights)) for rule in found]
        ids = [rule.id for rule in found]
        return dict(zip(ids, locate_spans(document, spans), strict=True))

    def candidate_count(self, document: Document) -> int:
        """Number of rules that `match` would evaluate, for benchmarks."""
        return len(self._candidates(DocumentIndex(document, self._terms)))

    def _candidates(self, index: DocumentIndex) -> dict[IndexedRule, None]:
        """Rules with both index keys in the document, without duplicates."""
        present = index.present
        found: dict[IndexedRule, None] = {}
        for first in present & self._index.keys():
            seconds = self._index[first]
            if len(seconds) < _FEW_KEYS and present.isdisjoint(seconds):
                continue  # the common case, without building a set
            for second in present & seconds.keys():
                found.update(dict.fromkeys(seconds[second]))
        return found

    def _remove_from_index(self, rule: IndexedRule, first: int, second: int) -> None:
        seconds = self._index[first]
        seconds[second].remove(rule)
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
    """Match topics, given as (name, query), against an article; return their hits in that order.

    A topic that matches has at least one hit. Raises RuleError for an invalid query.
    """
    document = Document(title=title, body=text, language=language, source=source)
    found = _topic_matcher(topics).explain(document)
    highlighter = Highlighter(title, text)
    return tuple(
        hit
        for name, _ in topics
        if name in found
        for hit in highlighter.hits(name, found[name], score_level(found[name]))
    )


@lru_cache(maxsize=8)
def _topic_matcher(topics: tuple[tuple[str, str], ...]) -> Matcher:
    matcher = Matcher()
    for name, query in topics:
        matcher.add(name, parse(query))
    return matcher


def _order(rule_id: RuleId) -> tuple[bool, RuleId]:
    """Sort key: numbers first, then names."""
    return isinstance(rule_id, str), rule_id


def _rarest_pair(groups: KeyGroups, frequency: FrequencyEstimate) -> GroupPair:
    """The two rarest groups of keys; ALWAYS in place of a missing one."""
    distinct = list(dict.fromkeys(groups))
    if len(distinct) > 2:
        distinct = sorted(distinct, key=frequency)
    first, second = [*distinct, _ANY_DOCUMENT, _ANY_DOCUMENT][:2]
    return (first, second) if len(first) * len(second) <= _MAX_PAIRS else (first, _ANY_DOCUMENT)


_ANY_DOCUMENT = (ALWAYS,)
