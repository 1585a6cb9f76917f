"""Rules against articles: time, memory and candidates from 3 to 100,000 rules.

`python bench/match.py [--most 100000]` prints a table. Texts and rules come from a seeded
generator: words of a Zipf law in English and Spanish endings, ~750 tokens a text, Boolean rules
of which a few hundred of 100,000 match a text. Beside the matcher runs the plain way: the
article's tokens, folds and stems in sets, and every rule walked.
"""

import argparse
import gc
import random
import resource
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate

import Stemmer

from monitor.config.topics import builtin_topics
from monitor.core.rules import ast as tree
from monitor.core.rules.matcher import Document, Matcher
from monitor.core.rules.parser import parse
from monitor.core.text.tokens import fold, stemming_language, tokens

TEXTS = 300
TOKENS = 752
COMMON = 220  # nobody writes a rule for the words that every text has
EXPONENT = 1.2  # of the Zipf law: about 350 distinct words in a text
SYLLABLES = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er", "in")]
ENDINGS = {"en": ("", "", "", "s", "s", "ed", "ing"), "es": ("o", "o", "a", "os", "ar", "ción")}


# ── what is measured on ──────────────────────────────────────────────────────────────────


class Language:
    """The lemmas of a made-up language, the common ones first, and their endings."""

    def __init__(self, name: str, draw: random.Random, size: int = 20_000) -> None:
        self.name = name
        self._lemmas = list(dict.fromkeys(self._lemma(draw, rank) for rank in range(size)))
        weights = ((rank + 2.7) ** -EXPONENT for rank in range(len(self._lemmas)))
        self._weights = list(accumulate(weights))

    @staticmethod
    def _lemma(draw: random.Random, rank: int) -> str:
        return "".join(draw.choices(SYLLABLES, k=1 if rank < 50 else 2 if rank < 2000 else 3))

    def draw(self, draw: random.Random, above: int = 0) -> str:
        """A form as often as it occurs; none of the `above` most common lemmas."""
        low = self._weights[above - 1] if above else 0.0
        at = bisect_right(self._weights, draw.uniform(low, self._weights[-1]))
        lemma = self._lemmas[min(at, len(self._lemmas) - 1)]
        return lemma + draw.choice(ENDINGS[self.name]) if at > 50 else lemma


def documents(languages: list[Language], draw: random.Random) -> list[Document]:
    return [_document(languages[number % 2], draw) for number in range(TEXTS)]


def _document(language: Language, draw: random.Random) -> Document:
    length = round(draw.lognormvariate(0, 0.4) * TOKENS)
    words = [language.draw(draw) for _ in range(length)]
    words = [word.capitalize() if draw.random() < 0.1 else word for word in words]
    return Document(
        title=" ".join(language.draw(draw, 50) for _ in range(9)),
        body=" ".join(words),
        language=language.name,
        source=draw.choice(("reuters", "El País", "kjzz")),
    )


def queries(languages: list[Language], draw: random.Random) -> Iterator[str]:
    """Rules as analysts write them: two to four clauses, some with phrases and proximity."""
    while True:
        language = draw.choice(languages)
        clauses = [_clause(language, draw) for _ in range(draw.choice((2, 2, 3, 3, 4)))]
        if draw.random() < 0.25:
            clauses.append(f"NOT ({_alternatives(language, draw)})")
        yield " AND ".join(clauses)


