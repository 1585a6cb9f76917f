"""Tokenizer, case and accent folding, and stemming, shared by rules and documents.

A token is a maximal run of letters and digits of the text in NFC. Stems exist for English and
Spanish (Snowball). Does not know the rule language or the index.
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby

import Stemmer

TOKEN_PATTERN = re.compile(r"[^\W_]+")
_MARK_RUN = re.compile(r"[^\w\s\x00-\x7f]{33,}")  # more marks on one letter than any script has
_SNOWBALL = {"en": "english", "es": "spanish"}


def tokens(text: str) -> list[str]:
    """Split text into its maximal runs of letters and digits, in NFC."""
    return TOKEN_PATTERN.findall(nfc(text))


def nfc(text: str) -> str:
    """Normalize to NFC in linear time.

    `unicodedata` sorts the marks of one character in time quadratic in their number, so long runs
    of marks are sorted before it sees them.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", _MARK_RUN.sub(_sort_marks, text))


def _sort_marks(found: re.Match[str]) -> str:
    """Sort each run of marks by combining class, stably: the canonical ordering of UAX #15."""
    decomposed = "".join(unicodedata.normalize("NFD", character) for character in found[0])
    runs = groupby(decomposed, key=lambda c: unicodedata.combining(c) > 0)
    return "".join(
        "".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs
    )


def fold(token: str) -> str:
    """Fold case and accents: NFKD without combining marks, casefolded."""
    if token.isascii():
        return token.lower()
    letters = unicodedata.normalize("NFKD", token)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


def stem_token(folded: str, language: str) -> str:
    """Return the stem of a folded token, or the token where the language has no stemmer."""
    stemmer = _stemmer(language)
    return folded if stemmer is None else str(stemmer.stemWord(folded))


@lru_cache(maxsize=1000)
def language_tag_names(tag: str | None) -> tuple[str, ...]:
    """Return the folded names that `lang:` matches: the whole tag and its base (`en-us`, `en`)."""
    whole = fold((tag or "").strip())
    return tuple(dict.fromkeys((whole, re.split("[-_]", whole, maxsplit=1)[0])))


@lru_cache(maxsize=1000)
def stemming_language(tag: str | None) -> str:
    """Return `en` or `es`, or "" for a language without a stemmer."""
    base = language_tag_names(tag)[-1]
    return base if base in _SNOWBALL else ""


@cache
def _stemmer(language: str) -> "Stemmer.Stemmer | None":
    name = _SNOWBALL.get(language)
    return Stemmer.Stemmer(name) if name else None


def token_spans(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) offsets of each token in `text` as given, whether in NFC or not."""
    composed = nfc(text)
    spans = [token.span() for token in TOKEN_PATTERN.finditer(composed)]
    if composed == text:
        return spans
    starts, ends = _source_offsets(text)
    return [(starts[start], ends[end - 1]) for start, end in spans]


def _source_offsets(text: str) -> tuple[list[int], list[int]]:
    """Map each character of the NFC text to the start and end of its source in `text`."""
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
    """Spans that NFC composes independently: a character and the marks that may join it."""
    heads = [0] + [i for i in range(1, len(text)) if not _may_join_previous(text[i])]
    return list(zip(heads, [*heads[1:], len(text)], strict=True)) if text else []


def _may_join_previous(character: str) -> bool:
    """Whether this is a combining mark, or a vowel or final of decomposed Hangul."""
    if character < "\u0300":
        return False
    return unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"
