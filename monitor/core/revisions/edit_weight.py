"""Weighs an edit: how many words are typos, added, removed or replaced, and if facts changed.

A fact is a number, a name, a negation or a quotation. English and Spanish.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitor.core.text import diff_blocks

_WORD = re.compile(r"[^\W_]+(?:['.,:-][^\W_]+)*")
_MAX_SUFFIX_WORDS = 4  # of a site's name after a headline

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
class EditWeight:
    """Numbers of words added, removed, replaced or mistyped, and whether a fact changed."""

    added: int = 0
    removed: int = 0
    replaced: int = 0
    typos: int = 0
    facts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word of a sentence."""

    text: str
    first: bool  # of a sentence, so that a capital makes no name
    quoted: bool  # inside quotation marks


def weigh_edits(pairs: Iterable[tuple[str, str]]) -> EditWeight:
    """Weigh the edited places of a text: pairs of old and new words, "" where there are none."""
    added = removed = replaced = typos = 0
    facts_removed: Counter[str] = Counter()
    facts_added: Counter[str] = Counter()
    quote_changed = False
    for before, after in pairs:
        old, new = list(_words(before)), list(_words(after))
        for old_words, new_words in _edit_blocks(old, new):
            mistyped = _typos(old_words, new_words)
            old_words, new_words = old_words[mistyped:], new_words[mistyped:]
            typos += mistyped
            both = min(len(old_words), len(new_words))
            replaced += both
            removed += len(old_words) - both
            added += len(new_words) - both
            facts_removed.update(_facts(old_words))
            facts_added.update(_facts(new_words))
            quote_changed |= both > 0 and any(word.quoted for word in (*old_words, *new_words))
    return EditWeight(
        added=added,
        removed=removed,
        replaced=replaced,
        typos=typos,
        facts=quote_changed or facts_removed != facts_added,
    )


def headline_words(old: str, new: str) -> int:
    """Number of words of the headline that changed.

    Typos, punctuation and the site's name after it do not count.
    """
    old, new = _without_suffix(old, new), _without_suffix(new, old)
    edits = weigh_edits([(old, new)])
    return edits.added + edits.removed + 2 * edits.replaced


def _without_suffix(title: str, other: str) -> str:
    """Cut a site's name off "Headline - BBC News" if the rest is all of `other`."""
    rest = title.removeprefix(other)
    is_name = rest != title and re.match(r" (?:[-|:·•]|::|//) ", rest)
    return other if is_name and len(rest.split()) <= _MAX_SUFFIX_WORDS + 1 else title


def _words(sentence: str) -> Iterator[Token]:
    quotes = at = 0
    for found in _WORD.finditer(sentence):
        between = sentence[at : found.start()]
        quotes += between.count('"')
        first = at == 0 or _SENTENCE_END.search(between) is not None
        yield Token(text=found.group(), first=first, quoted=quotes % 2 == 1)
        at = found.end()


def _edit_blocks(old: list[Token], new: list[Token]) -> Iterator[tuple[list[Token], list[Token]]]:
    folded = [_fold(word.text) for word in old], [_fold(word.text) for word in new]
    for a, b, c, d in diff_blocks(*folded):
        yield old[a:b], new[c:d]


def _fold(word: str) -> str:
    """Remove case, accents and thousands separators."""
    if word.isascii():
        folded = word.lower()
    else:
        parts = unicodedata.normalize("NFKD", word)
        folded = "".join(c for c in parts if not unicodedata.combining(c)).casefold()
    return re.sub(r"(?<=[0-9])[.,](?=[0-9]{3}\b)", "", folded) if folded[:1].isdigit() else folded


def _typos(old_words: list[Token], new_words: list[Token]) -> int:
    """Number of words in a replaced block that are only misspelled: all of them, or 0."""
    if len(old_words) != len(new_words):
        return 0
    same = all(_is_typo(a.text, b.text) for a, b in zip(old_words, new_words, strict=True))
    return len(old_words) if same else 0


def _is_typo(old: str, new: str) -> bool:
    """Whether one word is the other with a letter more or less, or with letters transposed.

    Numbers, negations and words of less than four letters have no typos.
    """
    if _is_fact(old) or _is_fact(new) or min(len(old), len(new)) < 4:
        return False
    old, new = _fold(old), _fold(new)
    if sorted(old) == sorted(new):
        return True
    return old[0] == new[0] and abs(len(old) - len(new)) == 1 and _differs_by_one_letter(old, new)


def _differs_by_one_letter(old: str, new: str) -> bool:
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
            yield _fold(word.text)