def _clause(language: Language, draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.45:
        return f"({_alternatives(language, draw)})"
    if kind < 0.70:
        return _term(language, draw)
    if kind < 0.80:
        phrase = f"{language.draw(draw, COMMON)} {language.draw(draw, COMMON)}"
        return f'("{phrase}" OR {_term(language, draw)})'
    if kind < 0.92:
        return f"({_term(language, draw)} NEAR/{draw.randint(2, 15)} {_term(language, draw)})"
    if kind < 0.96:
        return f"ATLEAST/2({_alternatives(language, draw)})"
    return f"title:{_term(language, draw)}"


def _alternatives(language: Language, draw: random.Random) -> str:
    return " OR ".join(_term(language, draw) for _ in range(draw.randint(2, 4)))


def _term(language: Language, draw: random.Random) -> str:
    word = language.draw(draw, COMMON)
    kind = draw.random()
    if kind < 0.06 and len(word) > 6:
        return f"{word[:6]}*"
    return f"={word}" if kind < 0.10 else word


# ── the plain way ────────────────────────────────────────────────────────────────────────

STEMMERS = {"en": Stemmer.Stemmer("english"), "es": Stemmer.Stemmer("spanish")}


class Walk:
    """One article, ready for rules that are walked: sets of its tokens, positions on demand."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.language = stemming_language(document.language)
        self.fields = {"title": tokens(document.title), "body": tokens(document.body)}
        self.folds = {name: [fold(word) for word in words] for name, words in self.fields.items()}
        self.stems = {
            name: STEMMERS[self.language].stemWords(words) for name, words in self.folds.items()
        }
        self.sets = {
            kind: {name: frozenset(words) for name, words in by_field.items()}
            for kind, by_field in
            (("exact", self.fields), ("fold", self.folds), ("stem", self.stems))
        }  # fmt: skip

    def holds(self, node: tree.Node, fields: tuple[str, ...] = ("title", "body")) -> bool:
        if isinstance(node, tree.Word):  # most of them: the shortest way first
            stem, stems = _stem(node.token, self.language), self.sets["stem"]
            return any(stem in stems[name] for name in fields)
        match node:
            case tree.And():
                return all(self.holds(child, fields) for child in node.children)
            case tree.Or():
                return any(self.holds(child, fields) for child in node.children)
            case tree.Not():
                return not self.holds(node.child, fields)
            case tree.Within():
                return self.holds(node.child, (node.place.value,))
            case tree.Near():
                return self._near(node, fields)
            case tree.AtLeast():
                spans = {(name, *span) for leaf in node.leaves for name in fields
                         for span in self._spans(leaf, name)}  # fmt: skip
                return len(spans) >= node.count
            case tree.MetadataFilter():
                raise NotImplementedError("not in these rules")
            case _:
                return any(self._has(node, name) for name in fields)

    def _has(self, leaf: tree.Leaf, name: str) -> bool:
        match leaf:
            case tree.Word():
                return _stem(leaf.token, self.language) in self.sets["stem"][name]
            case tree.Exact() if len(leaf.tokens) == 1:
                return leaf.tokens[0] in self.sets["exact"][name]
            case tree.Prefix():
                return any(word.startswith(leaf.start.lower()) for word in self.sets["fold"][name])
            case _:
                return bool(self._spans(leaf, name))

    def _near(self, node: tree.Near, fields: tuple[str, ...]) -> bool:
        for name in fields:
            left = [span for leaf in node.left for span in self._spans(leaf, name)]
            right = (
                [span for leaf in node.right for span in self._spans(leaf, name)] if left else []
            )
            for one in left:
                for other in right:
                    if 0 <= other[0] - one[1] - 1 <= node.distance:
                        return True
                    if not node.ordered and 0 <= one[0] - other[1] - 1 <= node.distance:
                        return True
        return False

    def _spans(self, leaf: tree.Leaf, name: str) -> list[tuple[int, int]]:
        match leaf:
            case tree.Word():
                if not self._has(leaf, name):
                    return []
                stem = _stem(leaf.token, self.language)
                return [(at, at) for at, word in enumerate(self.stems[name]) if word == stem]
            case tree.Prefix():
                start = fold(leaf.start)
                return [(n, n) for n, word in enumerate(self.folds[name]) if word.startswith(start)]
            case tree.Exact():
                return _rows(list(leaf.tokens), self.fields[name], self.sets["exact"][name])
            case tree.Phrase():
                wanted = [fold(token) for token in leaf.tokens]
                return _rows(wanted, self.folds[name], self.sets["fold"][name])


@cache
def _stem(token: str, language: str) -> str:
    """A rule's word, stemmed once a language, as any walk would do."""
    return str(STEMMERS[language].stemWord(fold(token)))


def _rows(wanted: list[str], words: list[str], distinct: frozenset[str]) -> list[tuple[int, int]]:
    if not distinct.issuperset(wanted):
        return []
    size = len(wanted)
    return [(n, n + size - 1) for n, word in enumerate(words)
            if word == wanted[0] and words[n : n + size] == wanted]  # fmt: skip


# ── measuring ────────────────────────────────────────────────────────────────────────────


def micros(work: Callable[[Document], object], texts: list[Document], rounds: int = 1) -> float:
    """CPU microseconds a document: the best of `rounds`."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - start)
    return best / len(texts) * 1e6


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as stats:  # noqa: PTH123
        return int(stats.read().split()[1]) * resource.getpagesize()


def built(rules: list[tree.Rule]) -> tuple[Matcher, float, float]:
    """The matcher, seconds to build it, bytes a rule."""
    gc.collect()
    before, start = resident(), time.process_time()
    matcher = Matcher()
    for number, rule in enumerate(rules):
        matcher.add(number, rule)
    seconds = time.process_time() - start
    gc.collect()
    return matcher, seconds, (resident() - before) / len(rules)


def row(texts: list[Document], texts_of_rules: list[str]) -> str:
    start = time.process_time()
    rules = [parse(text) for text in texts_of_rules]
    parsing = (time.process_time() - start) / len(rules) * 1e6
    gc.collect()
    gc.freeze()
    matcher, seconds, size = built(rules)
    first = micros(matcher.match, texts)
    ours = micros(matcher.match, texts, 3)
    few = texts[: max(4, min(TEXTS, 400_000 // len(rules)))]
    plain = micros(lambda text: _walk(text, rules), few)
    _check(matcher, rules, few[:4])
    hits = sum(len(matcher.match(text)) for text in texts) / len(texts)
    looked = sum(matcher.candidate_count(text) for text in texts) / len(texts)
    change = _change(matcher, rules)
    return (
        f"{len(rules):>7,} {plain:>10,.0f} {first:>9,.0f} {ours:>9,.0f} {plain / ours:>6.1f}x"
        f" {hits:>7.1f} {looked:>8.1f} {looked / max(hits, 0.01):>5.2f}"
        f" {parsing:>7.0f} {seconds:>7.2f} {size:>7,.0f} {change[0]:>6.0f} {change[1]:>6.0f}"
    )


def _walk(text: Document, rules: list[tree.Rule]) -> list[int]:
    walk = Walk(text)
    return [number for number, rule in enumerate(rules) if walk.holds(rule.tree)]


def _check(matcher: Matcher, rules: list[tree.Rule], texts: list[Document]) -> None:
    for text in texts:
        if matcher.match(text) != _walk(text, rules):
            sys.exit("the matcher and the walk disagree")


def _change(matcher: Matcher, rules: list[tree.Rule]) -> tuple[float, float]:
    """Microseconds to remove, and to add, one rule."""
    some = list(range(0, len(rules), max(1, len(rules) // 2000)))
    start = time.process_time()
    for number in some:
        matcher.remove(number)
    middle = time.process_time()
    for number in some:
        matcher.add(number, rules[number])
    end = time.process_time()
    return (middle - start) / len(some) * 1e6, (end - middle) / len(some) * 1e6


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--most", type=int, default=100_000)
    most = options.parse_args().most
    draw = random.Random(20190911)
    languages = [Language("en", draw), Language("es", draw)]
    texts = documents(languages, draw)
    print(HEAD)
    print(row(texts, [topic.query for topic in builtin_topics()]), flush=True)
    source = queries(languages, draw)
    for count in (100, 1_000, 10_000, 100_000):
        if count <= most:
            print(row(texts, [next(source) for _ in range(count)]), flush=True)


HEAD = (
    "  rules  walk, µs  first, µs  ours, µs  ratio    hits verified  v/h"
    "  parse µs build s  B/rule rem µs add µs"
)

if __name__ == "__main__":
    main()
