"""Text → tokens, their folded forms and their stems; the same for rules and for documents."""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby

import Stemmer

TOKEN = re.compile(r"[^\W_]+")
_PILE = re.compile(r"[^\w\s\x00-\x7f]{33,}")  # more marks on one letter than any script has
_SNOWBALL = {"en": "english", "es": "spanish"}


def tokens(text: str) -> list[str]:
    """The maximal runs of letters and digits, in NFC."""
    return TOKEN.findall(nfc(text))


def nfc(text: str) -> str:
    """Canonical composition in linear time.

    The library sorts a pile of marks in time quadratic in its height; so that is done before.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", _PILE.sub(_sorted, text))


def _sorted(pile: re.Match[str]) -> str:
    """Each run of marks by combining class (the canonical order of UAX 15), stable."""
    apart = "".join(unicodedata.normalize("NFD", character) for character in pile[0])
    runs = groupby(apart, key=lambda c: unicodedata.combining(c) > 0)
    return "".join(
        "".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs
    )


def fold(token: str) -> str:
    """Case and accents removed: NFKD without combining marks, casefolded."""
    if token.isascii():
        return token.lower()
    letters = unicodedata.normalize("NFKD", token)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


def stemmed(folded: str, language: str) -> str:
    """The stem of a folded token; itself where there is no stemmer for the language."""
    stemmer = _stemmer(language)
    return folded if stemmer is None else str(stemmer.stemWord(folded))


@lru_cache(maxsize=1000)
def tag_names(tag: str | None) -> tuple[str, ...]:
    """What `lang:` may call a language, folded: the whole tag, and its base (`en-US` is `en`)."""
    whole = fold((tag or "").strip())
    return tuple(dict.fromkeys((whole, re.split("[-_]", whole, maxsplit=1)[0])))


@lru_cache(maxsize=1000)
def stemming_language(tag: str | None) -> str:
    """`en`, `es`, or "" for every language that is not stemmed."""
    base = tag_names(tag)[-1]
    return base if base in _SNOWBALL else ""


@cache
def _stemmer(language: str) -> "Stemmer.Stemmer | None":
    name = _SNOWBALL.get(language)
    return Stemmer.Stemmer(name) if name else None


def offsets(text: str) -> list[tuple[int, int]]:
    """Where each token stands in the text itself, composed or not: (start, end) characters."""
    composed = nfc(text)
    spans = [token.span() for token in TOKEN.finditer(composed)]
    if composed == text:
        return spans
    starts, ends = _origins(text)
    return [(starts[start], ends[end - 1]) for start, end in spans]


def _origins(text: str) -> tuple[list[int], list[int]]:
    """For every character of the composed text, where what it was made of starts and ends."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        length = len(nfc(text[start:end]))
        if length == end - start:
            starts += range(start, end)
            ends += range(start + 1, end + 1)
        else:
            starts += [start] * length
            ends += [end] * length
    return starts, ends


def _clusters(text: str) -> list[tuple[int, int]]:
    """Stretches that compose on their own: a character and what may melt into it."""
    heads = [0] + [at for at in range(1, len(text)) if not _melts(text[at])]
    return list(zip(heads, [*heads[1:], len(text)], strict=True)) if text else []


def _melts(character: str) -> bool:
    """Combining marks, and the vowels and finals of decomposed Hangul."""
    if character < "\u0300":
        return False
    return unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"
