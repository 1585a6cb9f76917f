"""Trains the block classifier and writes monitor/core/pages/block_classifier.json.

    python tools/train_block_classifier.py [--data ../shared/data/extract] [--check] [--out FILE]

Needs lightgbm and numpy, which the package itself does not. Learns only from the sets whose
licence allows it (CC-BY and MIT): never from the publishers' test pages of fundus, which only
judge. The outcome is the same at every run. Prints the text F1 of pages whose sites were left out
of the training (five folds).
"""

import argparse
import gzip
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import lightgbm
import numpy

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from monitor.core.pages import block_features as features  # noqa: E402
from monitor.core.pages.block_classifier import best_threshold  # noqa: E402
from monitor.core.pages.block_context import WordWeights, name_words  # noqa: E402
from monitor.core.pages.block_exclusion import mark_excluded  # noqa: E402
from monitor.core.pages.blocks import Layout, parse_layout  # noqa: E402
from monitor.core.pages.html import decode_html, parse_html  # noqa: E402
from monitor.core.pages.metadata import read_metadata  # noqa: E402

WEIGHTS = ROOT / "monitor/core/pages/block_classifier.json"
LEARNED = ("wcxb", "zyte", "fundus_eval")
FOLDS, INNER_FOLDS = 5, 4
TREES = (15, 20)  # of the first and the second look, each
TIMES = (4, 4)  # that each look is trained: the mean of several is steadier than any
SETTINGS = {
    "objective": "binary", "num_leaves": 12, "learning_rate": 0.3, "min_data_in_leaf": 40,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5,
    "verbose": -1, "num_threads": 1, "deterministic": True,
}  # fmt: skip
RARE = 4  # sites on which a word must stand to be a hint
PLAIN = 0.3  # weight below which a hint says nothing
LONGEST_HINT = 20  # characters
SHORT_BLOCK = 300  # characters
_TOKEN = re.compile(r"\w+")

Matrix = Any  # numpy arrays, two dimensions
Booster = Any  # of lightgbm


@dataclass
class Example:
    """A page of the training set, and which of its blocks are text."""

    source: str
    site: str
    truth: str
    layout: Layout
    description: str
    candidates: list[int]  # the candidates
    is_text: list[bool]  # of all blocks
    weights: list[float] = field(default_factory=list)  # of the candidates

    def labels(self) -> list[bool]:
        return [self.is_text[index] for index in self.candidates]


# ── pages ────────────────────────────────────────────────────────────────────────────────


def examples(data: Path) -> list[Example]:
    truth = json.loads((data / "truth.json").read_text("utf-8"))
    return [_example(data, one) for one in truth if one.get("text")]


def _example(data: Path, known: dict[str, Any]) -> Example:
    tree = parse_html(decode_html(gzip.decompress((data / "html" / known["file"]).read_bytes())))
    page = read_metadata(tree)
    layout = parse_layout(tree)
    mark_excluded(layout.blocks, layout.containers)
    made = Example(
        source=known["source"],
        site=_site(known),
        truth=known["text"],
        layout=layout,
        description=features.squeezed_description(page),
        candidates=features.candidate_blocks(layout.blocks, layout.containers),
        is_text=list(_labels([block.text for block in layout.blocks], known["text"])),
    )
    made.weights = _weights(made)
    return made


def _site(known: dict[str, Any]) -> str:
    if known["source"].startswith("fundus"):
        return str(known["file"].partition("__")[2].partition("_")[0])
    return urlsplit(str(known["url"])).netloc.removeprefix("www.")


def _labels(texts: Iterable[str], truth: str) -> Iterable[bool]:
    """Long blocks by the share of their shingles in the truth, short ones by standing next."""
    tokens = _TOKEN.findall(truth)
    shingles = set(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False))
    joined = f" {' '.join(tokens)} "
    at = 0
    for text in texts:
        words = _TOKEN.findall(text)
        if len(words) >= 8:
            own = list(zip(words, words[1:], words[2:], words[3:], strict=False))
            yields = sum(one in shingles for one in own) > len(own) / 2
            found = joined.find(f" {' '.join(words[-5:])} ", at) if yields else -1
        else:
            found = joined.find(f" {' '.join(words)} ", at) if words else -1
            yields = 0 <= found - at < (1500 if len(words) > 3 else 250)
        if yields and found >= 0:
            at = found
        yield yields


def _weights(page: Example) -> list[float]:
    """By words, dampened, and the same in sum for every page: a page counts as one in the score."""
    blocks = page.layout.blocks
    raw = [
        min(len(_TOKEN.findall(blocks[index].text)), 150) ** 0.75 + 0.3 for index in page.candidates
    ]
    total = sum(one for one, is_text in zip(raw, page.labels(), strict=True) if is_text)
    return [one * 20 / max(1.0, total) for one in raw]


# ── hints ────────────────────────────────────────────────────────────────────────────────


