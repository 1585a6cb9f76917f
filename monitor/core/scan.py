"""One document, seen by the rules: which keys are in it, and where their tokens stand."""

from dataclasses import dataclass

from monitor.core.tokens import base_language, fold, stemming_language, tokens
from monitor.core.vocabulary import BODY, TITLE, Vocabulary

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
        self._atoms = vocabulary.known(stemming_language(document.language))
        self._positions: dict[int, list[int]] = {}
        self._tokens_of: dict[int, list[str]] = {}
        self._where: dict[str, list[int]] = {}
        self.present = self._find(document, vocabulary)

    def _find(self, document: Document, vocabulary: Vocabulary) -> set[int]:
        language = stemming_language(document.language)
        languages = frozenset({fold(document.language or ""), base_language(document.language)})
        title = self._atoms_in(set(self._title), vocabulary, language)
        body = self._atoms_in(set(self._body), vocabulary, language)
        present = title | body
        present.update(vocabulary.facts(languages, fold(document.source or "")))
        present.update([atom + TITLE for atom in title])
        if vocabulary.asks_body:
            present.update([atom + BODY for atom in body])
        present.add(0)
        return present

    def _atoms_in(self, distinct: set[str], vocabulary: Vocabulary, language: str) -> set[int]:
        found: set[int] = set()
        known = self._atoms
        for token in distinct:
            atoms = known.get(token)
            if atoms is None:
                atoms = vocabulary.learn(token, language)
            if atoms:
                found.update(atoms)
        return found

    def positions(self, key: int) -> list[int]:
        """Where the atom of this key stands, in order; the body begins at GULF."""
        found = self._positions.get(key)
        if found is None:
            found = self._positions[key] = self._find_positions(key)
        return found

    def _find_positions(self, key: int) -> list[int]:
        if not self._where:
            self._index(self._title, 0)
            self._index(self._body, GULF)
        place = key % 3
        ...
        return []

    def _index(self, words: list[str], start: int) -> None:
        for position, token in enumerate(words, start):
            self._where.setdefault(token, []).append(position)
