"""Chooses the matches that a message shows, cuts their excerpts, and marks the matched words."""

from collections import Counter
from dataclasses import dataclass

from monitor.core.text import clean_line
from monitor.model import Hit


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `kind` is "", "mark" (it matched), "added" or "removed"."""

    text: str
    kind: str = ""


def choose_hits(hits: tuple[Hit, ...], limit: int) -> tuple[Hit, ...]:
    """Choose at most `limit` hits, of every topic the first before others; keep their order."""
    if len(hits) <= limit:
        return hits
    seen: Counter[str] = Counter()
    by_rank = []
    for index, hit in enumerate(hits):
        by_rank.append((seen[hit.topic], index))
        seen[hit.topic] += 1
    return tuple(hits[index] for index in sorted(index for _, index in sorted(by_rank)[:limit]))


def cut_window(length: int, mark: tuple[int, int], max_chars: int) -> tuple[int, int]:
    """Where to cut a text of `length` to `max_chars` so that the start of the mark stays inside."""
    start, end = max(0, min(mark[0], length)), max(0, min(mark[1], length))
    room = max(0, max_chars - (end - start))
    cut_start = max(0, min(start - room // 2, length - max_chars))
    return cut_start, min(length, cut_start + max_chars)


def cut_excerpt(hit: Hit, max_chars: int) -> str:
    """At most `max_chars` characters of the excerpt, with the matched words inside."""
    cut_start, end = cut_window(len(hit.excerpt), hit.mark, max_chars)
    return hit.excerpt[cut_start:end]


def mark_text(text: str, marks: list[tuple[int, int]], max_chars: int) -> tuple[Piece, ...]:
    """Split a text into cleaned pieces, marked or not, cut around its first mark.

    An ellipsis stands where it is cut.
    """
    first = min(marks, default=(0, 0))
    cut_start, end = cut_window(len(text), first, max_chars)
    pieces = [Piece("…")] if cut_start else []
    at = cut_start
    for start, stop in sorted(marks):
        start, stop = max(start, at), min(stop, end)
        if start < stop:
            pieces += [_clean_piece(text[at:start]), _clean_piece(text[start:stop], "mark")]
            at = stop
    pieces.append(_clean_piece(text[at:end]))
    if end < len(text):
        pieces.append(Piece("…"))
    return tuple(piece for piece in pieces if piece.text)


def _clean_piece(text: str, kind: str = "") -> Piece:
    """Clean a piece; one space at an edge is kept, to separate it from its neighbour."""
    cleaned = clean_line(text, len(text))
    before = " " if text[:1].isspace() else ""
    after = " " if cleaned and text[-1:].isspace() else ""
    return Piece(before + cleaned + after, kind)
