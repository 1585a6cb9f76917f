"""One document, seen by the rules: which keys are in it, and where their tokens stand."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from monitor.core.rules.term_index import ALWAYS, BODY, KEYS, TITLE, Vocabulary
from monitor.core.text import language_tag_names, stemming_language

# Title and body are one line of positions with a gulf between them that no phrase and no NEAR
# can cross.
GULF = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What rules are held against."""

    title: str = ""
    body: str = ""
    language: str | None = None  # BCP 47
    source: str | None = None


class Scan:
    """`present` holds every key that is in the document. Positions are found when first asked."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        # No token and no composition reaches across white space, so a text is taken chunk by
        # chunk, and a chunk that was seen before costs one look-up.
        self._title = document.title.split()
        self._body = document.body.split()
        self._language = stemming_language(document.language)
        self._vocabulary = vocabulary
        self._known = vocabulary.known(self._language)
        self._positions: dict[int, list[int]] = {}
        self._position_sets: dict[int, frozenset[int]] = {}
        self.notes: dict[Hashable, object] = {}  # what clauses worked out and may need again
        self.present = self._find(document)

    def positions(self, key: int) -> list[int]:
        """Where the atom of this key stands, in order; the body begins at GULF."""
        if not self._positions:
            self._locate()
        found = self._positions.get(key)
        if found is None:
            found = self._positions[key] = self._locate_within(key)
        return found

    def position_set(self, key: int) -> frozenset[int]:
        found = self._position_sets.get(key)
        if found is None:
            found = self._position_sets[key] = frozenset(self.positions(key))
        return found

    def _find(self, document: Document) -> set[int]:
        present = self._atoms(set(self._body))
        if self._vocabulary.asks_body:
            present.update([atom + BODY for atom in present])
        title = self._atoms(set(self._title))
        present |= title
        present.update([atom + TITLE for atom in title])
        present.update(
            self._vocabulary.facts(language_tag_names(document.language), document.source or "")
        )
        present.add(ALWAYS)
        return present

    def _atoms(self, distinct: set[str]) -> set[int]:
        known, found = self._known, set[int]()
        for text in distinct.difference(known.chunks):
            found.update(self._vocabulary.learn(text, self._language).atoms)
        asked = known.asked
        found.update(*[asked[text].atoms for text in distinct & asked.keys()])
        return found

    def _locate(self) -> None:
        where: defaultdict[int, list[int]] = defaultdict(list)
        for position, chunks in ((0, self._title), (GULF, self._body)):
            for text in chunks:
                chunk = self._known.chunks.get(text)
                if chunk is None:  # too long to be remembered
                    chunk = self._vocabulary.learn(text, self._language)
                if chunk.atoms:
                    for step, atoms in enumerate(chunk.by_token, position):
                        for atom in atoms:
                            where[atom].append(step)
                position += len(chunk.by_token)
        self._positions = dict(where)

    def _locate_within(self, key: int) -> list[int]:
        place = key % KEYS
        found = self._positions.get(key - place, [])
        gulf = bisect_left(found, GULF)
        return found[:gulf] if place == TITLE else found[gulf:] if place == BODY else found
