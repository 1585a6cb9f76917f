"""Index of the terms that rules search for: which terms a token of a document matches.

A *term* is one test of a token (has the stem tariff, is written ICE, starts with deport) or of the
document's metadata (is in Spanish); its id is a multiple of three. A *key* is a term id plus where
to look: + 0 anywhere, + 1 in the title, + 2 in the body. Terms are shared by rules and counted;
one that no rule has any more is removed.
"""

from collections import Counter
from collections.abc import Iterable
from enum import IntEnum, auto
from typing import NamedTuple

from monitor.core.text import fold, stem_token, tokens

ANYWHERE, TITLE, BODY = 0, 1, 2
KEYS_PER_TERM = 3
ALWAYS = 0  # key that every document has

_MAX_CACHED_CHUNKS = 50_000  # of one language
_MAX_CACHED_CHARS = 64  # a longer chunk is not cached


class Chunk(NamedTuple):
    """A run of text between white space, such as `tariffs,` or `COVID-19`, with its terms."""

    term_ids: tuple[int, ...]  # of all its tokens
    by_token: tuple[tuple[int, ...], ...]


class ChunkCache:
    """Chunks of one language that were analyzed, and those of them that match a term."""

    __slots__ = ("chunks", "with_terms")

    def __init__(self) -> None:
        self.chunks: dict[str, Chunk] = {}
        self.with_terms: dict[str, Chunk] = {}

    def store(self, text: str, chunk: Chunk) -> None:
        """Add an analyzed chunk."""
        self.chunks[text] = chunk
        if chunk.term_ids:
            self.with_terms[text] = chunk

    def clear(self) -> None:
        """Remove all chunks."""
        self.chunks.clear()
        self.with_terms.clear()


_NO_TERMS = Chunk((), ((),))  # one token without a term: nearly every word; one object for all


class TermKind(IntEnum):
    """What a term tests."""

    STEM = auto()
    FOLD = auto()
    EXACT = auto()
    PREFIX = auto()
    LANG = auto()
    LANG_PREFIX = auto()
    SOURCE = auto()
    SOURCE_PREFIX = auto()


# How common a kind of term is in documents, relative to the others.
_FREQUENCY = {
    TermKind.STEM: 3,
    TermKind.FOLD: 2,
    TermKind.EXACT: 1,
    TermKind.PREFIX: 8,
    TermKind.LANG: 10_000,
    TermKind.LANG_PREFIX: 10_000,
    TermKind.SOURCE: 300,
    TermKind.SOURCE_PREFIX: 900,
}


class Term:
    """A term, and how many rules use it."""

    __slots__ = ("kind", "text", "uses")

    def __init__(self, kind: TermKind, text: str) -> None:
        self.kind = kind
        self.text = text
        self.uses = 0


