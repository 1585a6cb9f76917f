"""Revision × revision → what changed, and does it matter?

The kinds, the first that holds:
  correction   an editor's note came: "Correction:", "an earlier version", "fe de erratas"
  material     a number, a name, a negation or a quotation changed; or ≥ 8 words came, ≥ 15 went,
               or ≥ 4 were exchanged, typos not counted
  headline     the headline's words changed
  cosmetic     everything else a reader could see: typos, punctuation, paragraphs that moved
"""

import re
from collections import Counter
from collections.abc import Iterator

from monitor.core.revisions.edit_weight import Edits, headline_words, weigh
from monitor.core.revisions.fingerprint import normalised, normalised_line
from monitor.core.text import EditBlock, diff_blocks, sentences
from monitor.model import Change, ChangeKind

MATERIAL_ADDED = 8  # words; these three measured best on labelled edits (docs/accuracy.md)
MATERIAL_REMOVED = 15
MATERIAL_EDITED = 4
LEAST_BODY = 4  # words; "Loading…" is no body

Pair = tuple[str, str]  # a sentence's old and new form; "" where it has none
Block = tuple[list[str], list[str]]  # the old sentences of one place, and the new ones
Op = tuple[str, str]  # equal, added or removed; and the text

_ALIKE = 0.4  # of the words of the longer sentence; below, one went and another came
_PAIRED = 400  # old × new sentences between two equal ones that are compared each with each
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


def change(old_title: str, old_text: str, new_title: str, new_text: str) -> Change | None:
    """What a reader sees changed; None if both read the same, as equal digests say."""
    titles = normalised_line(old_title), normalised_line(new_title)
    old, new = normalised(old_text), normalised(new_text)
    if titles[0] == titles[1] and old.split() == new.split():
        return None
    blocks = _blocks(_sentences(old), _sentences(new))
    pairs = [pair for before, after in blocks for pair in _paired(before, after)]
    edits = weigh((" ".join(before), " ".join(after)) for before, after in blocks)
    headline = headline_words(*titles)
    return Change(
        kind=_kind(titles, pairs, edits, bool(headline)),
        score=_score(edits, headline, old, new),
        title=(old_title, new_title) if titles[0] != titles[1] else None,
        added=tuple(after for _, after in pairs if after),
        removed=tuple(before for before, _ in pairs if before),
    )


def shrunk(old_text: str, new_text: str) -> bool:
    """Was the body emptied or put behind a paywall? Such a page teaches nothing of an edit."""
    old, new = normalised(old_text).split(), normalised(new_text).split()
    if len(new) * 5 > len(old) * 3 or len(old) < 20:
        return False
    asks = _PAYWALL.search(new_text) is not None and _PAYWALL.search(old_text) is None
    return len(new) < LEAST_BODY or asks or (len(new) * 3 <= len(old) and _is_teaser(old, new))


def words(old: str, new: str) -> list[Op]:
    """The exact way from one text to the other, word by word: for showing, and for `apply`."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    ops: list[Op] = []
    at = 0
    for a, b, c, d in _joined(before, diff_blocks(before, after)):
        ops += [
            ("equal", "".join(before[at:a])),
            ("removed", "".join(before[a:b])),
            ("added", "".join(after[c:d])),
        ]
        at = b
    ops.append(("equal", "".join(before[at:])))
    return [(op, text) for op, text in ops if text]


def apply(old: str, ops: list[Op]) -> str:
    """The new text that `words(old, new)` leads to. ValueError if the ops are of another text."""
    if old != "".join(text for op, text in ops if op != "added"):
        raise ValueError("these changes are of another text")
    return "".join(text for op, text in ops if op != "removed")


# ── judging ──────────────────────────────────────────────────────────────────────────────


def _kind(titles: Pair, pairs: list[Pair], edits: Edits, headline: bool) -> ChangeKind:
    if any(_corrects(before, after) for before, after in [titles, *pairs]):
        return ChangeKind.CORRECTION
    if edits.facts or _is_much(edits):
        return ChangeKind.MATERIAL
    return ChangeKind.HEADLINE if headline else ChangeKind.COSMETIC


def _is_much(edits: Edits) -> bool:
    return (
        edits.added >= MATERIAL_ADDED
        or edits.removed >= MATERIAL_REMOVED
        or edits.exchanged >= MATERIAL_EDITED
    )


def _corrects(before: str, after: str) -> bool:
    return _CORRECTION.search(after) is not None and _CORRECTION.search(before) is None


def _score(edits: Edits, headline: int, old: str, new: str) -> float:
    """The share of words that differ, never 0."""
    differing = edits.added + edits.removed + 2 * (edits.exchanged + edits.typos) + headline
    total = max(1, len(old.split()) + len(new.split()) + headline)
    return min(1.0, max(0.0001, round(differing / total, 4)))


def _is_teaser(old: list[str], new: list[str]) -> bool:
    """Is nine tenths of the new text the beginning of the old one?"""
    kept = sum((Counter(new) & Counter(old[: len(new) + 10])).values())
    return kept * 10 >= len(new) * 9


# ── pairing sentences ────────────────────────────────────────────────────────────────────


def _sentences(text: str) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in sentences(text)]


def _blocks(old: list[str], new: list[str]) -> list[Block]:
    """The sentences that went and came at each place, without those that only moved."""
    blocks = [(old[a:b], new[c:d]) for a, b, c, d in diff_blocks(old, new)]
    gone = Counter(one for before, _ in blocks for one in before)
    come = Counter(one for _, after in blocks for one in after)
    moved = gone & come, gone & come
    return [(_unmoved(before, moved[0]), _unmoved(after, moved[1])) for before, after in blocks]


def _unmoved(sentences: list[str], moved: Counter[str]) -> list[str]:
    kept = []
    for sentence in sentences:
        if moved[sentence] > 0:
            moved[sentence] -= 1
        else:
            kept.append(sentence)
    return kept


def _paired(old: list[str], new: list[str]) -> Iterator[Pair]:
    """In order; each new sentence takes the first old one left that is like it."""
    if len(old) * len(new) > _PAIRED:
        yield from ((before, "") for before in old)
        yield from (("", after) for after in new)
        return
    bags = [Counter(before.lower().split()) for before in old]
    at = 0
    for after in new:
        found = _like(bags, at, Counter(after.lower().split()))
        if found is None:
            yield "", after
            continue
        yield from ((before, "") for before in old[at:found])
        yield old[found], after
        at = found + 1
    yield from ((before, "") for before in old[at:])


def _like(bags: list[Counter[str]], start: int, bag: Counter[str]) -> int | None:
    for index in range(start, len(bags)):
        longer = max(bag.total(), bags[index].total())
        if (bag & bags[index]).total() >= _ALIKE * longer:
            return index
    return None


def _joined(before: list[str], blocks: list[EditBlock]) -> list[EditBlock]:
    """Changes that only white space parts become one, to be read as phrases."""
    joined: list[EditBlock] = []
    for a, b, c, d in blocks:
        last = joined[-1] if joined else None
        if last and "".join(before[last[1] : a]).isspace():
            joined[-1] = last[0], b, last[2], d
        else:
            joined.append((a, b, c, d))
    return joined
