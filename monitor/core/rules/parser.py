"""Parses the text of a rule into a Rule, or raises an error that points at the mistake.

The grammar, loosest first (a lexeme's form is in `lexer`, a term's in `terms`):

    or    = and { "OR" and }
    and   = not { ["AND"] not }
    not   = { "NOT" | "-" } near
    near  = unit [ ("NEAR" | "ONEAR") "/" number unit ]      both units: leaf, or (leaf OR leaf …)
    unit  = ( term | "(" or ")" | field unit | "ATLEAST/" number "(" leaf { "OR" leaf } ")" )
            [ "^" number ]
    term  = word | "phrase" | =exact | prefix* | lang:name | source:name
"""

from typing import NoReturn

from monitor.core.rules.ast import (
    AtLeast,
    Exact,
    Leaf,
    MetadataFilter,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Rule,
    Within,
    Word,
    conjunction,
    disjunction,
    negation,
    with_weight,
)
from monitor.core.rules.lexer import Kind, Lexeme, Lexer
from monitor.core.rules.rule_text import RuleText
from monitor.core.rules.terms import NO_LISTS, Lists

MAX_DEPTH = 50  # of nested parentheses

_STARTS = frozenset({Kind.TERM, Kind.OPEN, Kind.NOT, Kind.FIELD, Kind.ATLEAST})
_OPERATORS = frozenset({Kind.AND, Kind.OR, Kind.NOT, Kind.NEAR})
_BOUND = frozenset({Kind.NEAR, Kind.WEIGHT})  # they bind to the term before them
_LEAVES = (Word, Phrase, Exact, Prefix)


def parse(text: str, lists: Lists = NO_LISTS) -> Rule:
    """Parse a rule; `@name` stands for the words of that list.

    Raises RuleError with line, column and a hint.
    """
    rule = RuleText(text)
    tree = _Parser(rule, Lexer(rule, lists).lexemes()).parse()
    if _matches_empty_document(tree):
        rule.warn(0, "this rule matches nearly everything: a text without any word matches it")
    return Rule(tree=tree, warnings=tuple(rule.warnings))


