"""Cleans untrusted text and turns HTML fragments into plain text.

Applied once, where text enters the program. Every function accepts any string without raising and
takes time linear in its length. Does not parse whole pages: that is `core/pages/html.py`.
"""

import html
import re
import unicodedata
from collections.abc import Iterator

_MAX_MARKS = 4  # combining marks on one character; Vietnamese needs 2, pointed Hebrew 3
_RAW_FACTOR = 4  # raw characters read per character of the limit: white space and tags shrink

# Invisible characters that break terminals, mail headers, JSON, matching or the reading order:
# controls other than white space, soft hyphens, bidi marks and overrides, zero-width spaces, byte
# order marks, annotation marks, non-characters. ZWJ and ZWNJ stay: Persian and emoji need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff]+"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# A run long enough to hold too many marks: combining marks are neither \w nor \s.
_MARK_RUN = re.compile(rf"[^\w\s\x00-\x7f]{{{_MAX_MARKS + 1},}}")
_LINE_BREAK = re.compile(r"\r\n?|[\n\v\f\x85\u2028]")
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_BLANKS = re.compile(r"[^\S\n]+")


def clean_line(text: str, limit: int) -> str:
    """Return `text` as one line of NFC, white space collapsed, at most `limit` characters."""
    return " ".join(_clean_characters(text, limit).split())[:limit].rstrip()


def clean_text(text: str, limit: int) -> str:
    """Return `text` in NFC with its line breaks, at most `limit` characters.

    White space within a line collapses; any number of empty lines between paragraphs becomes one.
    """
    text = _clean_characters(text, limit)
    if "  " in text or not _is_printable(text):
        text = _BLANKS.sub(" ", _LINE_BREAK.sub("\n", text).replace("\u2029", "\n\n"))
    text = _EMPTY_LINES.sub("\n\n", text)
    return text.replace("\n ", "\n").replace(" \n", "\n").strip()[:limit].rstrip()


def strip_unstorable(text: str, limit: int) -> str:
    """Return markup unchanged except for NUL and surrogates, which SQLite and UTF-8 refuse."""
    return _join_surrogates(text[:limit]).replace("\0", "")


def _clean_characters(text: str, limit: int) -> str:
    text = text[: _RAW_FACTOR * limit]
    if not _is_printable(text):
        text = _INVISIBLE.sub("", _join_surrogates(text))
    if text.isascii():
        return text
    # Before normalizing: NFC sorts the marks of a character in time quadratic in their number.
    return unicodedata.normalize("NFC", _MARK_RUN.sub(_limit_marks, text))


def _is_printable(text: str) -> bool:
    """Whether `text` has no white space but spaces and line feeds, and no invisible character."""
    return text.replace("\n", "").isprintable()


def _join_surrogates(text: str) -> str:
    """Join surrogate pairs into the character that they encode; drop lone surrogates."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _limit_marks(run: re.Match[str]) -> str:
    """Drop the combining marks beyond `_MAX_MARKS` of each character."""
    characters = []
    marks = 0
    for character in run[0]:
        category = unicodedata.category(character)
        if category[0] == "M":
            marks += 1
        elif category != "Cf":  # a joiner between two marks does not reset the count
            marks = 0
        if marks <= _MAX_MARKS:
            characters.append(character)
    return "".join(characters)


# ── HTML fragments ───────────────────────────────────────────────────────────────────────
# A scanner, not a tree: HTML parsers take time quadratic in the depth (lexbor: 200 s for a
# megabyte of <div>), and nothing here depends on the nesting of elements.

_TAG = re.compile(r"<(?:(!--)|[!?]|(/?)([a-zA-Z][a-zA-Z0-9]*))")
# A quoted value may contain ">". Linear: each quoted alternative fails at most once in a text,
# since it fails only when no closing quote follows.
_ATTRIBUTES = re.compile(r"""(?:[^=>]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+""")
_SPACES = re.compile(r"\s+")


def _name_set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_HIDDEN_ELEMENTS = _name_set("script style template iframe object noembed noframes")
_BLOCK_ELEMENTS = _name_set("""
    address article aside blockquote body dd details div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead
    tr ul
""")
_SEPARATORS = dict.fromkeys(_BLOCK_ELEMENTS, "\n\n") | {"br": "\n", "td": " ", "th": " "}


def html_to_text(markup: str, limit: int) -> str:
    """Return the text of an HTML fragment, at most `limit` characters.

    Paragraphs are separated by an empty line. A fragment without tags keeps its line breaks.
    """
    if "<" not in markup:
        return clean_text(html.unescape(markup[: 2 * _RAW_FACTOR * limit]), limit)
    pieces = []
    length = 0
    for piece in _pieces(markup):
        pieces.append(piece)
        length += len(piece)
        if length > _RAW_FACTOR * limit:
            break
    return clean_text("".join(pieces), limit)


def _pieces(markup: str) -> Iterator[str]:
    """Yield the text between tags, and the white space that stands for each tag."""
    position = 0
    while tag := _TAG.search(markup, position):
        if tag.start() > position:
            yield _decode_text(markup[position : tag.start()])
        name = (tag[3] or "").lower()
        yield _SEPARATORS.get(name, "")
        position = _find_markup_end(markup, tag, name)
    yield _decode_text(markup[position:])


def _decode_text(raw: str) -> str:
    return html.unescape(_SPACES.sub(" ", raw))


def _find_markup_end(markup: str, tag: re.Match[str], name: str) -> int:
    """Return the offset just past a tag or comment, or past the content of a hidden element."""
    if tag[1]:
        closing_mark = markup.find("-->", tag.end())
        return len(markup) if closing_mark < 0 else closing_mark + len("-->")
    attributes = _ATTRIBUTES.match(markup, tag.end())
    assert attributes is not None  # the pattern also matches the empty string
    end = min(attributes.end() + 1, len(markup))
    if name not in _HIDDEN_ELEMENTS or tag[2] or markup[end - 2 : end] == "/>":
        return end
    closing = re.compile(f"</{name}", re.IGNORECASE).search(markup, end)
    return closing.start() if closing else len(markup)
