"""Compiles a rule's tree into matcher nodes, with its terms registered in the term index."""

from dataclasses import dataclass

from monitor.core.rules import ast as tree
from monitor.core.rules.matcher_nodes import (
    AllNode,
    AnyNode,
    AtLeastNode,
    Keys,
    MatcherNode,
    NearNode,
    NotNode,
    Operand,
    PhraseListNode,
    PhraseNode,
    Weights,
    pack_keys,
)
from monitor.core.rules.term_index import BODY, TITLE, TermIndex, TermKind
from monitor.core.text import fold
from monitor.model import Place

_PLACES = {Place.TITLE: TITLE, Place.BODY: BODY}
_METADATA_TERMS = {
    (tree.MetadataField.LANG, False): TermKind.LANG,
    (tree.MetadataField.LANG, True): TermKind.LANG_PREFIX,
    (tree.MetadataField.SOURCE, False): TermKind.SOURCE,
    (tree.MetadataField.SOURCE, True): TermKind.SOURCE_PREFIX,
}
_NO_WEIGHTS: Weights = {}  # shared by all rules without weights


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """Matcher node of a rule, its weights, and its terms."""

    node: MatcherNode
    weights: Weights
    term_ids: tuple[int, ...]  # without duplicates


class Compiler:
    """Compiles one rule; its terms get ids from the term index."""

    def __init__(self, index: TermIndex) -> None:
        self._index = index
        self._weights: dict[int, float] = {}
        self._term_ids: set[int] = set()

    def compile(self, rule: tree.Rule) -> CompiledRule:
        """Compile the rule's tree."""
        node = self._node(rule.tree, None)
        node = AllNode((node,), ()) if isinstance(node, int) else node
        return CompiledRule(node, self._weights or _NO_WEIGHTS, tuple(self._term_ids))

    def _node(self, node: tree.Node, place: Place | None) -> "int | MatcherNode":
        """Compile a node of the tree; a single token becomes its key alone.

        `place`: the only field to search, None for both.
        """
        match node:
            case tree.And():
                return AllNode(*self._children(node.children, place))
            case tree.Or():
                return AnyNode(*self._alternatives(node.children, place))
            case tree.Not():
                return NotNode(self._matcher_node(node.child, place))
            case tree.Within() if place not in (None, node.place):
                return AnyNode((), ())  # no word stands in both fields
            case tree.Within():
                return self._node(node.child, node.place)
            case tree.Near():
                left, right = self._operand(node.left, place), self._operand(node.right, place)
                return NearNode(left, right, node.distance, node.ordered)
            case tree.AtLeast():
                return AtLeastNode(node.count, self._operand(node.leaves, place))
            case tree.MetadataFilter():
                kind = _METADATA_TERMS[node.field, node.prefix]
                return self._register(kind, fold(node.value))
            case _:
                return self._leaf(node, place)

    def _matcher_node(self, node: tree.Node, place: Place | None) -> MatcherNode:
        compiled = self._node(node, place)
        return AllNode((compiled,), ()) if isinstance(compiled, int) else compiled

    def _children(
        self, nodes: tuple[tree.Node, ...], place: Place | None
    ) -> tuple[Keys, tuple[MatcherNode, ...]]:
        compiled = [self._node(node, place) for node in nodes]
        single = pack_keys(each for each in compiled if isinstance(each, int))
        return single, tuple(each for each in compiled if not isinstance(each, int))

    def _alternatives(
        self, nodes: tuple[tree.Node, ...], place: Place | None
    ) -> tuple[Keys, tuple[MatcherNode, ...]]:
        single, others = self._children(nodes, place)
        phrases = tuple(each for each in others if isinstance(each, PhraseNode))
        rest = tuple(each for each in others if not isinstance(each, PhraseNode))
        return single, (*rest, *_listed(phrases))

    def _operand(self, leaves: tuple[tree.Leaf, ...], place: Place | None) -> Operand:
        compiled = [self._leaf(leaf, place) for leaf in leaves]
        return Operand(
            tuple(each for each in compiled if isinstance(each, int)),
            _listed(tuple(each for each in compiled if not isinstance(each, int))),
            max(leaf.weight for leaf in leaves),
        )

    def _leaf(self, leaf: tree.Leaf, place: Place | None) -> int | PhraseNode:
        term_ids = self._leaf_terms(leaf)
        if place is not None:
            term_ids = [term_id + _PLACES[place] for term_id in term_ids]
            self._index.uses_body |= place is Place.BODY
        if len(term_ids) > 1:
            return PhraseNode(tuple(term_ids), leaf.weight)
        if leaf.weight != 1.0:
            self._weights[term_ids[0]] = max(leaf.weight, self._weights.get(term_ids[0], 0.0))
        return term_ids[0]

    def _leaf_terms(self, leaf: tree.Leaf) -> list[int]:
        match leaf:
            case tree.Word():
                return [self._register(TermKind.STEM, fold(leaf.token))]
            case tree.Prefix():
                return [self._register(TermKind.PREFIX, fold(leaf.start))]
            case tree.Phrase():
                return [self._register(TermKind.FOLD, fold(token)) for token in leaf.tokens]
            case tree.Exact():
                return [self._register(TermKind.EXACT, token) for token in leaf.tokens]

    def _register(self, kind: TermKind, text: str) -> int:
        term_id = self._index.term_id(kind, text)
        self._term_ids.add(term_id)
        return term_id


def _listed(phrases: tuple[PhraseNode, ...]) -> tuple[PhraseNode | PhraseListNode, ...]:
    """Join many phrases into one list node, which costs memory but is quick to search."""
    if len(phrases) <= _MAX_SINGLE_PHRASES:
        return phrases
    by_first_key: dict[int, tuple[PhraseNode, ...]] = {}
    for phrase in phrases:
        first = phrase.keys[0]
        by_first_key[first] = (*by_first_key.get(first, ()), phrase)
    return (PhraseListNode(by_first_key),)


_MAX_SINGLE_PHRASES = 8
