"""Rule text → lexemes. The mistakes that a single word shows are refused or noted here."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import IntEnum, auto
from functools import lru_cache
from typing import NamedTuple

from monitor.core.rules.ast import About, Caution, Exact, Fact, Leaf, Or, Phrase, Prefix, Word
from monitor.core.text import TOKEN_PATTERN, fold, nfc, tokens
from monitor.errors import RuleError
from monitor.model import Place

LONGEST_RULE = 200_000  # characters
MOST_TERMS = 10_000
LONGEST_PHRASE = 100  # tokens
MOST_WEIGHT = 1000
LONGEST_NUMBER = 6  # digits
MOST_CAUTIONS = 20


Lists = Mapping[str, Leaf | Or]  # what @name stands for; an OR of leaves
NO_LISTS: Lists = {}


class Kind(IntEnum):
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
    kind: Kind
    at: int  # offset in the rule
    text: str
    term: Leaf | About | Or | None = None
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
    | (?P<fact>(?:lang|source):(?:"[^"]*+"|[^\s()"^]++))
    | (?P<field>(?:title|body):)(?=[^\s)^-])
    | (?P<word>[^\s()"^]++)
    )""",
    re.VERBOSE,
)
_CURLY = str.maketrans(dict.fromkeys("“”„‟", '"'))
_OPERATOR = re.compile(r"(O?NEAR|ATLEAST)(?:$|[/:~=])")
_NUMBERED = re.compile(r"(?:O?NEAR|ATLEAST)/(\d+)$", re.ASCII)
_LIKE_OPERATOR = re.compile(r"(?i:(?:onear|near|atleast)/\d+|(?:w|pre)/\d+)$", re.ASCII)
_SLASHLESS = re.compile(r"(O?NEAR|ATLEAST)(\d+)$", re.ASCII)
_FIELD_LIKE = re.compile(r"([^\W\d_]{3,12}):(?=[^\W_/])")
_WEIGHT = re.compile(r"\^\d{1,4}(?:\.\d{1,3})?$", re.ASCII)
_FIELDS = ("title", "body", "lang", "source")
_SIMPLE = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
_SMALL_OPERATORS = {"and": "AND", "or": "OR", "not": "NOT", "near": "NEAR/5", "y": "AND", "o": "OR"}
_NUMBERLESS = frozenset({"NEAR", "ONEAR", "ATLEAST"})
_SIGNS = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "+": "AND", "!": "NOT", ",": "OR"}


