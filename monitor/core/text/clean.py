"""Text cleaned once, at the door. Total, linear in the text, and idempotent but for mark piles."""

import html
import re
import unicodedata
from collections.abc import Iterator

_LONGEST_PILE = 4  # combining marks on one character; Vietnamese needs 2, pointed Hebrew 3
_SLACK = 4  # how much longer than its limit a raw text may be, before white space is folded

# Nobody sees these, and they break terminals, mail headers, JSON, matching or the reading order:
# controls but white space, soft hyphens, bidi marks and overrides, zero-width spaces, byte order
# marks, annotation marks, non-characters. ZWJ and ZWNJ stay: Persian and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff]+"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_RARE = re.compile(rf"[^\w\s\x00-\x7f]{{{_LONGEST_PILE + 1},}}")  # marks are neither \w nor \s
_BREAK = re.compile(r"\r\n?|[\n\v\f\x85\u2028]")
_PARAGRAPH = re.compile(r"\n(?:[^\S\n]*\n)+")
_BLANKS = re.compile(r"[^\S\n]+")


def clean_line(text: str, limit: int) -> str:
    """One line of NFC text, white space folded, at most `limit` characters."""
    return " ".join(_seen(text, limit).split())[:limit].rstrip()


def clean_text(text: str, limit: int) -> str:
    """The same with its line breaks; an empty line ends a paragraph, and one is enough."""
    text = _seen(text, limit)
    if "  " in text or not _is_printable(text):
        text = _BLANKS.sub(" ", _BREAK.sub("\n", text).replace("\u2029", "\n\n"))
    text = _PARAGRAPH.sub("\n\n", text)
    return text.replace("\n ", "\n").replace(" \n", "\n").strip()[:limit].rstrip()


def storable(text: str, limit: int) -> str:
    """Markup as it came, but for NUL and surrogates, which SQLite and UTF-8 refuse."""
    return _whole_characters(text[:limit]).replace("\0", "")


def _seen(text: str, limit: int) -> str:
    text = text[: _SLACK * limit]
    if not _is_printable(text):
        text = _UNSEEN.sub("", _whole_characters(text))
    if text.isascii():
        return text
    # Before normalising: canonical ordering of a pile takes time quadratic in its height.
    return unicodedata.normalize("NFC", _RARE.sub(_without_piles, text))


def _is_printable(text: str) -> bool:
    """But for line feeds: then no white space is in it but spaces, and nothing that is unseen."""
    return text.replace("\n", "").isprintable()


def _whole_characters(text: str) -> str:
    """Pairs of surrogates become the character they mean; single ones go."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _without_piles(run: re.Match[str]) -> str:
    kept = []
    height = 0
    for character in run[0]:
        category = unicodedata.category(character)
        if category[0] == "M":
            height += 1
        elif category != "Cf":  # a joiner between two marks starts no new pile
            height = 0
        if height <= _LONGEST_PILE:
            kept.append(character)
    return "".join(kept)


# ── HTML fragments ───────────────────────────────────────────────────────────────────────
# A scanner, not a tree: HTML parsers take time quadratic in the depth (lexbor: 200 s for a
# megabyte of <div>), and nothing here needs to know what is inside what.

_TAG = re.compile(r"<(?:(!--)|[!?]|(/?)([a-zA-Z][a-zA-Z0-9]*))")
# A quoted value may hold ">". Each of the two alternatives can fail only once in a text: when it
# does, no such quote follows.
_ATTRIBUTES = re.compile(r"""(?:[^=>]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+""")
_SPACES = re.compile(r"\s+")


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_HIDDEN = _names("script style template iframe object noembed noframes")
_BLOCKS = _names("""
    address article aside blockquote body dd details div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead
    tr ul
""")
_GAPS = dict.fromkeys(_BLOCKS, "\n\n") | {"br": "\n", "td": " ", "th": " "}


def plain(markup: str, limit: int) -> str:
    """The text of an HTML fragment, at most `limit` characters, an empty line between paragraphs.

    Without any tag, the line breaks of the text are kept.
    """
    if "<" not in markup:
        return clean_text(html.unescape(markup[: 2 * _SLACK * limit]), limit)
    pieces = []
    length = 0
    for piece in _pieces(markup):
        pieces.append(piece)
        length += len(piece)
        if length > _SLACK * limit:
            break
    return clean_text("".join(pieces), limit)


def _pieces(markup: str) -> Iterator[str]:
    at = 0
    while tag := _TAG.search(markup, at):
        if tag.start() > at:
            yield _text(markup[at : tag.start()])
        name = (tag[3] or "").lower()
        yield _GAPS.get(name, "")
        at = _end(markup, tag, name)
    yield _text(markup[at:])


def _text(raw: str) -> str:
    return html.unescape(_SPACES.sub(" ", raw))


def _end(markup: str, tag: re.Match[str], name: str) -> int:
    """Where the tag, the comment, or an element that is not shown, ends."""
    if tag[1]:
        return _after(markup, "-->", tag.end())
    attributes = _ATTRIBUTES.match(markup, tag.end())
    assert attributes is not None  # it may be empty
    end = min(attributes.end() + 1, len(markup))
    if name not in _HIDDEN or tag[2] or markup[end - 2 : end] == "/>":
        return end
    closing = re.compile(f"</{name}", re.IGNORECASE).search(markup, end)
    return closing.start() if closing else len(markup)


def _after(markup: str, mark: str, start: int) -> int:
    found = markup.find(mark, start)
    return len(markup) if found < 0 else found + len(mark)
