"""The bytes of a feed before a parser sees them: what is none, its charset, mends, bounds."""

import codecs
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from monitor.core.dates import parse_instant

_BOMS = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"SQLite format 3": "a database",
    b"\x7fELF": "a program",
}
_HTML = re.compile(
    rb"(?:<\?[^>]*>|<!--.{0,5000}?-->|\s)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_WIDE = re.compile(rb"encoding\s*=\s*[\"'](?:utf|ucs)-?_?(?:16|32|2|4)", re.IGNORECASE)
_CONTROLS = bytes({*range(0x20)} - {0x09, 0x0A, 0x0D})

_MOST_UNCLOSED = 200_000  # an honest feed has some <br> in its CDATA
_MOST_ATTRIBUTES = 1_000
_MOST_AMPERSANDS = 20_000  # "&&"; feedparser takes seconds for a megabyte of them
_LONG_TAG = re.compile(rb"<[a-zA-Z][^<>]{10000,}")

# References to what is no character: controls, surrogates, beyond Unicode. None is worth a feed.
_NO_CHARACTER = re.compile(
    rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef]|[1-9a-f][0-9a-f]{5,})(?![0-9a-f])"
    rb"|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|5529[6-9]|55[3-9][0-9]{2}|56[0-9]{3}|57[0-2][0-9]{2}"
    rb"|573[0-3][0-9]|5734[0-3]|6553[45]|[1-9][0-9]{6,})(?![0-9]));?",
    re.IGNORECASE,
)

_ITEM = re.compile(rb"<(?:[\w.-]{1,30}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_LAST_END = re.compile(rb"</(?:[\w.-]{1,30}:)?(?:item|entry)\s*>", re.IGNORECASE)
_STAMP = re.compile(
    rb"<(?:pubdate|dc:date|published|issued|updated)>\s*([^<]{1,100})<", re.IGNORECASE
)
_PREFIXED_ROOT = re.compile(rb"<rss:(?:rss|rdf|channel)[\s>]", re.IGNORECASE)
_PREFIX = re.compile(rb"<(/?)rss:")
# Words about a picture or for another shop, which feedparser takes for the entry's own; and places,
# over which it stumbles. Renamed, they are elements it does not know.
_OTHERS = re.compile(
    rb"<(/?)(?:(media|itunes):(title|description|summary|subtitle)\b|(georss|gml):([a-z]))", re.I
)
# feedparser's author expression takes time quadratic in its input.
_LONG_NAME = re.compile(
    rb"(<(?:[\w.-]{1,30}:)?(?:author|creator|managingeditor|webmaster|publisher|contributor|name|owner|email)"
    rb"(?:\s[^<>]{0,500})?>\s{0,100}(?:<!\[CDATA\[)?[^<\]]{500})[^<\]]+",
    re.IGNORECASE,
)


def refused(body: bytes) -> str | None:
    """Why these bytes cannot be a feed; None if they may be one."""
    if not body.strip(_BOMS):
        return "not a feed: empty body"
    for magic, name in _MAGIC.items():
        if body.startswith(magic):
            return f"not a feed: {name}"
    if body.count(b"<") - 2 * body.count(b"</") - body.count(b"/>") > _MOST_UNCLOSED:
        return f"not a feed: more than {_MOST_UNCLOSED:,} tags are never closed"
    if body.count(b"&&") > _MOST_AMPERSANDS:
        return f"not a feed: more than {_MOST_AMPERSANDS:,} ampersands that begin nothing"
    if any(found[0].count(b"=") > _MOST_ATTRIBUTES for found in _LONG_TAG.finditer(body)):
        return f"not a feed: a tag with more than {_MOST_ATTRIBUTES:,} attributes"
    if _HTML.match(body[:20_000].replace(b"\0", b"").lstrip(_BOMS)):
        return "not a feed: an HTML page"
    return None


def announced_encoding(body: bytes, content_type: str | None) -> str:
    """A Content-Type for feedparser. Bytes that are UTF-8 are so, whatever was announced."""
    charset = _CHARSET.search(content_type[:1000]) if content_type else None
    lies = b"\0" not in body[:200] and _WIDE.search(body[:200])
    if lies or (not body.isascii() and _is_utf8(body)):
        return "application/xml; charset=utf-8"
    return f"application/xml; charset={charset[1]}" if charset else "application/xml"


def has_prefixed_root(body: bytes) -> bool:
    """Whether `<rss:…` or its like stands anywhere."""
    return _PREFIXED_ROOT.search(body) is not None


def mended(body: bytes) -> bytes:
    """What makes feedparser fail or confuse its fields, undone."""
    if _PREFIXED_ROOT.search(body[:5_000]):
        body = _PREFIX.sub(rb"<\1", body)
    if not body.isascii() and _is_utf8(body):
        body = body.decode("utf-8", "replace").encode()
    if b"\0" not in body[:200]:
        body = body.translate(None, _CONTROLS)
    body = _NO_CHARACTER.sub(b"", body)
    body = _OTHERS.sub(rb"<\1\2\4:own-\3\5", body)
    return _LONG_NAME.sub(rb"\1", body)


def starts_of(body: bytes) -> list[int]:
    """Where entries seem to start."""
    return [found.start() for found in _ITEM.finditer(body)]


def within_bounds(body: bytes, starts: Sequence[int], most: int) -> tuple[bytes, list[str]]:
    """The bytes without the entries beyond the newest `most`, and a line that says so.

    Feeds run from the new to the old, unless their first and last stamps say otherwise.
    """
    if len(starts) <= most:
        return body, []
    end = max((found.end() for found in _LAST_END.finditer(body, starts[-1])), default=len(body))
    if _stamp(body[starts[0] : starts[1]]) < _stamp(body[starts[-1] : end]):
        kept = body[: starts[0]] + body[starts[-most] :]
    else:
        kept = body[: starts[most]] + body[end:]
    return kept, [f"{len(starts) - most:,} entries beyond the newest {most:,}"]


def _stamp(item: bytes) -> datetime:
    found = _STAMP.search(item)
    read = parse_instant(found[1].decode("ascii", "replace")) if found else None
    return read or datetime.min.replace(tzinfo=UTC)


def _is_utf8(body: bytes) -> bool:
    """Nearly: one bad byte must not turn a whole feed into windows-1252."""
    text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong == 0 or body.startswith(codecs.BOM_UTF8) or len(body) - len(text) > 2 * wrong