class Lexer:
    """One rule's text on its way to lexemes; knows lines and columns."""

    def __init__(self, text: str, lists: Lists = NO_LISTS) -> None:
        if len(text) > LONGEST_RULE:
            raise RuleError(
                f"this rule has {len(text):,} characters, at most {LONGEST_RULE:,} are read",
                line=1,
                column=1,
                hint="split it into several rules",
            )
        self.text = text if text.isascii() else text.translate(_CURLY)
        self.cautions: list[Caution] = []
        self._lists = lists

    def lexemes(self) -> list[Lexeme]:
        """All of them, an END last. Raises RuleError."""
        found = []
        at = 0
        end = len(self.text.rstrip())
        while at < end:
            match = _LEXEME.match(self.text, at)
            if match is None:
                raise self.error(self.text.index('"', at), *_UNCLOSED)
            group = match.lastgroup
            assert group is not None
            found.append(self._lexeme(group, match.start(group), match[group]))
            at = match.end()
        self._check_size(found)
        return [*found, Lexeme(Kind.END, end, "")]

    def error(self, at: int, message: str, hint: str = "") -> RuleError:
        line, column = self.position(at)
        return RuleError(message, line=line, column=column, hint=hint)

    def caution(self, at: int, message: str) -> None:
        if len(self.cautions) == MOST_CAUTIONS:
            return
        line, column = self.position(at)
        self.cautions.append(Caution(line=line, column=column, message=message))

    def position(self, at: int) -> tuple[int, int]:
        """Line and column, from 1."""
        before = self.text[:at]
        return before.count("\n") + 1, at - before.rfind("\n")

    def _check_size(self, found: list[Lexeme]) -> None:
        if len(found) <= MOST_TERMS and not self._lists:
            return
        terms = 0
        for lexeme in found:
            terms += _size(lexeme)
            if terms > MOST_TERMS:
                message = f"this rule has more than {MOST_TERMS:,} terms"
                raise self.error(lexeme.at, message, "split it into several rules")

    def _lexeme(self, group: str, at: int, text: str) -> Lexeme:
        match group:
            case "word":
                return self._word(at, text)
            case "open" | "close" | "dash":
                return Lexeme(_PUNCTUATION[group], at, text)
            case "phrase":
                return Lexeme(Kind.TERM, at, text, self._quoted(at, text))
            case "fact":
                return Lexeme(Kind.TERM, at, text, self._about(at, text))
            case "field":
                return Lexeme(Kind.FIELD, at, text, place=Place(text[:-1]))
            case _:
                return Lexeme(Kind.WEIGHT, at, text, weight=self._weight(at, text))

    # ── terms ────────────────────────────────────────────────────────────────────────────

    def _word(self, at: int, text: str) -> Lexeme:
        if text in _SIMPLE:
            return Lexeme(_SIMPLE[text], at, text)
        if text.isalnum() and text.isascii() and text not in _NUMBERLESS:
            if len(text) < 5:
                self._note_small_operator(at, text)
            elif text[-1].isdigit() and (joined := _SLASHLESS.match(text)):
                self.caution(at, f"{text} is a word here; write {joined[1]}/{joined[2]}")
            return Lexeme(Kind.TERM, at, text, _plain_word(text))
        if operator := _OPERATOR.match(text):
            return self._operator(at, text, operator[1])
        return Lexeme(Kind.TERM, at, text, self._term(at, text))

    def _term(self, at: int, text: str) -> Leaf | Or:
        self._check_start(at, text)
        if text[0] == "=":
            return self._exact(at, text)
        if text[0] == "@" and (leaves := self._listed(at, text)):
            return leaves
        if "*" in text:
            return self._prefix(at, text)
        words = self._tokens(at, text)
        if len(words) == 1:
            self._note_quotes(at, text)
            return Word(token=words[0])
        self._note_joined(at, text)
        return Phrase(tokens=words)

    def _tokens(self, at: int, text: str) -> tuple[str, ...]:
        words = tuple(tokens(text))
        if not words:
            raise self._wordless(at, text)
        if len(words) > LONGEST_PHRASE:
            message = f"{len(words)} words in a row, at most {LONGEST_PHRASE} are read"
            raise self.error(at, message, "a shorter phrase finds the same")
        return words

    def _quoted(self, at: int, text: str) -> Leaf:
        inside = text.lstrip("=")[1:-1]
        words = self._tokens(at, text)
        if "*" in inside:
            self.caution(at + text.index("*"), "a * inside quotes is no wildcard; it finds nothing")
        if inside.startswith("="):
            self.caution(at, f'a = inside quotes does nothing; write ="{inside[1:]}"')
        return Exact(tokens=words) if text[0] == "=" else Phrase(tokens=words)

    def _listed(self, at: int, text: str) -> Leaf | Or | None:
        """What a list's name stands for; without any lists, @name is the word itself."""
        if not self._lists:
            self.caution(at, f"{text} is a word here: there are no lists")
            return None
        if text[1:] not in self._lists:
            near = get_close_matches(text[1:], self._lists, n=1) or list(self._lists)
            hint = f"write @{near[0]}, or the word without its @"
            raise self.error(at, f"no list is named {text}", hint)
        return self._lists[text[1:]]

    def _exact(self, at: int, text: str) -> Leaf:
        if "*" in text:
            message = "= and * do not go together: = finds a word exactly as written"
            raise self.error(at, message, f"write {text.strip('=*')}* or ={text.strip('=*')}")
        return Exact(tokens=self._tokens(at, text))

    def _prefix(self, at: int, text: str) -> Leaf:
        star = at + text.index("*")
        stem = nfc(text[:-1])
        words = TOKEN_PATTERN.findall(stem)
        if text.count("*") > 1 or text[-1] != "*" or not words or not stem.endswith(words[-1]):
            raise self.error(star, *_wildcard(text))
        if len(words) > 1:
            message = "a prefix is one word; this one holds several"
            raise self.error(at, message, f'write "{" ".join(words[:-1])}" ONEAR/0 {words[-1]}*')
        self._check_prefix(at, words[0])
        return Prefix(start=words[0])

    def _check_prefix(self, at: int, start: str) -> None:
        letters = len(fold(start))
        if letters < 2:
            message = f"{start}* would match nearly every text"
            raise self.error(at, message, "write at least two letters, better four, before the *")
        if letters == 2:
            self.caution(at, f"{start}* is short and matches many words")

    def _about(self, at: int, text: str) -> About:
        name, value = text.split(":", 1)
        fact = Fact(name)
        if value.startswith('"'):
            value, prefix = value[1:-1], False
        else:
            value, prefix = value.removesuffix("*"), value.endswith("*")
        if not fold(value).strip() or (prefix and "*" in value):
            message = f"{name}: needs a name, at most with one * at its end"
            raise self.error(at, message, _GLUED[f"{fact}:"])
        return About(fact=fact, value=nfc(value), prefix=prefix)

    # ── operators and numbers ────────────────────────────────────────────────────────────

    def _operator(self, at: int, text: str, name: str) -> Lexeme:
        number = _NUMBERED.match(text)
        sample = "ATLEAST/3(A OR B)" if name == "ATLEAST" else f"A {name}/5 B"
        if number is None:
            raise self.error(at, f"{name} needs a number after a /", f"write {sample}")
        if len(number[1]) > LONGEST_NUMBER:
            raise self.error(at, f"{name} with a number this large is no use", f"write {sample}")
        count = int(number[1])
        if name == "ATLEAST":
            if count == 0:
                raise self.error(at, "ATLEAST/0 is always true", "write ATLEAST/2(…) or more")
            return Lexeme(Kind.ATLEAST, at, text, number=count)
        return Lexeme(Kind.NEAR, at, text, number=count, ordered=name == "ONEAR")

    def _weight(self, at: int, text: str) -> float:
        if not self.text[:at].strip() or self.text[at - 1].isspace():
            hint = f"write it right after the word, as in tariff{text}"
            raise self.error(at, "this weight belongs to nothing", hint)
        if not _WEIGHT.match(text) or float(text[1:]) > MOST_WEIGHT:
            message = f"{text} is no weight"
            raise self.error(at, message, f"write a number from 0 to {MOST_WEIGHT}, as in tariff^2")
        return float(text[1:])

    # ── mistakes ─────────────────────────────────────────────────────────────────────────

    def _wordless(self, at: int, text: str) -> RuleError:
        if text == "-":
            return self.error(at, "nothing right after -", _GLUED[text])
        if text in _SIGNS:
            return self.error(at, f"{text} is no operator", f"write {_SIGNS[text]}")
        if text[0] in '="':
            return self.error(
                at, "there is no word between these quotes", "write a word, or delete"
            )
        hint = "delete it: punctuation finds nothing"
        return self.error(at, f"no letter and no digit in {text}", hint)

    def _check_start(self, at: int, text: str) -> None:
        field, colon, rest = text.partition(":")
        if (field in _FIELDS and colon and (not rest or rest[0] == "-")) or text == "=":
            raise self._unfinished(at, text, field, rest)
        if text[0] in "!–—−¬" and len(text) > 1:
            hint = f"write -{text[1:]} or NOT {text[1:]}"
            raise self.error(at, f"{text[0]} before a word does not mean NOT", hint)
        if text[0] == "~" and self.text[at - 1 : at] == '"':
            raise self.error(at, "~ is no operator here", f"write A NEAR/{text[1:] or 5} B")

    def _unfinished(self, at: int, text: str, field: str, rest: str) -> RuleError:
        """A field or a = with nothing of use right after it."""
        after = at + len(text)
        if self.text[after : after + 1] == '"':
            return self.error(after, *_UNCLOSED)
        if rest:
            return self.error(at, f"the - stands before {field}:", f"write -{field}:{rest[1:]}")
        return self.error(at, f"nothing right after {text}", _GLUED[text])

    def _note_small_operator(self, at: int, text: str) -> None:
        operator = _SMALL_OPERATORS.get(text.lower())
        before, after = self.text[:at].strip(), self.text[at + len(text) :].strip()
        if operator and after and (before or operator == "NOT"):
            self.caution(at, f"{text} is a word here; the operator is {operator}")

    def _note_quotes(self, at: int, text: str) -> None:
        if text[0] in "'‘" or text[-1] in "'’":
            self.caution(at, 'single quotes make no phrase; write "…"')
        elif text[0] in "«»" or text[-1] in "«»":
            self.caution(at, '« and » make no phrase; write "…"')

    def _note_joined(self, at: int, text: str) -> None:
        if _LIKE_OPERATOR.match(text):
            number = text.rpartition("/")[2]
            self.caution(
                at, f"{text} is two words here; the operators are NEAR/{number}, ONEAR, ATLEAST"
            )
        elif "|" in text:
            self.caution(at, f"{text} is a phrase here; write A OR B")
        elif field := _FIELD_LIKE.match(text):
            self._note_field(at, field[1])

    def _note_field(self, at: int, name: str) -> None:
        near = get_close_matches(name.casefold(), _FIELDS, n=1, cutoff=0.75)
        if near:
            raise self.error(at, f"{name}: is no field", f"write {near[0]}:")
        self.caution(at, f"{name}: is no field, so this is a phrase; fields: {', '.join(_FIELDS)}")


