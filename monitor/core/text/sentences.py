"""Where the sentences of a text stand. English and Spanish; linear in the text."""

import re

_PARAGRAPH_END = re.compile(r"\n\s*\n")
_STOP = re.compile(r"[.!?…]++[\"'”’»)\]]*+")
_OPENERS = "\"'“‘«([¿¡—–-"
_LONGEST_ABBREVIATION = 8  # characters before the stop that are looked at


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A name follows these, so they never end a sentence.
_TITLES = _words("""
    Mr Mrs Ms Dr St Mt Ft Gen Col Sgt Capt Cmdr Lt Maj Adm Rev Hon Prof Gov Sen Rep Pres Supt
    Messrs vs Sr Sra Sres Sras Srta Dra Dña Gral Cnel Tte Lic Ing Arq Fco Avda Ud Uds EE
""")
_BEFORE_NUMBERS = _words("""
    no nos fig vol pp p approx jan feb mar apr jun jul aug sep sept oct nov dec
    núm pág págs art arts cap tel
""")
# These may stand before a name ("U.S. Senate") or end a sentence ("in the U.S. The …").
_ENDINGS = _words("u.s u.k u.n e.u d.c a.m p.m uu ee.uu inc corp co ltd jr etc s.a bros")
_STARTERS = _words("""
    the a an it its he she they we i you his her their this that these those there but and in on
    at as for if when while after before since although however meanwhile what who why how
    el la los las lo un una unos unas su sus este esta estos estas ese esa esto en con por para
    pero y si no se según tras cuando mientras además aunque también sin desde al
""")


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences as (start, end) offsets, in order, without the white space around them.

    An empty line ends a sentence; a single line break does not.
    """
    found = []
    start = 0
    for end in _ends(text):
        first, last = _trimmed(text, start, end)
        if first < last:
            found.append((first, last))
        start = end
    return found


def _ends(text: str) -> list[int]:
    ends = [stop.end() for stop in _STOP.finditer(text) if _is_end(text, stop)]
    ends += [gap.end() for gap in _PARAGRAPH_END.finditer(text)]
    return [*sorted(ends), len(text)]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
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
    before = text[max(0, stop - _LONGEST_ABBREVIATION) : stop]
    word = (before.split() or [""])[-1].lstrip(_OPENERS)
    if len(word) == 1 and word.isupper():
        return True  # an initial: George W. Bush
    if word in _TITLES:
        return True
    word = word.casefold()
    if word in _BEFORE_NUMBERS:
        return following[:1].isdigit()
    return word in _ENDINGS and not _starts_sentence(following)


def _starts_sentence(following: str) -> bool:
    word = (following.split() or [""])[0]
    return word.casefold().rstrip(",") in _STARTERS
