"""Splits a rule's text into lexemes: parentheses, operators, numbers, fields, weights, terms."""

import re
from enum import IntEnum, auto
from typing import NamedTuple

from monitor.core.rules.ast import Leaf, MetadataFilter, Or
from monitor.core.rules.rule_text import RuleText
from monitor.core.rules.terms import NO_LISTS, UNCLOSED, Lists, TermParser, plain_word
from monitor.model import Place

MAX_TERMS = 10_000
MAX_WEIGHT = 1000
MAX_NUMBER_DIGITS = 6


class Kind(IntEnum):
    """What a lexeme is in the grammar."""

    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    NEAR = auto()
    ATLEAST = auto()
    FIELD = auto()
    TERM = auto()
    WEIGHT = auto()
    END = auto()


class Lexeme(NamedTuple):
    """One lexeme, its offset in the rule, and the value of its kind."""

    kind: Kind
    at: int  # offset in the rule
    text: str
    term: Leaf | MetadataFilter | Or | None = None
    number: int = 0  # of NEAR and ATLEAST
    ordered: bool = False
    place: Place | None = None
    weight: float = 1.0


_LEXEME = re.compile(
    r"""\s*+(?:
      (?P<open>\() | (?P<close>\))
    | (?P<dash>-)(?=[^\s)^])
    | (?P<phrase>=?"[^"]*+")
    | (?P<weight>\^[^\s()"^]*+)
    | (?P<metadata>(?:lang|source):(?:"[^"]*+"|[^\s()"^]++))
    | (?P<field>(?:title|body):)(?=[^\s)^-])
    | (?P<word>[^\s()"^]++)
    )""",
    re.VERBOSE,
)
_OPERATOR = re.compile(r"(O?NEAR|ATLEAST)(?:$|[/:~=])")
_NUMBERED = re.compile(r"(?:O?NEAR|ATLEAST)/(\d+)$", re.ASCII)
_SLASHLESS = re.compile(r"(O?NEAR|ATLEAST)(\d+)$", re.ASCII)
_WEIGHT = re.compile(r"\^\d{1,4}(?:\.\d{1,3})?$", re.ASCII)
_PUNCTUATION = {"open": Kind.OPEN, "close": Kind.CLOSE, "dash": Kind.NOT}
_SIMPLE = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
_LOWERCASE_OPERATORS = {
    "and": "AND",
    "or": "OR",
    "not": "NOT",
    "near": "NEAR/5",
    "y": "AND",
    "o": "OR",
}
_NUMBERLESS = frozenset({"NEAR", "ONEAR", "ATLEAST"})


class Lexer:
    """Splits one rule's text into lexemes."""

    def __init__(self, rule: RuleText, lists: Lists = NO_LISTS) -> None:
        self._rule = rule
        self._lists = lists
        self._terms = TermParser(rule, lists)

    def lexemes(self) -> list[Lexeme]:
        """The lexemes of the rule, an END last. Raises RuleError."""
        found = []
        at = 0
        text = self._rule.text
        end = len(text.rstrip())
        while at < end:
            match = _LEXEME.match(text, at)
            if match is None:
                raise self._rule.error(text.index('"', at), *UNCLOSED)
            group = match.lastgroup
            assert group is not None
            found.append(self._lexeme(group, match.start(group), match[group]))
            at = match.end()
        self._check_size(found)
        return [*found, Lexeme(Kind.END, end, "")]

    def _check_size(self, found: list[Lexeme]) -> None:
        if len(found) <= MAX_TERMS and not self._lists:
            return
        terms = 0
        for lexeme in found:
            terms += _count_terms(lexeme)
            if terms > MAX_TERMS:
                message = f"this rule has more than {MAX_TERMS:,} terms"
                raise self._rule.error(lexeme.at, message, "split it into several rules")

    def _lexeme(self, group: str, at: int, text: str) -> Lexeme:
        match group:
            case "word":
                return self._word(at, text)
            case "open" | "close" | "dash":
                return Lexeme(_PUNCTUATION[group], at, text)
            case "phrase":
                return Lexeme(Kind.TERM, at, text, self._terms.quoted(at, text))
            case "metadata":
                return Lexeme(Kind.TERM, at, text, self._terms.metadata_filter(at, text))
            case "field":
                return Lexeme(Kind.FIELD, at, text, place=Place(text[:-1]))
            case _:
                return Lexeme(Kind.WEIGHT, at, text, weight=self._weight(at, text))

    def _word(self, at: int, text: str) -> Lexeme:
        if text in _SIMPLE:
            return Lexeme(_SIMPLE[text], at, text)
        if text.isalnum() and text.isascii() and text not in _NUMBERLESS:
            if len(text) < 5:
                self._warn_of_lowercase_operator(at, text)
            elif text[-1].isdigit() and (joined := _SLASHLESS.match(text)):
                self._rule.warn(at, f"{text} is a word here; write {joined[1]}/{joined[2]}")
            return Lexeme(Kind.TERM, at, text, plain_word(text))
        if operator := _OPERATOR.match(text):
            return self._operator(at, text, operator[1])
        return Lexeme(Kind.TERM, at, text, self._terms.term(at, text))

    def _operator(self, at: int, text: str, name: str) -> Lexeme:
        number = _NUMBERED.match(text)
        sample = "ATLEAST/3(A OR B)" if name == "ATLEAST" else f"A {name}/5 B"
        if number is None:
            raise self._rule.error(at, f"{name} needs a number after a /", f"write {sample}")
        if len(number[1]) > MAX_NUMBER_DIGITS:
            message = f"{name} with a number this large is no use"
            raise self._rule.error(at, message, f"write {sample}")
        count = int(number[1])
        if name == "ATLEAST":
            if count == 0:
                hint = "write ATLEAST/2(…) or more"
                raise self._rule.error(at, "ATLEAST/0 is always true", hint)
            return Lexeme(Kind.ATLEAST, at, text, number=count)
        return Lexeme(Kind.NEAR, at, text, number=count, ordered=name == "ONEAR")

    def _weight(self, at: int, text: str) -> float:
        before = self._rule.text[:at]
        if not before.strip() or before[-1].isspace():
            hint = f"write it right after the word, as in tariff{text}"
            raise self._rule.error(at, "this weight belongs to nothing", hint)
        if not _WEIGHT.match(text) or float(text[1:]) > MAX_WEIGHT:
            hint = f"write a number from 0 to {MAX_WEIGHT}, as in tariff^2"
            raise self._rule.error(at, f"{text} is no weight", hint)
        return float(text[1:])

    def _warn_of_lowercase_operator(self, at: int, text: str) -> None:
        operator = _LOWERCASE_OPERATORS.get(text.lower())
        rule = self._rule.text
        before, after = rule[:at].strip(), rule[at + len(text) :].strip()
        if operator and after and (before or operator == "NOT"):
            self._rule.warn(at, f"{text} is a word here; the operator is {operator}")


def _count_terms(lexeme: Lexeme) -> int:
    """Count the terms of a lexeme: a list stands for all of its entries."""
    if isinstance(lexeme.term, Or):
        return len(lexeme.term.children)
    return lexeme.kind is Kind.TERM
