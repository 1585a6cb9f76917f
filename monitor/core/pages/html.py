"""Bytes of a page → its tree, in time linear in the bytes whatever they hold."""

import codecs
import re
from itertools import islice, takewhile

import cchardet
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

LONGEST = 10_000_000  # characters; what lies beyond is not read
_MANY_TAGS = 5_000  # fewer cannot exhaust it, however they nest
_DEEPEST = 256  # open elements; lexbor walks through all of them for every new block
_MOST_ATTRIBUTES = 500  # of one tag; lexbor compares each new one with all others
_STRIDE = 4096  # characters; a tag with too many attributes is longer

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta\b[^<>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
# What the encoding standard of the web reads under these names.
_WEB_NAMES = {
    "iso-8859-1": "windows-1252",
    "latin-1": "windows-1252",
    "latin1": "windows-1252",
    "ascii": "windows-1252",
    "us-ascii": "windows-1252",
    "iso-8859-9": "windows-1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "tis-620": "windows-874",
}

_UNSHOWN = re.compile(r"<(script|style|!--)", re.IGNORECASE)
_CLOSING = {
    "script": re.compile("</script", re.IGNORECASE),
    "style": re.compile("</style", re.IGNORECASE),
    "!--": re.compile("-->"),
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
# No end tag needed: these never pile up, or do so only inside others that count.
_SHALLOW = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "td",
        "th",
        "tr",
        "tbody",
        "thead",
        "tfoot",
        "option",
        "optgroup",
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "param",
        "html",
        "head",
        "body",
        "path",
        "circle",
        "rect",
    ]
)
_ATTRIBUTE = re.compile(r"""[^\s=>"'/]+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?""")


def decoded(body: bytes, content_type: str | None = None) -> str:
    """The page's text: by byte order mark, UTF-8 if it is, header, meta, else by a guess.

    Bytes that are UTF-8 throughout are nothing else, whatever the header says. What cannot be
    decoded becomes U+FFFD; no charset name, however wrong, is an error.
    """
    body = body[: 4 * LONGEST]
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _decode(body[len(mark) :], name)
    if not body.isascii() and (text := _as_utf8(body)) is not None:
        return text
    for named in (_header_charset(content_type), _meta_charset(body)):
        if named and (text := _decode_strictly(body, named)) is not None:
            return text
    text = _decode_strictly(body, "utf-8")
    return text if text is not None else _decode(body, _guess(body))


def tree_of(text: str) -> LexborHTMLParser:
    """The page as lexbor reads it; a page made to exhaust the parser is cut before that place."""
    try:
        return LexborHTMLParser(_bounded(text[:LONGEST]).encode("utf-8", "replace"))
    except SelectolaxError as error:  # lexbor reads whatever it has room for
        raise MemoryError from error


# ── charsets ─────────────────────────────────────────────────────────────────────────────


def _header_charset(content_type: str | None) -> str | None:
    found = _HEADER_CHARSET.search(content_type[:1000]) if content_type else None
    return found[1] if found else None


def _meta_charset(body: bytes) -> str | None:
    found = _META_CHARSET.search(body[:4096])
    if found is None:
        return None
    name = found[1].decode("ascii", "ignore")
    return "utf-8" if name.lower().startswith(("utf-16", "utf16", "utf-32")) else name


def _codec(name: str) -> str | None:
    """A text codec for this name, as browsers understand it; None for the unknown and for zip."""
    name = _WEB_NAMES.get(name.lower(), name)
    try:
        info = codecs.lookup(name)
    except (LookupError, UnicodeError, ValueError):
        return None
    is_text = getattr(info, "_is_text_encoding", True)
    return info.name if is_text and info.name not in {"idna", "punycode", "utf-7"} else None


def _as_utf8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _decode_strictly(body: bytes, name: str) -> str | None:
    codec = _codec(name)
    if codec is None:
        return None
    try:
        return body.decode(codec)
    except (UnicodeError, ValueError):
        return _nearly(body, codec)


def _nearly(body: bytes, codec: str) -> str | None:
    """A few bad bytes do not make another charset."""
    text = _decode(body, codec)
    return text if text.count("\ufffd") <= len(text) // 1000 + 2 else None


def _decode(body: bytes, codec: str) -> str:
    return body.decode(codec, "replace")


def _guess(body: bytes) -> str:
    named = cchardet.detect(body[:200_000]).get("encoding")
    return (_codec(named) if named else None) or "windows-1252"


# ── what would exhaust a parser ──────────────────────────────────────────────────────────


def _bounded(text: str) -> str:
    if text.count("<") > _MANY_TAGS:
        text = text[: _depth_limit(text)]
    if _flood(text) is None:
        return text
    shown = _shown(text)  # a comparison in a script looks like the start of a tag
    flood = _flood(shown)
    return text if flood is None else shown[:flood]


def _shown(text: str) -> str:
    """Without scripts, styles and comments."""
    pieces = []
    at = 0
    for opening in _UNSHOWN.finditer(text):
        if opening.start() >= at:
            pieces.append(text[at : opening.start()])
            closing = _CLOSING[opening[1].lower()].search(text, opening.end())
            at = closing.end() if closing else len(text)
    return "".join([*pieces, text[at:]])


def _depth_limit(text: str) -> int:
    """Where the page becomes deeper than any honest one; its length if it never does."""
    depth = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() not in _SHALLOW:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            if depth > _DEEPEST:
                return tag.start()
    return len(text)


def _flood(text: str) -> int | None:
    """Where the first tag with more attributes than any honest one has begins."""
    at = 0
    while at < len(text):
        close = text.find(">", at, at + _STRIDE)
        start = -1 if close >= 0 else text.rfind("<", max(0, at - _STRIDE), at + _STRIDE)
        if start >= 0 and _is_flooded(text, start):
            return start
        at += _STRIDE
    return None


def _is_flooded(text: str, start: int) -> bool:
    tag = _TAG.match(text, start)
    if tag is None:
        return False
    attributes = _ATTRIBUTE.finditer(text, tag.end(), start + 100 * _STRIDE)
    end = text.find(">", start)
    inside = takewhile(lambda one: end < 0 or one.start() < end, attributes)
    return sum(1 for _ in islice(inside, _MOST_ATTRIBUTES + 1)) > _MOST_ATTRIBUTES
