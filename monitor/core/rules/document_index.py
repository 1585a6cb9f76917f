"""Index of one document for matching: which keys it has, and at which positions."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from monitor.core.rules.term_index import ALWAYS, BODY, KEYS_PER_TERM, TITLE, TermIndex
from monitor.core.text import language_tag_names, stemming_language

# Title and body share one sequence of positions, with a gap that no phrase and no NEAR can cross.
FIELD_GAP = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document to match rules against."""

    title: str = ""
    body: str = ""
    language: str | None = None  # BCP 47
    source: str | None = None


class DocumentIndex:
    """Keys of a document (`present`); their positions are computed when first needed."""

    def __init__(self, document: Document, terms: TermIndex) -> None:
        # No token or composed character spans white space, so a text is analyzed in chunks
        # between white space, and a cached chunk costs one lookup.
        self._title = document.title.split()
        self._body = document.body.split()
        self._language = stemming_language(document.language)
        self._terms = terms
        self._cache = terms.chunk_cache(self._language)
        self._positions: dict[int, list[int]] = {}
        self._position_sets: dict[int, frozenset[int]] = {}
        self.memo: dict[Hashable, object] = {}  # results of nodes that may be needed again
        self.present = self._find_keys(document)

    def positions(self, key: int) -> list[int]:
        """Positions of the tokens that match this key, sorted; the body starts at FIELD_GAP."""
        if not self._positions:
            self._locate()
        found = self._positions.get(key)
        if found is None:
            found = self._positions[key] = self._locate_within(key)
        return found

    def position_set(self, key: int) -> frozenset[int]:
        """Positions of the tokens that match this key, as a set."""
        found = self._position_sets.get(key)
        if found is None:
            found = self._position_sets[key] = frozenset(self.positions(key))
        return found

    def _find_keys(self, document: Document) -> set[int]:
        present = self._find_terms(set(self._body))
        if self._terms.uses_body:
            present.update([term_id + BODY for term_id in present])
        title = self._find_terms(set(self._title))
        present |= title
        present.update([term_id + TITLE for term_id in title])
        present.update(
            self._terms.metadata_terms(language_tag_names(document.language), document.source or "")
        )
        present.add(ALWAYS)
        return present

    def _find_terms(self, distinct: set[str]) -> set[int]:
        cache, found = self._cache, set[int]()
        for text in distinct.difference(cache.chunks):
            found.update(self._terms.analyze(text, self._language).term_ids)
        with_terms = cache.with_terms
        found.update(*[with_terms[text].term_ids for text in distinct & with_terms.keys()])
        return found

    def _locate(self) -> None:
        positions_of: defaultdict[int, list[int]] = defaultdict(list)
        for position, chunks in ((0, self._title), (FIELD_GAP, self._body)):
            for text in chunks:
                chunk = self._cache.chunks.get(text)
                if chunk is None:  # too long to be cached
                    chunk = self._terms.analyze(text, self._language)
                if chunk.term_ids:
                    for step, term_ids in enumerate(chunk.by_token, position):
                        for term_id in term_ids:
                            positions_of[term_id].append(step)
                position += len(chunk.by_token)
        self._positions = dict(positions_of)

    def _locate_within(self, key: int) -> list[int]:
        place = key % KEYS_PER_TERM
        found = self._positions.get(key - place, [])
        gap = bisect_left(found, FIELD_GAP)
        return found[:gap] if place == TITLE else found[gap:] if place == BODY else found
