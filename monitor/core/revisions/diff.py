"""Compares two revisions: which sentences and words changed, and what kind of change it is.

The kinds, the first that applies:
  correction   an editor's note was added: "Correction:", "an earlier version", "fe de erratas"
  material     a number, a name, a negation or a quotation changed; or, typos not counted, ≥ 8
               words were added, ≥ 15 removed, or ≥ 4 replaced
  headline     the headline's words changed
  cosmetic     any other change a reader could see: typos, punctuation, moved paragraphs
"""

import re
from collections import Counter
from collections.abc import Iterator

from monitor.core.revisions.edit_weight import EditWeight, headline_words, weigh_edits
from monitor.core.revisions.fingerprint import normalize_line, normalize_text
from monitor.core.text import EditBlock, diff_blocks, sentences
from monitor.model import Change, ChangeKind

MATERIAL_ADDED = 8  # words; these three limits measured best on labelled edits (docs/accuracy.md)
MATERIAL_REMOVED = 15
MATERIAL_REPLACED = 4
MIN_BODY_WORDS = 4  # fewer, such as "Loading…", are no body

Pair = tuple[str, str]  # a sentence's old and new form; "" where it has none
Block = tuple[list[str], list[str]]  # old and new sentences between two unchanged ones
Op = tuple[str, str]  # "equal", "added" or "removed", and the text

_MIN_SIMILARITY = 0.4  # shared words of the longer sentence; below it, they are two sentences
_MAX_COMPARISONS = 400  # old × new sentences of one block; above it, none are paired
_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")

_CORRECTION = re.compile(
    r"""
      ^\W*(?:correction|corrected|clarification|editor'?s\ note|fe\ de\ err(?:atas|ores)|corrección
        |rectificación|aclaración|nota\ (?:del\ editor|de\ (?:la\ )?redacción))
        (?:\ \([^)]{0,40}\)|,?\ [\w\ .,]{0,30})?\W*[:.(-]
    | \b(?:an\ earlier|a\ previous|an\ original|earlier|previous)\ versions?\ of\ this\b
    | \bthis\ (?:article|story|report|post|headline|page|piece)\ (?:has\ been|was)\ (?:\w+\ ){0,2}
        (?:corrected|amended)\b
    | \bcorrects\ (?:\w+\ ){0,3}(?:paragraph|headline|spelling|figure|name|date|day|title|to\b)
    | \bwe\ regret\ the\ error\b | \blamentamos\ el\ error\b
    | \b(?:una|la)\ (?:versión\ (?:anterior|previa)|primera\ versión)\ de\ (?:est[ae]|la|el)\b
    | \b(?:est[ae]\ (?:noticia|artículo|información|texto|nota))\ (?:ha\ sido|fue)\ (?:\w+\ ){0,2}
        (?:corregid|rectificad|modificad)[oa]\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PAYWALL = re.compile(
    r"subscri(?:be|bers?|ption)|to (?:continue|keep) reading|(?:sign|log) ?in\b|create an account"
    r"|suscr[ií](?:b\w+|ptor\w*|pción|pciones)|(?:seguir|continuar) leyendo|inici[ae] sesión",
    re.IGNORECASE,
)


def detect_change(old_title: str, old_text: str, new_title: str, new_text: str) -> Change | None:
    """Compare two revisions as a reader sees them; None if both read the same.

    None is returned exactly where the digests of `fingerprint` are equal.
    """
    titles = normalize_line(old_title), normalize_line(new_title)
    old, new = normalize_text(old_text), normalize_text(new_text)
    if titles[0] == titles[1] and old.split() == new.split():
        return None
    blocks = _edit_blocks(_sentences(old), _sentences(new))
    pairs = [pair for before, after in blocks for pair in _pair_sentences(before, after)]
    edits = weigh_edits((" ".join(before), " ".join(after)) for before, after in blocks)
    headline = headline_words(*titles)
    return Change(
        kind=_classify(titles, pairs, edits, bool(headline)),
        score=_score(edits, headline, old, new),
        title=(old_title, new_title) if titles[0] != titles[1] else None,
        added=tuple(after for _, after in pairs if after),
        removed=tuple(before for before, _ in pairs if before),
    )


def is_shrunk(old_text: str, new_text: str) -> bool:
    """Whether the body was emptied or put behind a paywall, which is no edit of the article."""
    old, new = normalize_text(old_text).split(), normalize_text(new_text).split()
    if len(new) * 5 > len(old) * 3 or len(old) < 20:
        return False
    paywalled = _PAYWALL.search(new_text) is not None and _PAYWALL.search(old_text) is None
    if len(new) < MIN_BODY_WORDS or paywalled:
        return True
    return len(new) * 3 <= len(old) and _is_teaser(old, new)


def diff_words(old: str, new: str) -> list[Op]:
    """Return the operations that turn the old text into the new one, word by word."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    ops: list[Op] = []
    at = 0
    for a, b, c, d in _merge_blocks(before, diff_blocks(before, after)):
        ops += [
            ("equal", "".join(before[at:a])),
            ("removed", "".join(before[a:b])),
            ("added", "".join(after[c:d])),
        ]
        at = b
    ops.append(("equal", "".join(before[at:])))
    return [(op, text) for op, text in ops if text]


def apply_diff(old: str, ops: list[Op]) -> str:
    """Apply the result of `diff_words`. Raises ValueError if it was made from another text."""
    if old != "".join(text for op, text in ops if op != "added"):
        raise ValueError("these changes are of another text")
    return "".join(text for op, text in ops if op != "removed")


# ── kind and score ───────────────────────────────────────────────────────────────────────


def _classify(titles: Pair, pairs: list[Pair], edits: EditWeight, headline: bool) -> ChangeKind:
    if any(_adds_correction(before, after) for before, after in [titles, *pairs]):
        return ChangeKind.CORRECTION
    if edits.facts or _is_large(edits):
        return ChangeKind.MATERIAL
    return ChangeKind.HEADLINE if headline else ChangeKind.COSMETIC


def _is_large(edits: EditWeight) -> bool:
    return (
        edits.added >= MATERIAL_ADDED
        or edits.removed >= MATERIAL_REMOVED
        or edits.replaced >= MATERIAL_REPLACED
    )


def _adds_correction(before: str, after: str) -> bool:
    return _CORRECTION.search(after) is not None and _CORRECTION.search(before) is None


def _score(edits: EditWeight, headline: int, old: str, new: str) -> float:
    """Share of words that differ, above 0 and at most 1."""
    differing = edits.added + edits.removed + 2 * (edits.replaced + edits.typos) + headline
    total = max(1, len(old.split()) + len(new.split()) + headline)
    return min(1.0, max(0.0001, round(differing / total, 4)))


def _is_teaser(old: list[str], new: list[str]) -> bool:
    """Whether nine tenths of the new text are the beginning of the old one."""
    shared = sum((Counter(new) & Counter(old[: len(new) + 10])).values())
    return shared * 10 >= len(new) * 9


# ── pairing sentences ────────────────────────────────────────────────────────────────────


def _sentences(text: str) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in sentences(text)]


