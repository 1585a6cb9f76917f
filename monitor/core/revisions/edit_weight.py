"""What the words of an edit weigh: a typo, a word, or a fact (number, name, negation, quote)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitor.core.text import diff_blocks

_WORD = re.compile(r"[^\W_]+(?:['.,:-][^\W_]+)*")
_LONGEST_SUFFIX = 4  # words of a site's name behind a headline

_SENTENCE_END = re.compile(r"[.!?:]")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEGATIONS = _set("""
    not no never none nor without cannot nobody nothing neither
    ni nunca jamás sin nada nadie tampoco ningún ninguna ninguno
""")
_NUMBER_WORDS = _set("""
    two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred
    thousand million billion trillion dozen dozens hundreds thousands millions billions half double
    dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cien cientos mil miles
    millón millones decenas
""")
_NAME_PARTICLES = _set("mr mrs ms dr sr sra the el la los las")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """How many words came, went, were exchanged, or only mistyped, and whether facts changed."""

    added: int = 0
    removed: int = 0
    exchanged: int = 0
    typos: int = 0
    facts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word, and where it stands in its sentence."""

    text: str
    first: bool  # of a sentence: its capital says nothing
    quoted: bool


def weigh(pairs: Iterable[tuple[str, str]]) -> Edits:
    """The sum over places of a text, each with its old and its new words; "" where it has none."""
    added = removed = exchanged = typos = 0
    gone: Counter[str] = Counter()
    come: Counter[str] = Counter()
    quotes = False
    for before, after in pairs:
        old, new = list(_words(before)), list(_words(after))
        for went, came in _blocks(old, new):
            mistyped = _typos(went, came)
            went, came = went[mistyped:], came[mistyped:]
            typos += mistyped
            both = min(len(went), len(came))
            exchanged += both
            removed += len(went) - both
            added += len(came) - both
            gone.update(_facts(went))
            come.update(_facts(came))
            quotes = quotes or (both > 0 and any(word.quoted for word in (*went, *came)))
    return Edits(
        added=added,
        removed=removed,
        exchanged=exchanged,
        typos=typos,
        facts=quotes or gone != come,
    )


def headline_words(old: str, new: str) -> int:
    """How many words of the headline changed; 0 for a typo, punctuation, or the site's name."""
    old, new = _without_suffix(old, new), _without_suffix(new, old)
    edits = weigh([(old, new)])
    return edits.added + edits.removed + 2 * edits.exchanged


def _without_suffix(title: str, other: str) -> str:
    """ "Headline - BBC News" is "Headline", if the other says no more than that."""
    rest = title.removeprefix(other)
    is_name = rest != title and re.match(r" (?:[-|:·•]|::|//) ", rest)
    return other if is_name and len(rest.split()) <= _LONGEST_SUFFIX + 1 else title


def _words(sentence: str) -> Iterator[Token]:
    quotes = at = 0
    for found in _WORD.finditer(sentence):
        between = sentence[at : found.start()]
        quotes += between.count('"')
        first = at == 0 or _SENTENCE_END.search(between) is not None
        yield Token(text=found.group(), first=first, quoted=quotes % 2 == 1)
        at = found.end()


def _blocks(old: list[Token], new: list[Token]) -> Iterator[tuple[list[Token], list[Token]]]:
    folded = [_folded(word.text) for word in old], [_folded(word.text) for word in new]
    for a, b, c, d in diff_blocks(*folded):
        yield old[a:b], new[c:d]


def _folded(word: str) -> str:
    """Without case, accents, and the separators of thousands."""
    if word.isascii():
        folded = word.lower()
    else:
        parts = unicodedata.normalize("NFKD", word)
        folded = "".join(c for c in parts if not unicodedata.combining(c)).casefold()
    return re.sub(r"(?<=[0-9])[.,](?=[0-9]{3}\b)", "", folded) if folded[:1].isdigit() else folded


def _typos(went: list[Token], came: list[Token]) -> int:
    """How many words at the head of the block are only spelled otherwise; all, or none."""
    if len(went) != len(came):
        return 0
    same = all(_is_typo(a.text, b.text) for a, b in zip(went, came, strict=True))
    return len(went) if same else 0


def _is_typo(old: str, new: str) -> bool:
    """One letter more or less, exchanged, or letters in another order; no name becomes another."""
    if _is_fact(old) or _is_fact(new) or min(len(old), len(new)) < 4:
        return False
    old, new = _folded(old), _folded(new)
    if sorted(old) == sorted(new):
        return True
    return old[0] == new[0] and abs(len(old) - len(new)) == 1 and _one_letter_more(old, new)


def _one_letter_more(old: str, new: str) -> bool:
    short, long = sorted((old, new), key=len)
    head = next(
        (i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short)
    )
    return short[head:] == long[head + 1 :]


def _is_fact(word: str) -> bool:
    word = word.lower()
    return (
        word in _NEGATIONS
        or word in _NUMBER_WORDS
        or word.endswith("n't")
        or any(map(str.isdigit, word))
    )


def _facts(block: list[Token]) -> Iterator[str]:
    for word in block:
        name = word.text[0].isupper() and not word.first
        if _is_fact(word.text) or (name and word.text.lower() not in _NAME_PARTICLES):
            yield _folded(word.text)
