"""One document, seen by the rules: which keys are in it, and where their tokens stand."""

from bisect import bisect_left
from collections.abc import Hashable
from dataclasses import dataclass

from monitor.core.tokens import base_language, fold, stemming_language, tokens
from monitor.core.vocabulary import ALWAYS, ANYWHERE, BODY, KEYS, TITLE, Vocabulary

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
        self._title = tokens(document.title)
        self._body = tokens(document.body)
        self._asked: dict[str, tuple[int, ...]] = {}  # the tokens that some rule asks for
        self._positions: dict[int, list[int]] = {}
        self._position_sets: dict[int, frozenset[int]] = {}
        self.notes: dict[Hashable, object] = {}  # what clauses worked out and may need again
        self._tokens: dict[int, list[str]] = {}  # atom → tokens of this document
        self._where: dict[str, list[int]] = {}
        self.present = self._find(document, vocabulary)

    def positions(self, key: int) -> list[int]:
        """Where the atom of this key stands, in order; the body begins at GULF."""
        found = self._positions.get(key)
        if found is None:
            found = self._positions[key] = self._locate(key)
        return found

    def position_set(self, key: int) -> frozenset[int]:
        found = self._position_sets.get(key)
        if found is None:
            found = self._position_sets[key] = frozenset(self.positions(key))
        return found

    def _find(self, document: Document, vocabulary: Vocabulary) -> set[int]:
        language = stemming_language(document.language)
        title = self._atoms(set(self._title), language, vocabulary)
        body = self._atoms(set(self._body), language, vocabulary)
        present = title | body
        present.update([atom + TITLE for atom in title])
        if vocabulary.asks_body:
            present.update([atom + BODY for atom in body])
        tag = fold(document.language or "")
        facts = vocabulary.facts(frozenset({tag, base_language(tag)}), fold(document.source or ""))
        present.update(facts)
        present.add(ALWAYS)
        return present

    def _atoms(self, distinct: set[str], language: str, vocabulary: Vocabulary) -> set[int]:
        known = vocabulary.known(language)
        found: set[int] = set()
        for token in distinct:
            atoms = known.get(token)
            if atoms is None:
                atoms = vocabulary.learn(token, language)
            if atoms:
                found.update(atoms)
                self._asked[token] = atoms
        return found

    def _locate(self, key: int) -> list[int]:
        if not self._where:
            self._index()
        place = key % KEYS
        words = self._tokens.get(key - place, ())
        found = sorted(position for word in words for position in self._where[word])
        if place == ANYWHERE:
            return found
        gulf = bisect_left(found, GULF)
        return found[:gulf] if place == TITLE else found[gulf:]

    def _index(self) -> None:
        for start, words in ((0, self._title), (GULF, self._body)):
            for position, token in enumerate(words, start):
                if token in self._asked:
                    self._where.setdefault(token, []).append(position)
        for token, atoms in self._asked.items():
            for atom in atoms:
                self._tokens.setdefault(atom, []).append(token)