def hints(pages: Sequence[Example]) -> WordWeights:
    """How much more often words of class names, and of short blocks, stand on text (log)."""
    names, words = _Tally(), _Tally()
    for page in pages:
        names.add(page.site, _shares(_named_characters(page)))
        words.add(page.site, _shares(_short_blocks(page)))
    return WordWeights(names.weights(), words.weights())


def _named_characters(page: Example) -> Iterable[tuple[str, bool, int]]:
    chain: list[frozenset[str]] = []
    for container in page.layout.containers:
        above = chain[container.parent] if container.parent >= 0 else frozenset()
        chain.append(above | frozenset(name_words(container.name)))
    for block, is_text in zip(page.layout.blocks, page.is_text, strict=True):
        for word in chain[block.container]:
            yield word, is_text, len(block.text)


def _short_blocks(page: Example) -> Iterable[tuple[str, bool, int]]:
    for index in page.candidates:
        text = page.layout.blocks[index].text
        if len(text) < SHORT_BLOCK:
            for word in set(features.leading_words(text)):
                yield word, page.is_text[index], 1


def _shares(counted: Iterable[tuple[str, bool, int]]) -> dict[str, float]:
    """For each word, how much of where it stands is text."""
    inside: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    for word, is_text, count in counted:
        all_[word] += count
        inside[word] += count * is_text
    return {word: inside[word] / all_[word] for word in all_}


class _Tally:
    def __init__(self) -> None:
        self._for: Counter[str] = Counter()
        self._against: Counter[str] = Counter()
        self._sites: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, site: str, shares: dict[str, float]) -> None:
        for word, share in shares.items():
            self._for[word] += share  # type: ignore[assignment]
            self._against[word] += 1 - share  # type: ignore[assignment]
            self._sites[word].add(site)

    def weights(self) -> dict[str, float]:
        found = {}
        for word, sites in self._sites.items():
            weight = math.log((self._for[word] + 0.7) / (self._against[word] + 0.7))
            is_common = len(sites) >= RARE and len(word) <= LONGEST_HINT and not word.isdigit()
            if is_common and abs(weight) > PLAIN:
                found[word] = round(weight, 2)
        return found


# ── training ─────────────────────────────────────────────────────────────────────────────


@dataclass
class Trees:
    """Several trainings of the same, whose mean counts."""

    boosters: list[Booster]

    def predict(self, rows: Matrix) -> Matrix:
        scores = [one.predict(rows, raw_score=True) for one in self.boosters]
        return 1 / (1 + numpy.exp(-sum(scores) / len(scores)))


@dataclass
class Filter:
    hints: WordWeights
    first: Trees
    second: Trees

    def scores(self, page: Example) -> list[float]:
        if not page.candidates:
            return []
        rows = _rows(page, self.hints)
        around = _around(page, self.first.predict(rows))
        return list(self.second.predict(numpy.hstack([rows, around])))


def train(pages: Sequence[Example]) -> Filter:
    """The second look learns from judgements of the first on sites that it had not seen."""
    pages = [page for page in pages if page.candidates]
    fold = _folds(pages, INNER_FOLDS)
    rows, first = _unseen(pages, fold)
    labels = numpy.concatenate([page.labels() for page in pages])
    weights = numpy.concatenate([page.weights for page in pages])
    around = [_around(page, scores) for page, scores in zip(pages, first, strict=True)]
    both = numpy.hstack([numpy.vstack(rows), numpy.vstack(around)])
    return Filter(
        hints=hints(pages),
        first=_fit(numpy.vstack(rows), labels, weights, 0),
        second=_fit(both, labels, weights, 1),
    )


def _unseen(pages: Sequence[Example], fold: Sequence[int]) -> tuple[list[Matrix], list[Matrix]]:
    """For each page its rows, by hints of other sites, and the scores by trees of other sites."""
    rows: list[Matrix] = [None] * len(pages)
    scores: list[Matrix] = [None] * len(pages)
    for part in range(INNER_FOLDS):
        known = hints([page for page, own in zip(pages, fold, strict=True) if own != part])
        for index, page in enumerate(pages):
            if fold[index] == part:
                rows[index] = _rows(page, known)
    for part in range(INNER_FOLDS):
        others = [index for index in range(len(pages)) if fold[index] != part]
        trees = _fit(
            numpy.vstack([rows[index] for index in others]),
            numpy.concatenate([pages[index].labels() for index in others]),
            numpy.concatenate([pages[index].weights for index in others]),
            0,
        )
        for index in range(len(pages)):
            if fold[index] == part:
                scores[index] = trees.predict(rows[index])
    return rows, scores


def _folds(pages: Sequence[Example], count: int) -> list[int]:
    """By site, so that no site stands on both sides."""
    sites = sorted({page.site for page in pages})
    numpy.random.RandomState(count).shuffle(sites)
    at = {site: index % count for index, site in enumerate(sites)}
    return [at[page.site] for page in pages]


