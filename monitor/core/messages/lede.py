"""The lede: the first two sentences of an article, at most 300 characters."""

from monitor.core.messages.excerpts import Piece, mark_text
from monitor.core.text import clean_line, sentences
from monitor.model import Hit, Place

MAX_SENTENCES = 2
MAX_CHARS = 300


def lede_span(text: str, title: str = "") -> tuple[int, int]:
    """Span of the first sentences in `text`, without a first one that repeats the title."""
    found = sentences(text)
    if found and _same(text[slice(*found[0])], title):
        found = found[1:]
    if not found:
        return 0, 0
    start, end = found[0]
    for _, later in found[1:MAX_SENTENCES]:
        if later - start <= MAX_CHARS:
            end = later
    return start, end


def lede(text: str, title: str = "", max_chars: int = MAX_CHARS) -> str:
    """The first sentences on one line, cut with an ellipsis if the first is too long."""
    start, end = lede_span(text, title)
    line = clean_line(text[start:end], len(text))
    if len(line) <= max_chars:
        return line
    cut = line[: max_chars - 2]
    return f"{cut.rpartition(' ')[0] or cut} …"


def mark_lede(text: str, title: str, hits: tuple[Hit, ...]) -> tuple[Piece, ...]:
    """The lede in pieces, with the matched words marked; offsets of `hits` are those of `text`."""
    start, end = lede_span(text, title)
    marks = [
        (hit.start - start, hit.end - start)
        for hit in hits
        if hit.place is Place.BODY and start <= hit.start and hit.end <= end
    ]
    if end - start > MAX_CHARS:
        return (Piece(lede(text, title)),) if end else ()
    return mark_text(text[start:end], marks, MAX_CHARS) if end else ()


def _same(sentence: str, title: str) -> bool:
    return sentence.strip(" .!?…").casefold() == title.strip(" .!?…").casefold()
