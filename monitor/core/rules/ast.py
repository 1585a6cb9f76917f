"""The nodes of a rule, and how they print.

A tree is in normal form: no AND inside AND, no OR inside OR, no NOT of a NOT, a weight on leaves
only. So the canonical text of a rule, parsed, is the same tree again.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from monitor.model import Place


class Fact(StrEnum):
    """What a rule may ask of a document beside its words."""

    LANG = "lang"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A token with the same stem, by the document's language."""

    token: str  # NFC, as written
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """These tokens in a row, folded, not stemmed."""

    tokens: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """These tokens in a row, as they are written."""

    tokens: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """A token whose folded form starts so."""

    start: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The document's language or source: folded equality, or its beginning."""

    fact: Fact
    value: str
    prefix: bool = False


Leaf = Word | Phrase | Exact | Prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """One of `left` and one of `right` in one field, at most `distance` tokens between them."""

    left: tuple[Leaf, ...]
    right: tuple[Leaf, ...]
    distance: int
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """At least `count` distinct places where one of `leaves` stands."""

    count: int
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """`child`, sought in one field only."""

    place: Place
    child: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    child: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    children: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    children: "tuple[Node, ...]"


Node = Leaf | About | Near | AtLeast | Within | Not | And | Or


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """A rule that can be read, and may not mean what its writer thinks. Counts from 1."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule, read. Equal rules find the same."""

    tree: Node
    warnings: tuple[Caution, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return canonical(self)


def alternatives(rule: Rule) -> tuple[Rule, ...]:
    """The rules of which any one is enough; together they find what the rule finds."""
    parts = rule.tree.children if isinstance(rule.tree, Or) else (rule.tree,)
    return tuple(Rule(tree=part) for part in parts)


# ── normal form ──────────────────────────────────────────────────────────────────────────


def conjunction(children: list[Node]) -> Node:
    """AND of these; those that are an AND already are taken apart."""
    flat: list[Node] = []
    for child in children:
        flat += child.children if isinstance(child, And) else [child]
    return And(children=tuple(flat)) if len(flat) > 1 else flat[0]


def disjunction(children: list[Node]) -> Node:
    """OR of these; those that are an OR already are taken apart."""
    flat: list[Node] = []
    for child in children:
        flat += child.children if isinstance(child, Or) else [child]
    return Or(children=tuple(flat)) if len(flat) > 1 else flat[0]


def negation(child: Node) -> Node:
    return child.child if isinstance(child, Not) else Not(child=child)


def weighed(node: Node, weight: float) -> Node:
    """This weight on every leaf that has none of its own."""
    match node:
        case Word() | Phrase() | Exact() | Prefix():
            return replace(node, weight=weight) if node.weight == 1.0 else node
        case Near():
            left, right = _weighed(node.left, weight), _weighed(node.right, weight)
            return replace(node, left=left, right=right)
        case AtLeast():
            return replace(node, leaves=_weighed(node.leaves, weight))
        case Within() | Not():
            return replace(node, child=weighed(node.child, weight))
        case And() | Or():
            children = tuple(weighed(child, weight) for child in node.children)
            return replace(node, children=children)
        case About():
            return node


def _weighed(leaves: tuple[Leaf, ...], weight: float) -> tuple[Leaf, ...]:
    return tuple(replace(leaf, weight=weight) if leaf.weight == 1.0 else leaf for leaf in leaves)


# ── print ────────────────────────────────────────────────────────────────────────────────

_OR, _AND, _NOT, _NEAR, _UNIT = range(5)  # how tightly a node binds
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR", "ONEAR", "ATLEAST"})  # words with a stop only


def canonical(rule: Rule) -> str:
    """The rule in one fixed spelling; parsed, it is the same rule."""
    return _print(rule.tree, _OR)


def _print(node: Node, outer: int) -> str:
    text, level = _printed(node)
    return f"({text})" if level < outer else text


def _printed(node: Node) -> tuple[str, int]:
    match node:
        case Or():
            return " OR ".join(_print(child, _AND) for child in node.children), _OR
        case And():
            return " AND ".join(_print(child, _NOT) for child in node.children), _AND
        case Not():
            return f"NOT {_print(node.child, _NEAR)}", _NOT
        case Near():
            operator = f"{'ONEAR' if node.ordered else 'NEAR'}/{node.distance}"
            return f"{_operand(node.left)} {operator} {_operand(node.right)}", _NEAR
        case AtLeast():
            return f"ATLEAST/{node.count}({' OR '.join(map(_leaf, node.leaves))})", _UNIT
        case Within():
            return f"{node.place}:{_print(node.child, _UNIT)}", _UNIT
        case About():
            return f"{node.fact}:{_value(node)}", _UNIT
        case _:
            return _leaf(node), _UNIT


def _operand(leaves: tuple[Leaf, ...]) -> str:
    text = " OR ".join(map(_leaf, leaves))
    return f"({text})" if len(leaves) > 1 else text


def _leaf(leaf: Leaf) -> str:
    weight = "" if leaf.weight == 1.0 else f"^{leaf.weight:g}"
    match leaf:
        case Word():
            return f"{leaf.token}{'.' if leaf.token in _OPERATORS else ''}{weight}"
        case Phrase():
            return f'"{" ".join(leaf.tokens)}"{weight}'
        case Exact():
            text = " ".join(leaf.tokens)
            return f"={text}{weight}" if len(leaf.tokens) == 1 else f'="{text}"{weight}'
        case Prefix():
            return f"{leaf.start}*{weight}"


def _value(about: About) -> str:
    if about.prefix:
        return f"{about.value}*"
    return about.value if about.value.isalnum() else f'"{about.value}"'