class _Parser:
    """Recursive descent, at most MAX_DEPTH deep; long lists and chains of NOT are loops."""

    def __init__(self, rule: RuleText, lexemes: list[Lexeme]) -> None:
        self._rule = rule
        self._lexemes = lexemes
        self._at = 0
        self._opened: list[Lexeme] = []
        self._fields: list[Lexeme] = []

    def parse(self) -> Node:
        if self._peek().kind is Kind.END:
            self._refuse(self._peek(), "this rule is empty", "write a word, as in: tariff")
        tree = self._or()
        if self._peek().kind is not Kind.END:
            self._refuse_rest(self._peek())
        return tree

    # ── one function per grammar rule ────────────────────────────────────────────────────

    def _or(self) -> Node:
        first = self._and()
        if self._peek().kind is not Kind.OR:
            return first
        children = [first]
        while self._peek().kind is Kind.OR:
            self._at += 1
            children.append(self._and())
        return disjunction(children)

    def _and(self) -> Node:
        first = self._not()
        if (kind := self._peek().kind) is not Kind.AND and kind not in _STARTS:
            return first
        children = [first]
        while (kind := self._peek().kind) is Kind.AND or kind in _STARTS:
            self._at += kind is Kind.AND
            children.append(self._not())
        return conjunction(children)

    def _not(self) -> Node:
        lexeme = self._lexemes[self._at]
        if lexeme.term is not None and self._lexemes[self._at + 1].kind not in _BOUND:
            self._at += 1
            return lexeme.term  # a shortcut for most terms
        negative = False
        while self._peek().kind is Kind.NOT:
            self._at += 1
            negative = not negative
        node = self._near()
        return negation(node) if negative else node

    def _near(self) -> Node:
        left = self._unit()
        if self._peek().kind is not Kind.NEAR:
            return left
        near = self._take()
        if self._peek().kind is Kind.NOT:
            self._refuse(self._peek(), *_NEGATIVE_NEAR)
        right = self._unit()
        if self._peek().kind is Kind.NEAR:
            self._refuse(self._peek(), *_CHAINED)
        return Near(
            left=self._operand(left, near, f"the left side of {near.text}"),
            right=self._operand(right, near, f"the right side of {near.text}"),
            distance=near.number,
            ordered=near.ordered,
        )

    def _unit(self) -> Node:
        lexeme = self._peek()
        if lexeme.kind not in _STARTS or lexeme.kind is Kind.NOT:
            self._refuse_missing(lexeme)
        self._at += 1
        node = lexeme.term or self._opened_by(lexeme)
        if self._peek().kind is not Kind.WEIGHT:
            return node
        weight = self._take().weight
        if self._peek().kind is Kind.WEIGHT:
            self._refuse(self._peek(), "one weight is enough", "delete the second one")
        return with_weight(node, weight)

    def _opened_by(self, lexeme: Lexeme) -> Node:
        if lexeme.kind is Kind.OPEN:
            return self._group(lexeme)
        if lexeme.kind is Kind.FIELD:
            return self._within(lexeme)
        return self._at_least(lexeme)

    def _group(self, opening: Lexeme) -> Node:
        self._opened.append(opening)
        if len(self._opened) > MAX_DEPTH:
            message = f"more than {MAX_DEPTH} parentheses inside each other"
            self._refuse(opening, message, "split it into several rules")
        if self._peek().kind is Kind.CLOSE:
            self._refuse(opening, "nothing stands between ( and )", "delete them")
        node = self._or()
        if self._peek().kind is Kind.END:
            self._refuse(opening, *_NEVER_CLOSED)
        if self._peek().kind is not Kind.CLOSE:
            self._refuse_rest(self._peek())
        self._take()
        self._opened.pop()
        return node

    def _within(self, field: Lexeme) -> Node:
        assert field.place is not None
        self._warn_of_nested(field)
        self._fields.append(field)
        child = self._unit()
        self._fields.pop()
        return Within(place=field.place, child=child)

    def _warn_of_nested(self, field: Lexeme) -> None:
        if len(self._fields) >= MAX_DEPTH:
            message = f"more than {MAX_DEPTH} fields inside each other"
            self._refuse(field, message, "one field is enough")
        if not self._fields:
            return
        outer = self._fields[-1]
        if outer.place is field.place:
            message = f"{field.text} inside {outer.text}: one of them is enough"
        else:
            message = f"{field.text} inside {outer.text} never matches: no word stands in both"
        self._rule.warn(field.at, message)

    def _at_least(self, atleast: Lexeme) -> Node:
        if self._peek().kind is not Kind.OPEN:
            self._refuse(
                atleast, f"{atleast.text} needs parentheses", f"write {atleast.text}(A OR B)"
            )
        node = self._group(self._take())
        leaves = self._operand(node, atleast, f"what {atleast.text} counts")
        return AtLeast(count=atleast.number, leaves=leaves)

    def _operand(self, node: Node, operator: Lexeme, what: str) -> tuple[Leaf, ...]:
        if isinstance(node, _LEAVES):
            return (node,)
        if isinstance(node, Or):
            leaves = tuple(child for child in node.children if isinstance(child, _LEAVES))
            if len(leaves) == len(node.children):
                return leaves
        message = f'{what} must be a word, "phrase", prefix* or =exact, or several as (A OR B)'
        hint = _WITHIN_NEAR if isinstance(node, Within) else _GROUPED_NEAR
        raise self._rule.error(operator.at, message, hint)

    # ── reading lexemes, and errors ──────────────────────────────────────────────────────

    def _peek(self) -> Lexeme:
        return self._lexemes[self._at]

    def _take(self) -> Lexeme:
        self._at += 1
        return self._lexemes[self._at - 1]

    def _refuse(self, lexeme: Lexeme, message: str, hint: str = "") -> NoReturn:
        raise self._rule.error(lexeme.at, message, hint)

    def _refuse_rest(self, lexeme: Lexeme) -> NoReturn:
        """Raise the error for a lexeme that cannot follow a complete term."""
        if lexeme.kind is Kind.CLOSE:
            self._refuse(lexeme, "this ) closes nothing", "delete it, or open a ( before")
        if lexeme.kind is Kind.WEIGHT:
            hint = "write it right after a word or a group"
            self._refuse(lexeme, "this weight belongs to nothing", hint)
        self._refuse(lexeme, *_CHAINED)

    def _refuse_missing(self, lexeme: Lexeme) -> NoReturn:
        """Raise the error for a lexeme where a term should be."""
        before = self._lexemes[self._at - 1] if self._at else None
        if before is not None and before.kind is Kind.FIELD and lexeme.kind is Kind.NOT:
            hint = f"write NOT {before.text}word"
            self._refuse(before, f"NOT stands before {before.text}, not behind it", hint)
        if before is not None and (before.kind in _OPERATORS or before.kind is Kind.FIELD):
            self._refuse(before, f"{before.text} has nothing on its right", "write a word after it")
        if lexeme.kind in _OPERATORS:
            self._refuse(lexeme, f"{lexeme.text} has nothing on its left", "write a word before it")
        if lexeme.kind is Kind.END:
            self._refuse(self._opened[-1], *_NEVER_CLOSED)
        self._refuse_rest(lexeme)


_NEVER_CLOSED = ("this ( is never closed", "write a ) where the group ends")
_CHAINED = ("NEAR does not chain", "write (A NEAR/5 B) AND (B NEAR/5 C)")
_NEGATIVE_NEAR = ("NEAR cannot stand before NOT", "write A AND NOT (A NEAR/5 B)")
_WITHIN_NEAR = "put the field outside, as in title:(A NEAR/5 B)"
_GROUPED_NEAR = 'quote words that stand in a row, as in "import duty" NEAR/5 steel'


def _matches_empty_document(tree: Node) -> bool:
    """Whether an empty document without language matches."""
    match tree:
        case Not():
            return not _matches_empty_document(tree.child)
        case Within():
            return _matches_empty_document(tree.child)
        case Or():
            return any(map(_matches_empty_document, tree.children))
        case MetadataFilter() | Word() | Phrase() | Exact() | Prefix() | Near() | AtLeast():
            return False
        case _:
            return all(map(_matches_empty_document, tree.children))
