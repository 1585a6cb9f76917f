"""All the words that any rule asks for, as numbers; and which of them a token is.

An *atom* is one question about one token ("has the stem tariff", "is written ICE", "starts with
deport") or about the document ("is in Spanish"). A *key* is an atom and where to look: atom + 0
anywhere, + 1 in the title, + 2 in the body. Atoms are multiples of three.
"""

from collections import Counter
from collections.abc import Iterable
from enum import IntEnum, auto
from typing import NamedTuple

from monitor.core.text import fold, stem_token, tokens

ANYWHERE, TITLE, BODY = 0, 1, 2
KEYS = 3  # an atom
ALWAYS = 0  # a key that is in every document

_REMEMBERED = 50_000  # chunks a language, whose atoms are kept at hand
_LONGEST_REMEMBERED = 64  # characters


class Chunk(NamedTuple):
    """What stands between two white spaces: `tariffs,` or `COVID-19`."""

    atoms: tuple[int, ...]  # of all its tokens
    by_token: tuple[tuple[int, ...], ...]


class ChunkCache:
    """Cache of one language's chunks: all that were met, and those that some rule asks for."""

    __slots__ = ("asked", "chunks")

    def __init__(self) -> None:
        self.chunks: dict[str, Chunk] = {}
        self.asked: dict[str, Chunk] = {}

    def keep(self, text: str, chunk: Chunk) -> None:
        self.chunks[text] = chunk
        if chunk.atoms:
            self.asked[text] = chunk

    def clear(self) -> None:
        self.chunks.clear()
        self.asked.clear()


_UNASKED = Chunk((), ((),))  # one token that no rule asks for: nearly every word


class Ask(IntEnum):
    """What an atom asks."""

    STEM = auto()
    FOLD = auto()
    EXACT = auto()
    PREFIX = auto()
    LANG = auto()
    LANG_PREFIX = auto()
    SOURCE = auto()
    SOURCE_PREFIX = auto()


_COMMON = {
    Ask.STEM: 3, Ask.FOLD: 2, Ask.EXACT: 1, Ask.PREFIX: 8,
    Ask.LANG: 10_000, Ask.LANG_PREFIX: 10_000, Ask.SOURCE: 300, Ask.SOURCE_PREFIX: 900,
}  # fmt: skip


class Question:
    """What an atom stands for, and how many rules ask it."""

    __slots__ = ("ask", "text", "uses")

    def __init__(self, ask: Ask, text: str) -> None:
        self.ask = ask
        self.text = text
        self.uses = 0


class Prefixes:
    """Which of many beginnings a text has; asks once for each length there is."""

    def __init__(self) -> None:
        self._atoms: dict[str, int] = {}
        self._lengths: Counter[int] = Counter()

    def add(self, start: str, atom: int) -> None:
        self._atoms[start] = atom
        self._lengths[len(start)] += 1

    def remove(self, start: str) -> None:
        del self._atoms[start]
        self._lengths[len(start)] -= 1
        if not self._lengths[len(start)]:
            del self._lengths[len(start)]

    def of(self, text: str) -> list[int]:
        starts = (text[:length] for length in self._lengths if length <= len(text))
        return [self._atoms[start] for start in starts if start in self._atoms]