class Prefixes:
    """Finds which of many prefixes a text starts with, by one lookup per length of prefix."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._lengths: Counter[int] = Counter()

    def add(self, start: str, term_id: int) -> None:
        """Add a prefix."""
        self._ids[start] = term_id
        self._lengths[len(start)] += 1

    def remove(self, start: str) -> None:
        """Remove a prefix."""
        del self._ids[start]
        self._lengths[len(start)] -= 1
        if not self._lengths[len(start)]:
            del self._lengths[len(start)]

    def starting(self, text: str) -> list[int]:
        """Term ids of the prefixes that the text starts with."""
        starts = (text[:length] for length in self._lengths if length <= len(text))
        return [self._ids[start] for start in starts if start in self._ids]


class TermIndex:
    """Terms of all rules, by kind and text, with a cache of analyzed chunks per language."""

    def __init__(self) -> None:
        self._terms: dict[int, Term] = {}
        self._ids: dict[TermKind, dict[str, int]] = {kind: {} for kind in TermKind}
        self._prefixes = {
            kind: Prefixes()
            for kind in (TermKind.PREFIX, TermKind.LANG_PREFIX, TermKind.SOURCE_PREFIX)
        }
        self._stems: dict[str, dict[str, set[int]]] = {}  # language → stem → term ids
        self._caches: dict[str, ChunkCache] = {}  # by language
        self._next = KEYS_PER_TERM
        self.uses_body = False  # a rule had a term for the body only, at some time

    def term_id(self, kind: TermKind, text: str) -> int:
        """Id of a term; a new term is added."""
        term_id = self._ids[kind].get(text)
        if term_id is None:
            term_id = self._next
            self._next += KEYS_PER_TERM
            self._add(term_id, kind, text)
        return term_id

    def estimate_frequency(self, group: Iterable[int]) -> int:
        """Estimate how many documents have any of these keys, for comparison only.

        No documents are counted. What is common in rules is common in texts, and so are short words
        and short prefixes.
        """
        return sum(map(self._estimate_frequency, group))

    def _estimate_frequency(self, key: int) -> int:
        term = self._terms[key - key % KEYS_PER_TERM]
        short = max(1, 12 - len(term.text))
        guess = _FREQUENCY[term.kind] * short * (1 + term.uses)
        return guess // 8 if key % KEYS_PER_TERM == TITLE else guess

    def acquire(self, term_ids: tuple[int, ...]) -> None:
        """Count one more rule that uses these terms."""
        for term_id in term_ids:
            self._terms[term_id].uses += 1

    def release(self, term_ids: tuple[int, ...]) -> None:
        """Count one rule less that uses these terms; remove those that no rule uses."""
        for term_id in term_ids:
            term = self._terms[term_id]
            term.uses -= 1
            if not term.uses:
                self._remove(term_id, term)

    def chunk_cache(self, language: str) -> ChunkCache:
        """Cache of a language's analyzed chunks, cleared when it is full; `analyze` adds to it."""
        cache = self._caches.setdefault(language, ChunkCache())
        if len(cache.chunks) > _MAX_CACHED_CHUNKS:
            cache.clear()
        return cache

    def analyze(self, text: str, language: str) -> Chunk:
        """Find the terms that match each token of a chunk, and cache the result."""
        by_token = tuple(self._token_terms(token, language) for token in tokens(text))
        term_ids = tuple(term_id for term_ids in by_token for term_id in term_ids)
        chunk = _NO_TERMS if by_token == _NO_TERMS.by_token else Chunk(term_ids, by_token)
        if len(text) <= _MAX_CACHED_CHARS:
            self._caches[language].store(text, chunk)
        return chunk

    def _token_terms(self, token: str, language: str) -> tuple[int, ...]:
        folded = fold(token)
        term_ids = [*self._stem_terms(language).get(stem_token(folded, language), ())]
        for kind, text in ((TermKind.FOLD, folded), (TermKind.EXACT, token)):
            if (term_id := self._ids[kind].get(text)) is not None:
                term_ids.append(term_id)
        return (*term_ids, *self._prefixes[TermKind.PREFIX].starting(folded))

    def metadata_terms(self, languages: tuple[str, ...], source: str) -> list[int]:
        """Ids of the terms that match a document's languages and source.

        `languages`: as `language_tag_names` gives them.
        """
        term_ids = self._metadata_terms(TermKind.SOURCE, TermKind.SOURCE_PREFIX, fold(source))
        for language in languages:
            term_ids += self._metadata_terms(TermKind.LANG, TermKind.LANG_PREFIX, language)
        return term_ids

    def _metadata_terms(self, kind: TermKind, prefix: TermKind, value: str) -> list[int]:
        term_id = self._ids[kind].get(value)
        return self._prefixes[prefix].starting(value) + ([] if term_id is None else [term_id])

    def _stem_terms(self, language: str) -> dict[str, set[int]]:
        """Terms of kind STEM by their stem in one language, built on first use."""
        stems = self._stems.get(language)
        if stems is None:
            stems = self._stems[language] = {}
            for folded, term_id in self._ids[TermKind.STEM].items():
                stems.setdefault(stem_token(folded, language), set()).add(term_id)
        return stems

    def _add(self, term_id: int, kind: TermKind, text: str) -> None:
        self._ids[kind][text] = term_id
        self._terms[term_id] = Term(kind, text)
        if kind is TermKind.STEM:
            for language, stems in self._stems.items():
                stems.setdefault(stem_token(text, language), set()).add(term_id)
        elif kind in self._prefixes:
            self._prefixes[kind].add(text, term_id)
        self._caches.clear()

    def _remove(self, term_id: int, term: Term) -> None:
        kind, text = term.kind, term.text
        del self._terms[term_id]
        del self._ids[kind][text]
        if kind is TermKind.STEM:
            for language, stems in self._stems.items():
                self._remove_stem(stems, stem_token(text, language), term_id)
        elif kind in self._prefixes:
            self._prefixes[kind].remove(text)
        self._caches.clear()

    @staticmethod
    def _remove_stem(stems: dict[str, set[int]], stem: str, term_id: int) -> None:
        stems[stem].discard(term_id)
        if not stems[stem]:
            del stems[stem]
