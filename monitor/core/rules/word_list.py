"""Parses the entries of a word list, which `@name` stands for in a rule."""

from monitor.core.rules.ast import Exact, Leaf, Or, Phrase, Prefix, Word
from monitor.core.rules.lexer import Lexer
from monitor.core.rules.rule_text import RuleText
from monitor.core.text import tokens


def parse_list_entry(text: str) -> Leaf:
    """Parse an entry: a word, phrase, prefix or exact word; several words are a phrase.

    Raises RuleError for anything else.
    """
    rule = RuleText(text)
    terms = [lexeme.term for lexeme in Lexer(rule).lexemes()[:-1]]
    match terms:
        case [Word() | Phrase() | Exact() | Prefix() as leaf]:
            return leaf
    if not all(isinstance(term, Word | Phrase) for term in terms):
        hint = "give each word or phrase its own place in the list"
        raise rule.error(0, "this is more than one word or phrase", hint)
    return Phrase(tokens=tuple(tokens(text)))


def join_entries(entries: tuple[Leaf, ...]) -> Leaf | Or:
    """Join entries into the node that the list's name stands for: any of them."""
    return Or(children=entries) if len(entries) > 1 else entries[0]
