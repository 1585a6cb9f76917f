"""Parses one term of a rule: a word, phrase, exact word, prefix, list, language or source.

Mistakes within one term raise errors or give warnings here.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from monitor.core.rules.ast import (
    Exact,
    Leaf,
    MetadataField,
    MetadataFilter,
    Or,
    Phrase,
    Prefix,
    Word,
)
from monitor.core.rules.rule_text import RuleText
from monitor.core.text import TOKEN_PATTERN, fold, nfc, tokens
from monitor.errors import RuleError

MAX_PHRASE_TOKENS = 100

Lists = Mapping[str, Leaf | Or]  # list name → its entries, an OR of leaves if it has several
NO_LISTS: Lists = {}

_FIELDS = ("title", "body", "lang", "source")
_LIKE_OPERATOR = re.compile(r"(?i:(?:onear|near|atleast)/\d+|(?:w|pre)/\d+)$", re.ASCII)
_FIELD_LIKE = re.compile(r"([^\W\d_]{3,12}):(?=[^\W_/])")
_SIGNS = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "+": "AND", "!": "NOT", ",": "OR"}
UNCLOSED = ("this quote is never closed", 'write a second " where the phrase ends')
_HINTS = {
    "=": "write =ICE, with no space after the =",
    "-": "write -word with no space, or NOT word",
    "title:": "write title:word or title:(A OR B), with no space after the colon",
    "body:": "write body:word or body:(A OR B), with no space after the colon",
    "lang:": "write lang:es; for two languages (lang:en OR lang:es)",
    "source:": 'write source:reuters or source:"el pais"; for two (source:a OR source:b)',
}


@lru_cache(maxsize=10_000)
def plain_word(text: str) -> Word:
    """Return the leaf of an ASCII word, one value for all the rules that have it."""
    return Word(token=text)


class TermParser:
    """Parses the terms of one rule; every method takes a term's offset and text."""

    def __init__(self, rule: RuleText, lists: Lists) -> None:
        self._rule = rule
        self._lists = lists

    def term(self, at: int, text: str) -> Leaf | Or:
        """Parse a term without quotes. Raises RuleError."""
        self._check_start(at, text)
        if text[0] == "=":
            return self._exact(at, text)
        if text[0] == "@" and (leaves := self._look_up_list(at, text)):
            return leaves
        if "*" in text:
            return self._prefix(at, text)
        words = self._tokens(at, text)
        if len(words) == 1:
            self._warn_of_quotes(at, text)
            return Word(token=words[0])
        self._warn_of_phrase(at, text)
        return Phrase(tokens=words)

    def quoted(self, at: int, text: str) -> Leaf:
        """Parse `"…"` or `="…"`. Raises RuleError."""
        inside = text.lstrip("=")[1:-1]
        words = self._tokens(at, text)
        if "*" in inside:
            message = "a * inside quotes is no wildcard; it finds nothing"
            self._rule.warn(at + text.index("*"), message)
        if inside.startswith("="):
            self._rule.warn(at, f'a = inside quotes does nothing; write ="{inside[1:]}"')
        return Exact(tokens=words) if text[0] == "=" else Phrase(tokens=words)

    def metadata_filter(self, at: int, text: str) -> MetadataFilter:
        """Parse `lang:…` or `source:…`. Raises RuleError."""
        name, value = text.split(":", 1)
        field = MetadataField(name)
        if value.startswith('"'):
            value, prefix = value[1:-1], False
        else:
            value, prefix = value.removesuffix("*"), value.endswith("*")
        if not fold(value).strip() or (prefix and "*" in value):
            message = f"{name}: needs a name, at most with one * at its end"
            raise self._rule.error(at, message, _HINTS[f"{field}:"])
        return MetadataFilter(field=field, value=nfc(value), prefix=prefix)

    def _tokens(self, at: int, text: str) -> tuple[str, ...]:
        words = tuple(tokens(text))
        if not words:
            raise self._wordless_error(at, text)
        if len(words) > MAX_PHRASE_TOKENS:
            message = f"{len(words)} words in a row, at most {MAX_PHRASE_TOKENS} are read"
            raise self._rule.error(at, message, "a shorter phrase finds the same")
        return words

    def _look_up_list(self, at: int, text: str) -> Leaf | Or | None:
        """Look up a list's name; without any lists, @name is the word itself."""
        if not self._lists:
            self._rule.warn(at, f"{text} is a word here: there are no lists")
            return None
        if text[1:] not in self._lists:
            near = get_close_matches(text[1:], self._lists, n=1) or list(self._lists)
            hint = f"write @{near[0]}, or the word without its @"
            raise self._rule.error(at, f"no list is named {text}", hint)
        return self._lists[text[1:]]

    def _exact(self, at: int, text: str) -> Leaf:
        if "*" in text:
            message = "= and * do not go together: = finds a word exactly as written"
            hint = f"write {text.strip('=*')}* or ={text.strip('=*')}"
            raise self._rule.error(at, message, hint)
        return Exact(tokens=self._tokens(at, text))

    def _prefix(self, at: int, text: str) -> Leaf:
        star = at + text.index("*")
        stem = nfc(text[:-1])
        words = TOKEN_PATTERN.findall(stem)
        if text.count("*") > 1 or text[-1] != "*" or not words or not stem.endswith(words[-1]):
            raise self._rule.error(star, *_wildcard_advice(text))
        if len(words) > 1:
            message = "a prefix is one word; this one holds several"
            hint = f'write "{" ".join(words[:-1])}" ONEAR/0 {words[-1]}*'
            raise self._rule.error(at, message, hint)
        self._check_prefix(at, words[0])
        return Prefix(start=words[0])

    def _check_prefix(self, at: int, start: str) -> None:
        letters = len(fold(start))
        if letters < 2:
            message = f"{start}* would match nearly every text"
            hint = "write at least two letters, better four, before the *"
            raise self._rule.error(at, message, hint)
        if letters == 2:
            self._rule.warn(at, f"{start}* is short and matches many words")

    # ── mistakes ─────────────────────────────────────────────────────────────────────────

    def _check_start(self, at: int, text: str) -> None:
        field, colon, rest = text.partition(":")
        if (field in _FIELDS and colon and (not rest or rest[0] == "-")) or text == "=":
            raise self._unfinished_error(at, text, field, rest)
        if text[0] in "!–—−¬" and len(text) > 1:
            hint = f"write -{text[1:]} or NOT {text[1:]}"
            raise self._rule.error(at, f"{text[0]} before a word does not mean NOT", hint)
        if text[0] == "~" and self._rule.text[at - 1 : at] == '"':
            raise self._rule.error(at, "~ is no operator here", f"write A NEAR/{text[1:] or 5} B")

    def _unfinished_error(self, at: int, text: str, field: str, rest: str) -> RuleError:
        """Error for a field or a = with nothing of use right after it."""
        after = at + len(text)
        if self._rule.text[after : after + 1] == '"':
            return self._rule.error(after, *UNCLOSED)
        if rest:
            hint = f"write -{field}:{rest[1:]}"
            return self._rule.error(at, f"the - stands before {field}:", hint)
        return self._rule.error(at, f"nothing right after {text}", _HINTS[text])

    def _wordless_error(self, at: int, text: str) -> RuleError:
        """Error for a term without letter or digit."""
        if text == "-":
            return self._rule.error(at, "nothing right after -", _HINTS[text])
        if text in _SIGNS:
            return self._rule.error(at, f"{text} is no operator", f"write {_SIGNS[text]}")
        if text[0] in '="':
            message = "there is no word between these quotes"
            return self._rule.error(at, message, "write a word, or delete")
        hint = "delete it: punctuation finds nothing"
        return self._rule.error(at, f"no letter and no digit in {text}", hint)

    def _warn_of_quotes(self, at: int, text: str) -> None:
        if text[0] in "'‘" or text[-1] in "'’":
            self._rule.warn(at, 'single quotes make no phrase; write "…"')
        elif text[0] in "«»" or text[-1] in "«»":
            self._rule.warn(at, '« and » make no phrase; write "…"')

    def _warn_of_phrase(self, at: int, text: str) -> None:
        """Warn of a term that is a phrase only because of the punctuation inside it."""
        if _LIKE_OPERATOR.match(text):
            number = text.rpartition("/")[2]
            message = f"{text} is two words here; the operators are NEAR/{number}, ONEAR, ATLEAST"
            self._rule.warn(at, message)
        elif "|" in text:
            self._rule.warn(at, f"{text} is a phrase here; write A OR B")
        elif field := _FIELD_LIKE.match(text):
            self._check_field(at, field[1])

    def _check_field(self, at: int, name: str) -> None:
        near = get_close_matches(name.casefold(), _FIELDS, n=1, cutoff=0.75)
        if near:
            raise self._rule.error(at, f"{name}: is no field", f"write {near[0]}:")
        fields = ", ".join(_FIELDS)
        self._rule.warn(at, f"{name}: is no field, so this is a phrase; fields: {fields}")


def _wildcard_advice(text: str) -> tuple[str, str]:
    """Message and hint for a * that does not end a word."""
    if text[0] == "*":
        word = text.strip("*") or "a word, as in tariff*"
        return "a * stands only at the end of a word, never in front", f"write {word}"
    start = text.split("*", 1)[0]
    return "a * stands only at the end of a word", f"write {start}*"
