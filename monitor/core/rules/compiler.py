"""Rule → clause: the tree's words become keys of a vocabulary."""

from dataclasses import dataclass

from monitor.core.rules import ast as tree
from monitor.core.rules.matcher_nodes import (
    All,
    Clause,
    Keys,
    No,
    Often,
    Operand,
    Proximity,
    Run,
    Some,
    Weights,
    keys,
)
from monitor.core.rules.term_index import BODY, TITLE, Ask, Vocabulary
from monitor.core.text import fold
from monitor.model import Place

_PLACES = {Place.TITLE: TITLE, Place.BODY: BODY}
_FACTS = {
    (tree.Fact.LANG, False): Ask.LANG,
    (tree.Fact.LANG, True): Ask.LANG_PREFIX,
    (tree.Fact.SOURCE, False): Ask.SOURCE,
    (tree.Fact.SOURCE, True): Ask.SOURCE_PREFIX,
}


_EVEN: Weights = {}  # one for all the rules that weigh nothing


@dataclass(frozen=True, slots=True)
class Compiled:
    clause: Clause
    weights: Weights
    atoms: tuple[int, ...]  # every one it asks for, once


class Compiler:
    """Compiles one rule."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._weights: dict[int, float] = {}
        self._atoms: set[int] = set()

    def compiled(self, rule: tree.Rule) -> Compiled:
        node = self._node(rule.tree, None)
        clause = All((node,), ()) if isinstance(node, int) else node
        return Compiled(clause, self._weights or _EVEN, tuple(self._atoms))

    def _node(self, node: tree.Node, place: Place | None) -> "int | Clause":
        match node:
            case tree.And():
                return All(*self._children(node.children, place))
            case tree.Or():
                return Some(*self._children(node.children, place))
            case tree.Not():
                return No(self._clause(node.child, place))
            case tree.Within():
                return self._node(node.child, node.place)
            case tree.Near():
                left, right = self._operand(node.left, place), self._operand(node.right, place)
                return Proximity(left, right, node.distance, node.ordered)
            case tree.AtLeast():
                return Often(node.count, self._operand(node.leaves, place))
            case tree.About():
                return self._atom(_FACTS[node.fact, node.prefix], fold(node.value))
            case _:
                return self._leaf(node, place)

    def _clause(self, node: tree.Node, place: Place | None) -> Clause:
        ready = self._node(node, place)
        return All((ready,), ()) if isinstance(ready, int) else ready

    def _children(
        self, nodes: tuple[tree.Node, ...], place: Place | None
    ) -> tuple[Keys, tuple[Clause, ...]]:
        ready = [self._node(node, place) for node in nodes]
        single = keys(each for each in ready if isinstance(each, int))
        return single, tuple(each for each in ready if not isinstance(each, int))

    def _operand(self, leaves: tuple[tree.Leaf, ...], place: Place | None) -> Operand:
        ready = [self._leaf(leaf, place) for leaf in leaves]
        return Operand(
            tuple(each for each in ready if isinstance(each, int)),
            tuple(each for each in ready if not isinstance(each, int)),
            max(leaf.weight for leaf in leaves),
        )

    def _leaf(self, leaf: tree.Leaf, place: Place | None) -> int | Run:
        found = self._leaf_atoms(leaf)
        if place is not None:
            found = [atom + _PLACES[place] for atom in found]
            self._vocabulary.asks_body |= place is Place.BODY
        if len(found) > 1:
            return Run(tuple(found), leaf.weight)
        if leaf.weight != 1.0:
            self._weights[found[0]] = max(leaf.weight, self._weights.get(found[0], 0.0))
        return found[0]

    def _leaf_atoms(self, leaf: tree.Leaf) -> list[int]:
        match leaf:
            case tree.Word():
                return [self._atom(Ask.STEM, fold(leaf.token))]
            case tree.Prefix():
                return [self._atom(Ask.PREFIX, fold(leaf.start))]
            case tree.Phrase():
                return [self._atom(Ask.FOLD, fold(token)) for token in leaf.tokens]
            case tree.Exact():
                return [self._atom(Ask.EXACT, token) for token in leaf.tokens]

    def _atom(self, ask: Ask, text: str) -> int:
        atom = self._vocabulary.atom(ask, text)
        self._atoms.add(atom)
        return atom
