"""Which excerpts of a match are shown, how much of each, and where in them the words stand."""

from collections import Counter
from dataclasses import dataclass

from monitor.core.text import clean_line
from monitor.model import Hit


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `kind` is "", "mark" (it matched), "added" or "removed"."""

    text: str
    kind: str = ""


def chosen(hits: tuple[Hit, ...], limit: int) -> tuple[Hit, ...]:
    """At most `limit` of them, in order, and the first one of every topic before second ones."""
    if len(hits) <= limit:
        return hits
    seen: Counter[str] = Counter()
    ranks = []
    for index, hit in enumerate(hits):
        ranks.append((seen[hit.topic], index))
        seen[hit.topic] += 1
    return tuple(hits[index] for index in sorted(index for _, index in sorted(ranks)[:limit]))


def window(length: int, mark: tuple[int, int], letters: int) -> tuple[int, int]:
    """Where to cut a text of `length` to `letters` so that the mark, or its start, stays inside."""
    start, end = max(0, min(mark[0], length)), max(0, min(mark[1], length))
    room = max(0, letters - (end - start))
    begin = max(0, min(start - room // 2, length - letters))
    return begin, min(length, begin + letters)


def around(hit: Hit, letters: int) -> str:
    """At most `letters` characters of the excerpt, with the words that matched inside."""
    begin, end = window(len(hit.excerpt), hit.mark, letters)
    return hit.excerpt[begin:end]


def marked(text: str, marks: list[tuple[int, int]], letters: int) -> tuple[Piece, ...]:
    """The text around its marks, cleaned, in pieces; an ellipsis where it was cut."""
    first = min(marks, default=(0, 0))
    begin, end = window(len(text), first, letters)
    pieces = [Piece("…")] if begin else []
    at = begin
    for start, stop in sorted(marks):
        start, stop = max(start, at), min(stop, end)
        if start < stop:
            pieces += [_piece(text[at:start]), _piece(text[start:stop], "mark")]
            at = stop
    pieces.append(_piece(text[at:end]))
    if end < len(text):
        pieces.append(Piece("…"))
    return tuple(piece for piece in pieces if piece.text)


def _piece(text: str, kind: str = "") -> Piece:
    """Cleaned, but for the one space at an edge that parts it from its neighbour."""
    cleaned = clean_line(text, len(text))
    before = " " if text[:1].isspace() else ""
    after = " " if cleaned and text[-1:].isspace() else ""
    return Piece(before + cleaned + after, kind)
