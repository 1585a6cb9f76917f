"""Splits text into sentences by rules for English and Spanish, in time linear in the text.

A stop ends a sentence unless it belongs to an abbreviation, an initial or a number.
"""

import re

_PARAGRAPH_END = re.compile(r"\n\s*\n")
_STOP = re.compile(r"[.!?…]++[\"'”’»)\]]*+")
_OPENERS = "\"'“‘«([¿¡—–-"
_ABBREVIATION_WINDOW = 8  # characters before a stop in which an abbreviation is looked for


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Titles and parts of place names. A name follows, so their stop never ends a sentence.
_NAME_PREFIXES = _words("""
    Mr Mrs Ms Dr St Mt Ft Gen Col Sgt Capt Cmdr Lt Maj Adm Rev Hon Prof Gov Sen Rep Pres Supt
    Messrs vs Sr Sra Sres Sras Srta Dra Dña Gral Cnel Tte Lic Ing Arq Fco Avda Ud Uds EE
""")
# Abbreviations only where a digit follows: "No. 5", "Nov. 3".
_NUMBER_PREFIXES = _words("""
    no nos fig vol pp p approx jan feb mar apr jun jul aug sep sept oct nov dec
    núm pág págs art arts cap tel
""")
# These may precede a name ("U.S. Senate") or end a sentence ("in the U.S. The …"): the next word
# decides.
_AMBIGUOUS = _words("u.s u.k u.n e.u d.c a.m p.m uu ee.uu inc corp co ltd jr etc s.a bros")
_SENTENCE_STARTERS = _words("""
    the a an it its he she they we i you his her their this that these those there but and in on
    at as for if when while after before since although however meanwhile what who why how
    el la los las lo un una unos unas su sus este esta estos estas ese esa esto en con por para
    pero y si no se según tras cuando mientras además aunque también sin desde al
""")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) character offsets of each sentence, in order, white space trimmed.

    An empty line ends a sentence; a single line break does not.
    """
    spans = []
    start = 0
    for end in _sentence_ends(text):
        first, last = _trim_white_space(text, start, end)
        if first < last:
            spans.append((first, last))
        start = end
    return spans


def _sentence_ends(text: str) -> list[int]:
    ends = [stop.end() for stop in _STOP.finditer(text) if _is_end(text, stop)]
    ends += [gap.end() for gap in _PARAGRAPH_END.finditer(text)]
    return [*sorted(ends), len(text)]


def _trim_white_space(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    return first, max(first, start + len(piece.rstrip()))


def _is_end(text: str, stop: re.Match[str]) -> bool:
    following = text[stop.end() : stop.end() + 24]
    if not following[:1].isspace():
        return False
    following = following.lstrip().lstrip(_OPENERS)
    if following[:1].islower():
        return False
    return stop.group() != "." or not _is_abbreviation(text, stop.start(), following)


def _is_abbreviation(text: str, stop: int, following: str) -> bool:
    before = text[max(0, stop - _ABBREVIATION_WINDOW) : stop]
    word = (before.split() or [""])[-1].lstrip(_OPENERS)
    if len(word) == 1 and word.isupper():
        return True  # an initial: George W. Bush
    if word in _NAME_PREFIXES:
        return True
    word = word.casefold()
    if word in _NUMBER_PREFIXES:
        return following[:1].isdigit()
    return word in _AMBIGUOUS and not _starts_sentence(following)


def _starts_sentence(following: str) -> bool:
    word = (following.split() or [""])[0]
    return word.casefold().rstrip(",") in _SENTENCE_STARTERS
