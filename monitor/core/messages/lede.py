"""How an article begins: its first two sentences, at most 300 characters."""

from monitor.core.messages.excerpts import Piece, marked
from monitor.core.text import clean_line, sentences
from monitor.model import Hit, Place

SENTENCES = 2
LETTERS = 300


def lede_span(text: str, title: str = "") -> tuple[int, int]:
    """Where the first sentences stand in `text`; without a first one that repeats the title."""
    found = sentences(text)
    if found and _same(text[slice(*found[0])], title):
        found = found[1:]
    if not found:
        return 0, 0
    start, end = found[0]
    for _, later in found[1:SENTENCES]:
        if later - start <= LETTERS:
            end = later
    return start, end


def lede(text: str, title: str = "", letters: int = LETTERS) -> str:
    """The first sentences on one line; an ellipsis where a sentence is too long."""
    start, end = lede_span(text, title)
    line = clean_line(text[start:end], len(text))
    if len(line) <= letters:
        return line
    cut = line[: letters - 2]
    return f"{cut.rpartition(' ')[0] or cut} …"


def marked_lede(text: str, title: str, hits: tuple[Hit, ...]) -> tuple[Piece, ...]:
    """The same in pieces, with the words that matched in it; offsets of hits are the text's."""
    start, end = lede_span(text, title)
    marks = [
        (hit.start - start, hit.end - start)
        for hit in hits
        if hit.place is Place.BODY and start <= hit.start and hit.end <= end
    ]
    if end - start > LETTERS:
        return (Piece(lede(text, title)),) if end else ()
    return marked(text[start:end], marks, LETTERS) if end else ()


def _same(sentence: str, title: str) -> bool:
    return sentence.strip(" .!?…").casefold() == title.strip(" .!?…").casefold()