_PUNCTUATION = {"open": Kind.OPEN, "close": Kind.CLOSE, "dash": Kind.NOT}
_UNCLOSED = ("this quote is never closed", 'write a second " where the phrase ends')
_GLUED = {
    "=": "write =ICE, with no space after the =",
    "-": "write -word with no space, or NOT word",
    "title:": "write title:word or title:(A OR B), with no space after the colon",
    "body:": "write body:word or body:(A OR B), with no space after the colon",
    "lang:": "write lang:es; for two languages (lang:en OR lang:es)",
    "source:": 'write source:reuters or source:"el pais"; for two (source:a OR source:b)',
}


@lru_cache(maxsize=10_000)
def _plain_word(text: str) -> Word:
    """One value for all the rules that have this word."""
    return Word(token=text)


def _size(lexeme: Lexeme) -> int:
    """How many terms it stands for."""
    if isinstance(lexeme.term, Or):
        return len(lexeme.term.children)
    return lexeme.kind is Kind.TERM


def _wildcard(text: str) -> tuple[str, str]:
    if text[0] == "*":
        word = text.strip("*") or "a word, as in tariff*"
        return "a * stands only at the end of a word, never in front", f"write {word}"
    start = text.split("*", 1)[0]
    return "a * stands only at the end of a word", f"write {start}*"
