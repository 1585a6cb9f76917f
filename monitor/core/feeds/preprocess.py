"""Prepares feed bytes for parsing: rejects what is no feed, fixes charset and markup, limits size.

Works on raw bytes, since it runs before any parser; works around what makes feedparser fail, mix up
fields or take quadratic time.
"""

import codecs
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from monitor.core.dates import parse_instant

_LEADING_BYTES = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
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
_WIDE_ENCODING = re.compile(rb"encoding\s*=\s*[\"'](?:utf|ucs)-?_?(?:16|32|2|4)", re.IGNORECASE)
_CONTROLS = bytes({*range(0x20)} - {0x09, 0x0A, 0x0D})

_MAX_UNCLOSED_TAGS = 200_000  # real feeds have some <br> in their CDATA
_MAX_ATTRIBUTES = 1_000
_MAX_AMPERSAND_PAIRS = 20_000  # feedparser takes seconds for a megabyte of "&&"
_LONG_TAG = re.compile(rb"<[a-zA-Z][^<>]{10000,}")

# References to controls, surrogates and numbers beyond Unicode: parsers reject a feed with one.
_INVALID_REFERENCE = re.compile(
    rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef]|[1-9a-f][0-9a-f]{5,})(?![0-9a-f])"
    rb"|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|5529[6-9]|55[3-9][0-9]{2}|56[0-9]{3}|57[0-2][0-9]{2}"
    rb"|573[0-3][0-9]|5734[0-3]|6553[45]|[1-9][0-9]{6,})(?![0-9]));?",
    re.IGNORECASE,
)

_ENTRY_START = re.compile(rb"<(?:[\w.-]{1,30}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_ENTRY_END = re.compile(rb"</(?:[\w.-]{1,30}:)?(?:item|entry)\s*>", re.IGNORECASE)
_DATE = re.compile(
    rb"<(?:pubdate|dc:date|published|issued|updated)>\s*([^<]{1,100})<", re.IGNORECASE
)
_PREFIXED_ROOT = re.compile(rb"<rss:(?:rss|rdf|channel)[\s>]", re.IGNORECASE)
_PREFIX = re.compile(rb"<(/?)rss:")
# Titles and summaries of media or for iTunes, which feedparser confuses with the entry's own, and
# geographic elements, on which it fails. Renamed, they are unknown elements to it.
_CONFUSING_ELEMENTS = re.compile(
    rb"<(/?)(?:(media|itunes):(title|description|summary|subtitle)\b|(georss|gml):([a-z]))", re.I
)
# Cut, since feedparser's author regex takes time quadratic in its input.
_LONG_AUTHOR = re.compile(
    rb"(<(?:[\w.-]{1,30}:)?(?:author|creator|managingeditor|webmaster|publisher|contributor|name|owner|email)"
    rb"(?:\s[^<>]{0,500})?>\s{0,100}(?:<!\[CDATA\[)?[^<\]]{500})[^<\]]+",
    re.IGNORECASE,
)


def rejection_reason(body: bytes) -> str | None:
    """Return why the bytes cannot be a feed; None if they may be one."""
    if not body.strip(_LEADING_BYTES):
        return "not a feed: empty body"
    for magic, name in _MAGIC.items():
        if body.startswith(magic):
            return f"not a feed: {name}"
    if body.count(b"<") - 2 * body.count(b"</") - body.count(b"/>") > _MAX_UNCLOSED_TAGS:
        return f"not a feed: more than {_MAX_UNCLOSED_TAGS:,} tags are never closed"
    if body.count(b"&&") > _MAX_AMPERSAND_PAIRS:
        return f"not a feed: more than {_MAX_AMPERSAND_PAIRS:,} double ampersands"
    if any(found[0].count(b"=") > _MAX_ATTRIBUTES for found in _LONG_TAG.finditer(body)):
        return f"not a feed: a tag with more than {_MAX_ATTRIBUTES:,} attributes"
    if _HTML.match(body[:20_000].replace(b"\0", b"").lstrip(_LEADING_BYTES)):
        return "not a feed: an HTML page"
    return None


def feedparser_content_type(body: bytes, content_type: str | None) -> str:
    """Return the Content-Type to pass to feedparser; valid UTF-8 overrides a declared charset."""
    charset = _CHARSET.search(content_type[:1000]) if content_type else None
    is_wrong = b"\0" not in body[:200] and _WIDE_ENCODING.search(body[:200])
    if is_wrong or (not body.isascii() and _is_utf8(body)):
        return "application/xml; charset=utf-8"
    return f"application/xml; charset={charset[1]}" if charset else "application/xml"


def has_prefixed_root(body: bytes) -> bool:
    """Whether an element such as `<rss:channel>` occurs anywhere."""
    return _PREFIXED_ROOT.search(body) is not None


def repair(body: bytes) -> bytes:
    """Return the bytes without the markup on which feedparser fails or confuses fields."""
    if _PREFIXED_ROOT.search(body[:5_000]):
        body = _PREFIX.sub(rb"<\1", body)
    if not body.isascii() and _is_utf8(body):
        body = body.decode("utf-8", "replace").encode()
    if b"\0" not in body[:200]:
        body = body.translate(None, _CONTROLS)
    body = _INVALID_REFERENCE.sub(b"", body)
    body = _CONFUSING_ELEMENTS.sub(rb"<\1\2\4:own-\3\5", body)
    return _LONG_AUTHOR.sub(rb"\1", body)


def entry_starts(body: bytes) -> list[int]:
    """Return the offsets where entries seem to start, including those in comments and CDATA."""
    return [found.start() for found in _ENTRY_START.finditer(body)]


def limit_entries(body: bytes, starts: Sequence[int], limit: int) -> tuple[bytes, list[str]]:
    """Drop the entries beyond the newest `limit`; also return a message if any were dropped.

    A feed is taken to run from new to old unless its first entry is dated before its last.
    """
    if len(starts) <= limit:
        return body, []
    end = max((found.end() for found in _ENTRY_END.finditer(body, starts[-1])), default=len(body))
    if _entry_date(body[starts[0] : starts[1]]) < _entry_date(body[starts[-1] : end]):
        limited = body[: starts[0]] + body[starts[-limit] :]
    else:
        limited = body[: starts[limit]] + body[end:]
    return limited, [f"{len(starts) - limit:,} entries beyond the newest {limit:,}"]


def _entry_date(entry: bytes) -> datetime:
    found = _DATE.search(entry)
    date = parse_instant(found[1].decode("ascii", "replace")) if found else None
    return date or datetime.min.replace(tzinfo=UTC)


def _is_utf8(body: bytes) -> bool:
    """Whether nearly all is UTF-8: one bad byte must not turn a whole feed into windows-1252."""
    text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong == 0 or body.startswith(codecs.BOM_UTF8) or len(body) - len(text) > 2 * wrong
