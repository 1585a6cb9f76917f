"""Decodes and parses HTML pages in time linear in their size, whatever they contain.

Detects the charset, and cuts pages whose nesting or attributes would make the parser take
quadratic time.
"""

import codecs
import re
from itertools import islice, takewhile

import cchardet
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

MAX_LENGTH = 10_000_000  # characters; the rest is ignored
_MAX_UNCHECKED_TAGS = 5_000  # fewer tags cannot exhaust the parser, however they nest
_MAX_DEPTH = 256  # open elements; lexbor walks through all of them for every new block
_MAX_ATTRIBUTES = 500  # of one tag; lexbor compares each new one with all others
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
# Names that browsers read as another charset (WHATWG Encoding Standard).
_WEB_ALIASES = {
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

_HIDDEN_START = re.compile(r"<(script|style|!--)", re.IGNORECASE)
_HIDDEN_END = {
    "script": re.compile("</script", re.IGNORECASE),
    "style": re.compile("</style", re.IGNORECASE),
    "!--": re.compile("-->"),
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
# Elements that need no end tag: they do not nest, or only inside others that count.
_NOT_NESTING = frozenset(
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


def decode_html(body: bytes, content_type: str | None = None) -> str:
    """Decode a page by byte order mark, valid UTF-8, header charset, meta charset, or detection.

    Valid UTF-8 overrides a declared charset. Undecodable bytes become U+FFFD; an unknown charset
    name is ignored.
    """
    body = body[: 4 * MAX_LENGTH]
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _decode(body[len(mark) :], name)
    if not body.isascii() and (text := _as_utf8(body)) is not None:
        return text
    for declared in (_header_charset(content_type), _meta_charset(body)):
        if declared and (text := _decode_strictly(body, declared)) is not None:
            return text
    text = _decode_strictly(body, "utf-8")
    return text if text is not None else _decode(body, _detect_charset(body))


def parse_html(text: str) -> LexborHTMLParser:
    """Parse a page with lexbor; a page that would exhaust the parser is cut before that point.

    Raises:
        MemoryError: the parser ran out of memory.
    """
    try:
        return LexborHTMLParser(_limit_markup(text[:MAX_LENGTH]).encode("utf-8", "replace"))
    except SelectolaxError as error:  # lexbor accepts any text, so it can only lack memory
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
    """Return the codec for a charset name as browsers read it; None if unknown or not of text."""
    name = _WEB_ALIASES.get(name.lower(), name)
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
        return _decode_nearly(body, codec)


def _decode_nearly(body: bytes, codec: str) -> str | None:
    """Decode with a few replacements; None if there are too many for this to be the charset."""
    text = _decode(body, codec)
    return text if text.count("\ufffd") <= len(text) // 1000 + 2 else None


def _decode(body: bytes, codec: str) -> str:
    return body.decode(codec, "replace")


def _detect_charset(body: bytes) -> str:
    detected = cchardet.detect(body[:200_000]).get("encoding")
    return (_codec(detected) if detected else None) or "windows-1252"


# ── limits that protect the parser ───────────────────────────────────────────────────────


def _limit_markup(text: str) -> str:
    if text.count("<") > _MAX_UNCHECKED_TAGS:
        text = text[: _find_depth_limit(text)]
    if _find_attribute_flood(text) is None:
        return text
    visible = _strip_hidden(text)  # a "<" in a script looks like the start of a tag
    flood = _find_attribute_flood(visible)
    return text if flood is None else visible[:flood]


def _strip_hidden(text: str) -> str:
    """Remove scripts, styles and comments."""
    pieces = []
    position = 0
    for opening in _HIDDEN_START.finditer(text):
        if opening.start() >= position:
            pieces.append(text[position : opening.start()])
            closing = _HIDDEN_END[opening[1].lower()].search(text, opening.end())
            position = closing.end() if closing else len(text)
    return "".join([*pieces, text[position:]])


def _find_depth_limit(text: str) -> int:
    """Return the offset where nesting exceeds `_MAX_DEPTH`; the length if it never does."""
    depth = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() not in _NOT_NESTING:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            if depth > _MAX_DEPTH:
                return tag.start()
    return len(text)


def _find_attribute_flood(text: str) -> int | None:
    """Return the offset of the first tag with more than `_MAX_ATTRIBUTES`; None if none."""
    position = 0
    while position < len(text):
        end = position + _STRIDE
        close = text.find(">", position, end)
        start = -1 if close >= 0 else text.rfind("<", max(0, position - _STRIDE), end)
        if start >= 0 and _has_too_many_attributes(text, start):
            return start
        position += _STRIDE
    return None


def _has_too_many_attributes(text: str, start: int) -> bool:
    tag = _TAG.match(text, start)
    if tag is None:
        return False
    attributes = _ATTRIBUTE.finditer(text, tag.end(), start + 100 * _STRIDE)
    end = text.find(">", start)
    inside = takewhile(lambda attribute: end < 0 or attribute.start() < end, attributes)
    return sum(1 for _ in islice(inside, _MAX_ATTRIBUTES + 1)) > _MAX_ATTRIBUTES