def _rows(page: Example, known: WordWeights) -> Matrix:
    rows = features.first_stage_features(
        page.layout.blocks, page.layout.containers, page.candidates, known, page.description
    )
    return numpy.array(rows, dtype=numpy.float32)


def _around(page: Example, scores: Sequence[float]) -> Matrix:
    layout = page.layout
    rows = features.second_stage_features(
        layout.blocks, layout.containers, page.candidates, list(scores)
    )
    return numpy.array(rows, dtype=numpy.float32)


def _fit(rows: Matrix, labels: Matrix, weights: Matrix, look: int) -> Trees:
    seeds = range(1, TIMES[look] + 1)
    return Trees([_boosted(rows, labels, weights, TREES[look], seed) for seed in seeds])


def _boosted(rows: Matrix, labels: Matrix, weights: Matrix, trees: int, seed: int) -> Booster:
    data = lightgbm.Dataset(rows, label=labels, weight=weights)
    return lightgbm.train({**SETTINGS, "seed": seed}, data, trees)


# ── judging ──────────────────────────────────────────────────────────────────────────────


def check(pages: Sequence[Example], judged: Sequence[Example]) -> None:
    """Prints the F1 by source: of the learned sets on left-out sites, of `judged` as they are."""
    fold = _folds(pages, FOLDS)
    chosen: list[tuple[Example, list[float]]] = []
    for part in range(FOLDS):
        trained = train([page for page, own in zip(pages, fold, strict=True) if own != part])
        chosen += [
            (page, trained.scores(page))
            for page, own in zip(pages, fold, strict=True)
            if own == part
        ]
    trained = train(pages)
    chosen += [(page, trained.scores(page)) for page in judged]
    for source in [*LEARNED, "fundus", None]:
        some = [one for one in chosen if source in (one[0].source, None)]
        print(f"{source or 'all':12} {len(some):4} pages  F1 {_f1(some):.4f}")


def _f1(judged: Sequence[tuple[Example, list[float]]]) -> float:
    """Of the mean precision and the mean recall of shingles of four tokens."""
    precisions, recalls = [], []
    for page, scores in judged:
        blocks = page.layout.blocks
        cut_off = best_threshold([len(blocks[index].text) for index in page.candidates], scores)
        kept = [
            blocks[index].text
            for index, score in zip(page.candidates, scores, strict=True)
            if score >= cut_off
        ]
        mine, true = _shingles("\n".join(kept)), _shingles(page.truth)
        common = sum((mine & true).values())
        if mine:
            precisions.append(common / mine.total())
        recalls.append(common / true.total())
    precision = sum(precisions) / len(precisions)
    recall = sum(recalls) / len(recalls)
    return 2 * precision * recall / (precision + recall)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return Counter(tuple(tokens[at : at + 4]) for at in range(max(0, len(tokens) - 3)))


# ── writing ──────────────────────────────────────────────────────────────────────────────


def write(trained: Filter, path: Path) -> None:
    model = {
        "names": trained.hints.names,
        "words": trained.hints.words,
        "first": _arrays(trained.first),
        "second": _arrays(trained.second),
    }
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    path.write_text(text + "\n", "utf-8")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def _arrays(trees: Trees) -> list[list[list[float]]]:
    dumped = [tree for one in trees.boosters for tree in one.dump_model()["tree_info"]]
    roots = [tree["tree_structure"] for tree in dumped]
    share = 1 / len(trees.boosters)
    return [_tree_arrays(root, share) for root in roots if "split_feature" in root]


def _tree_arrays(root: dict[str, Any], share: float) -> list[list[float]]:
    """As block_classifier.Tree wants them; each leaf is its share of the mean."""
    feature: list[float] = []
    threshold: list[float] = []
    left: list[float] = []
    right: list[float] = []
    leaf: list[float] = []

    def add(node: dict[str, Any]) -> int:
        if "split_feature" not in node:
            leaf.append(round(node["leaf_value"] * share, 4))
            return ~(len(leaf) - 1)
        at = len(feature)
        feature.append(node["split_feature"])
        threshold.append(float(f"{node['threshold']:.5g}"))
        left.append(0)
        right.append(0)
        left[at] = add(node["left_child"])
        right[at] = add(node["right_child"])
        return at

    add(root)
    return [feature, threshold, left, right, leaf]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "extract")
    options.add_argument("--out", type=Path, default=WEIGHTS)
    options.add_argument("--check", action="store_true", help="cross-validate too (slower)")
    chosen = options.parse_args()
    if not chosen.data.is_dir():
        sys.exit(f"{chosen.data}: no training pages there")
    pages = examples(chosen.data)
    learned = [page for page in pages if page.source in LEARNED]
    if chosen.check:
        check(learned, [page for page in pages if page.source not in LEARNED])
    write(train(learned), chosen.out)


if __name__ == "__main__":
    main()