def _edit_blocks(old: list[str], new: list[str]) -> list[Block]:
    """Return the removed and added sentences of each place, without those that only moved."""
    blocks = [(old[a:b], new[c:d]) for a, b, c, d in diff_blocks(old, new)]
    removed = Counter(sentence for before, _ in blocks for sentence in before)
    added = Counter(sentence for _, after in blocks for sentence in after)
    moved = removed & added, removed & added
    return [
        (_without_moved(before, moved[0]), _without_moved(after, moved[1]))
        for before, after in blocks
    ]


def _without_moved(sentences: list[str], moved: Counter[str]) -> list[str]:
    remaining = []
    for sentence in sentences:
        if moved[sentence] > 0:
            moved[sentence] -= 1
        else:
            remaining.append(sentence)
    return remaining


def _pair_sentences(old: list[str], new: list[str]) -> Iterator[Pair]:
    """Pair each new sentence, in order, with the first remaining old one similar to it."""
    if len(old) * len(new) > _MAX_COMPARISONS:
        yield from ((before, "") for before in old)
        yield from (("", after) for after in new)
        return
    bags = [Counter(before.lower().split()) for before in old]
    at = 0
    for after in new:
        found = _find_similar(bags, at, Counter(after.lower().split()))
        if found is None:
            yield "", after
            continue
        yield from ((before, "") for before in old[at:found])
        yield old[found], after
        at = found + 1
    yield from ((before, "") for before in old[at:])


def _find_similar(bags: list[Counter[str]], start: int, bag: Counter[str]) -> int | None:
    """Index of the first bag of words from `start` similar to `bag`; None if there is none."""
    for index in range(start, len(bags)):
        longer = max(bag.total(), bags[index].total())
        if (bag & bags[index]).total() >= _MIN_SIMILARITY * longer:
            return index
    return None


def _merge_blocks(before: list[str], blocks: list[EditBlock]) -> list[EditBlock]:
    """Merge changes separated by white space only, so that they read as phrases."""
    joined: list[EditBlock] = []
    for a, b, c, d in blocks:
        last = joined[-1] if joined else None
        if last and "".join(before[last[1] : a]).isspace():
            joined[-1] = last[0], b, last[2], d
        else:
            joined.append((a, b, c, d))
    return joined
