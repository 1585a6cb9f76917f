"""Untrusted text, cleaned once at the door: no controls, no tricks of direction, no piles of marks.

Every function is total and linear: garbage gives less text, never an error.
"""

import re
from unicodedata import category, normalize

from selectolax.lexbor import LexborHTMLParser

MARKS = 4  # combining marks that one character may carry; no living script needs more

_REMOVED = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # C0 and C1, without what separates words or lines
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # no characters at all
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, embeddings, overrides
    "\u00ad\u200b\u2060\ufeff\U000e0000-\U000e007f"  # invisible: they split and hide words
    "]+"
)
_NOT_IN_HTML = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_LONG_RUN = re.compile(r"[^\w\s\x21-\x7e]{%d,}" % (MARKS + 1))  # marks are no \w

_DROPPED = ["script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head"]
_BLOCKS = (
    "p,div,li,ul,ol,dl,dt,dd,h1,h2,h3,h4,h5,h6,blockquote,pre,table,tr,hr,section,article,"
    "header,footer,main,aside,nav,figure,figcaption,address,details,summary,form,fieldset"
)


def clean_line(text: str, limit: int) -> str:
    """One line of at most `limit` characters: NFC, white space folded, nothing invisible."""
    return _cut(" ".join(_safe(text).split()), limit)


def clean_text(text: str, limit: int) -> str:
    """As `clean_line`, with its line breaks and at most one empty line in a row kept."""
    folded = _BLANKS.sub(" ", _safe(text))
    lines = "\n".join(line.strip() for line in folded.split("\n"))
    return _cut(_BLANK_LINES.sub("\n\n", lines).strip(), limit)


def plain(html: str, limit: int) -> str:
    """What a reader sees of a piece of HTML: paragraphs, separated by an empty line."""
    if "<" not in html and "&" not in html:
        return "\n\n".join(filter(None, [clean_line(html, limit)]))
    tree = LexborHTMLParser(" ".join(clean_html(html).split()), is_fragment=True)
    tree.strip_tags(_DROPPED)
    for line_break in tree.css("br"):
        line_break.insert_after("\n")
    for block in tree.css(_BLOCKS):
        block.insert_before("\n\n")
        block.insert_after("\n\n")
    return clean_text(tree.text(), limit)


def clean_html(html: str) -> str:
    """The markup without the characters no document may hold; nothing else is judged."""
    return _NOT_IN_HTML.sub("", html)


def _safe(text: str) -> str:
    text = _REMOVED.sub("", _BREAKS.sub("\n", text))
    if text.isascii():
        return text
    # Thinned before it is composed: normalising a long pile costs the square of its height.
    return normalize("NFC", _LONG_RUN.sub(_thinned, text))


def _thinned(run: re.Match[str]) -> str:
    kept: list[str] = []
    pile = 0
    for character in run[0]:
        pile = pile + 1 if category(character) in {"Mn", "Me"} else 0
        if pile <= MARKS:
            kept.append(character)
    return "".join(kept)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rstrip()