class Vocabulary:
    """Atoms, counted: one that no rule asks for any more is forgotten."""

    def __init__(self) -> None:
        self._questions: dict[int, Question] = {}
        self._atoms: dict[Ask, dict[str, int]] = {ask: {} for ask in Ask}
        self._prefixes = {
            ask: Prefixes() for ask in (Ask.PREFIX, Ask.LANG_PREFIX, Ask.SOURCE_PREFIX)
        }
        self._stems: dict[str, dict[str, set[int]]] = {}  # language → stem → atoms
        self._known: dict[str, ChunkCache] = {}  # by language
        self._next = KEYS
        self.asks_body = False  # some rule, once, asked for a word in the body only

    def atom(self, ask: Ask, text: str) -> int:
        """The number of this question; a new one if nobody has asked it."""
        atom = self._atoms[ask].get(text)
        if atom is None:
            atom = self._next
            self._next += KEYS
            self._enter(atom, ask, text)
        return atom

    def commonness(self, group: Iterable[int]) -> int:
        """A guess at how many documents have one of these keys; only its order counts.

        Nobody has counted documents yet, but what is common in rules is common in texts, and so
        are short words and beginnings.
        """
        return sum(map(self._commonness, group))

    def _commonness(self, key: int) -> int:
        question = self._questions[key - key % KEYS]
        short = max(1, 12 - len(question.text))
        guess = _COMMON[question.ask] * short * (1 + question.uses)
        return guess // 8 if key % KEYS == TITLE else guess

    def hold(self, atoms: tuple[int, ...]) -> None:
        """A rule asks for these."""
        for atom in atoms:
            self._questions[atom].uses += 1

    def release(self, atoms: tuple[int, ...]) -> None:
        """A rule that held these is gone."""
        for atom in atoms:
            question = self._questions[atom]
            question.uses -= 1
            if not question.uses:
                self._forget(atom, question)

    def known(self, language: str) -> ChunkCache:
        """What has been learnt of this language's chunks so far; ask `learn` for the others."""
        known = self._known.setdefault(language, ChunkCache())
        if len(known.chunks) > _REMEMBERED:
            known.clear()
        return known

    def learn(self, text: str, language: str) -> Chunk:
        """Takes a chunk apart: folding, stemming and beginnings of each of its tokens."""
        by_token = tuple(self._token_atoms(token, language) for token in tokens(text))
        atoms = tuple(atom for atoms in by_token for atom in atoms)
        chunk = _UNASKED if by_token == _UNASKED.by_token else Chunk(atoms, by_token)
        if len(text) <= _LONGEST_REMEMBERED:
            self._known[language].keep(text, chunk)
        return chunk

    def _token_atoms(self, token: str, language: str) -> tuple[int, ...]:
        folded = fold(token)
        atoms = [*self._stem_atoms(language).get(stem_token(folded, language), ())]
        for ask, text in ((Ask.FOLD, folded), (Ask.EXACT, token)):
            if (atom := self._atoms[ask].get(text)) is not None:
                atoms.append(atom)
        return (*atoms, *self._prefixes[Ask.PREFIX].of(folded))

    def facts(self, languages: tuple[str, ...], source: str) -> list[int]:
        """The atoms of a document's language (see `language_tag_names`) and of its source."""
        atoms = self._fact(Ask.SOURCE, Ask.SOURCE_PREFIX, fold(source))
        for language in languages:
            atoms += self._fact(Ask.LANG, Ask.LANG_PREFIX, language)
        return atoms

    def _fact(self, ask: Ask, prefix: Ask, value: str) -> list[int]:
        atom = self._atoms[ask].get(value)
        return self._prefixes[prefix].of(value) + ([] if atom is None else [atom])

    def _stem_atoms(self, language: str) -> dict[str, set[int]]:
        """Words of the rules by their stem in one language; made when first asked for."""
        stems = self._stems.get(language)
        if stems is None:
            stems = self._stems[language] = {}
            for folded, atom in self._atoms[Ask.STEM].items():
                stems.setdefault(stem_token(folded, language), set()).add(atom)
        return stems

    def _enter(self, atom: int, ask: Ask, text: str) -> None:
        self._atoms[ask][text] = atom
        self._questions[atom] = Question(ask, text)
        if ask is Ask.STEM:
            for language, stems in self._stems.items():
                stems.setdefault(stem_token(text, language), set()).add(atom)
        elif ask in self._prefixes:
            self._prefixes[ask].add(text, atom)
        self._known.clear()

    def _forget(self, atom: int, question: Question) -> None:
        ask, text = question.ask, question.text
        del self._questions[atom]
        del self._atoms[ask][text]
        if ask is Ask.STEM:
            for language, stems in self._stems.items():
                self._forget_stem(stems, stem_token(text, language), atom)
        elif ask in self._prefixes:
            self._prefixes[ask].remove(text)
        self._known.clear()

    @staticmethod
    def _forget_stem(stems: dict[str, set[int]], stem: str, atom: int) -> None:
        stems[stem].discard(atom)
        if not stems[stem]:
            del stems[stem]
