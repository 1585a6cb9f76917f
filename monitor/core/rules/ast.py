"""Nodes of a rule's syntax tree, and how they are printed.

A tree is in normal form: no AND inside AND, no OR inside OR, no NOT of a NOT, weights on leaves
only. So a rule that is printed and parsed again gives the same tree.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from monitor.model import Place


class MetadataField(StrEnum):
    """Metadata of a document that a rule can filter by."""

    LANG = "lang"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Matches a token with the same stem in the document's language."""

    token: str  # NFC, as written
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Matches these tokens in a row, folded (without case and accents) but not stemmed."""

    tokens: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Matches these tokens in a row, exactly as written."""

    tokens: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """Matches a token whose folded form starts with `start`."""

    start: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataFilter:
    """Matches the document's language or source: folded equality, or a prefix of it."""

    field: MetadataField
    value: str
    prefix: bool = False


Leaf = Word | Phrase | Exact | Prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Matches `left` and `right` in one field with at most `distance` tokens between them.

    Either operand matches where any of its leaves does; with `ordered`, `left` comes first.
    """

    left: tuple[Leaf, ...]
    right: tuple[Leaf, ...]
    distance: int
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """Matches if any of `leaves` occur at `count` or more distinct places."""

    count: int
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Matches if `child` does in this field alone."""

    place: Place
    child: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Matches if `child` does not."""

    child: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """Matches if every child does."""

    children: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """Matches if at least one child does."""

    children: "tuple[Node, ...]"


Node = Leaf | MetadataFilter | Near | AtLeast | Within | Not | And | Or


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWarning:
    """A warning: a valid rule that may not mean what its writer thinks. Positions from 1."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A parsed rule. Two rules with equal trees are equal."""

    tree: Node
    warnings: tuple[RuleWarning, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return canonical_text(self)


def alternatives(rule: Rule) -> tuple[Rule, ...]:
    """Split a rule at its outermost OR; the parts together match what the rule matches."""
    parts = rule.tree.children if isinstance(rule.tree, Or) else (rule.tree,)
    return tuple(Rule(tree=part) for part in parts)


# ── normal form ──────────────────────────────────────────────────────────────────────────


def conjunction(children: list[Node]) -> Node:
    """AND of these nodes; children that are an AND already are merged into it."""
    flat: list[Node] = []
    for child in children:
        flat += child.children if isinstance(child, And) else [child]
    return And(children=tuple(flat)) if len(flat) > 1 else flat[0]


def disjunction(children: list[Node]) -> Node:
    """OR of these nodes; children that are an OR already are merged into it."""
    flat: list[Node] = []
    for child in children:
        flat += child.children if isinstance(child, Or) else [child]
    return Or(children=tuple(flat)) if len(flat) > 1 else flat[0]


def negation(child: Node) -> Node:
    """NOT of this node; a NOT is undone instead."""
    return child.child if isinstance(child, Not) else Not(child=child)


def with_weight(node: Node, weight: float) -> Node:
    """Put a weight on every leaf that has none of its own."""
    match node:
        case Word() | Phrase() | Exact() | Prefix():
            return replace(node, weight=weight) if node.weight == 1.0 else node
        case Near():
            left, right = _with_weights(node.left, weight), _with_weights(node.right, weight)
            return replace(node, left=left, right=right)
        case AtLeast():
            return replace(node, leaves=_with_weights(node.leaves, weight))
        case Within() | Not():
            return replace(node, child=with_weight(node.child, weight))
        case And() | Or():
            children = tuple(with_weight(child, weight) for child in node.children)
            return replace(node, children=children)
        case MetadataFilter():
            return node


def _with_weights(leaves: tuple[Leaf, ...], weight: float) -> tuple[Leaf, ...]:
    return tuple(replace(leaf, weight=weight) if leaf.weight == 1.0 else leaf for leaf in leaves)


# ── printing ─────────────────────────────────────────────────────────────────────────────

_OR, _AND, _NOT, _NEAR, _ATOM = range(5)  # precedence, the loosest first
# A word that is spelled like an operator is printed with a full stop after it.
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR", "ONEAR", "ATLEAST"})


def canonical_text(rule: Rule) -> str:
    """Print a rule in one fixed spelling that parses to the same rule."""
    return _format(rule.tree, _OR)


def _format(node: Node, outer: int) -> str:
    text, level = _format_bare(node)
    return f"({text})" if level < outer else text


def _format_bare(node: Node) -> tuple[str, int]:
    match node:
        case Or():
            return " OR ".join(_format(child, _AND) for child in node.children), _OR
        case And():
            return " AND ".join(_format(child, _NOT) for child in node.children), _AND
        case Not():
            return f"NOT {_format(node.child, _NEAR)}", _NOT
        case Near():
            operator = f"{'ONEAR' if node.ordered else 'NEAR'}/{node.distance}"
            return f"{_format_operand(node.left)} {operator} {_format_operand(node.right)}", _NEAR
        case AtLeast():
            return f"ATLEAST/{node.count}({' OR '.join(map(_format_leaf, node.leaves))})", _ATOM
        case Within():
            return f"{node.place}:{_format(node.child, _ATOM)}", _ATOM
        case MetadataFilter():
            return f"{node.field}:{_format_value(node)}", _ATOM
        case _:
            return _format_leaf(node), _ATOM


def _format_operand(leaves: tuple[Leaf, ...]) -> str:
    text = " OR ".join(map(_format_leaf, leaves))
    return f"({text})" if len(leaves) > 1 else text


def _format_leaf(leaf: Leaf) -> str:
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


def _format_value(node: MetadataFilter) -> str:
    if node.prefix:
        return f"{node.value}*"
    return node.value if node.value.isalnum() else f'"{node.value}"'
