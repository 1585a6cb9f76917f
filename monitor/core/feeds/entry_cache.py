"""Entry reuse: what was read of a feed's entries last time need not be read again.

A feed is cut into its entries, and each is known by a digest of its bytes. What is remembered of an
entry is what the poll needs of one that is listed and did not change; the rest is in the database.
Does not read entries, and trusts nothing it is in doubt of.
"""

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise

from monitor.core.feeds.preprocess import has_prefixed_root
from monitor.model import Entry, UnchangedEntries

_DIGEST = 8  # bytes; a feed that makes two entries collide hides one of its own
_ROW = struct.Struct("<8s8sqH")  # entry, link, published in microseconds, length of the key
_UNDATED = -(1 << 63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FORMAT = b"1"  # raise it whenever the same bytes may give another entry

_END = re.compile(rb"</(?:[\w.-]{1,30}:)?(?:item|entry)\s*>\Z", re.IGNORECASE)
_LAST_END = re.compile(rb"</(?:[\w.-]{1,30}:)?(?:item|entry)\s*>", re.IGNORECASE)
_WORDS = re.compile(rb">[^<]*")
_OPENING = re.compile(rb"<(?!/|!--)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry as it is remembered: digests of its bytes and of its link, its key, its stamp."""

    digest: bytes
    key: str
    link: bytes
    published: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """A feed's bytes, cut; the white space between its entries is in none."""

    head: bytes
    entries: list[bytes]
    tail: bytes

    def only(self, these: Sequence[int]) -> bytes:
        """The feed with these entries alone."""
        return b"".join((self.head, *(self.entries[index] for index in these), self.tail))

    def context(self) -> bytes:
        """What every entry depends on besides its own bytes: the tags around it.

        The words of the head (a stamp, a title) move at every change, and no entry means another
        thing for it.
        """
        if b"<![CDATA[" in self.head:
            return self.head
        first, *rest = self.head.split(b"<!--")
        uncommented = first + b"".join(each.partition(b"-->")[2] for each in rest)
        return _WORDS.sub(b">", uncommented)


def cut(body: bytes, starts: Sequence[int]) -> Pieces | None:
    """The feed cut where its entries start; None where a start may be none, entries nest, or what
    an entry means may depend on another one or on what follows them.
    """
    if not starts or b"<!DOCTYPE" in body or b"<!ENTITY" in body or not _is_utf8(body):
        return None
    if b"xmlns" in body[starts[0] :] or has_prefixed_root(body):
        return None
    ends = [found.end() for found in _LAST_END.finditer(body, starts[-1])]
    if len(ends) != 1:
        return None
    bounds = [*starts, ends[0]]
    entries = [body[a:b].rstrip() for a, b in pairwise(bounds)]
    pieces = Pieces(head=body[: starts[0]], entries=entries, tail=body[ends[0] :])
    ended = _is_balanced(pieces.tail) and not _OPENING.search(pieces.tail)
    return pieces if ended and all(map(_is_whole, entries)) and _is_balanced(pieces.head) else None


def _is_whole(entry: bytes) -> bool:
    return _END.search(entry, max(0, len(entry) - 100)) is not None and _is_balanced(entry)


def _is_balanced(piece: bytes) -> bool:
    return piece.count(b"<!--") == piece.count(b"-->") and (
        piece.count(b"<![CDATA[") == piece.count(b"]]>")
    )


def _is_utf8(body: bytes) -> bool:
    """Strictly: one bad byte may change how the whole feed is decoded."""
    try:
        return body.isascii() or bool(body.decode())
    except UnicodeDecodeError:
        return False


def digest(*parts: bytes) -> bytes:
    hashed = blake2b(digest_size=_DIGEST)
    for part in parts:
        hashed.update(part)
    return hashed.digest()


def record(entry: Entry, of_bytes: bytes) -> Record:
    """What to remember of an entry whose bytes have this digest."""
    return Record(
        digest=of_bytes,
        key=entry.key,
        link=digest((entry.link or "").encode("utf-8", "replace")),
        published=entry.published,
    )


def noted(records: Sequence[Record], context: bytes) -> bytes:
    """The records as bytes; none where one key stands for several entries."""
    known = {(each.key, each.digest) for each in records}
    keys, digests = {key for key, _ in known}, {of_bytes for _, of_bytes in known}
    if not len(known) == len(keys) == len(digests):
        return b""
    rows = b"".join(map(_row, records))
    return digest(_FORMAT, context, rows) + rows


def _row(each: Record) -> bytes:
    key = each.key.encode("utf-8", "surrogatepass")
    at = _UNDATED if each.published is None else (each.published - _EPOCH) // _MICROSECOND
    return _ROW.pack(each.digest, each.link, at, len(key)) + key


def remembered(known: bytes | None, context: bytes) -> dict[bytes, Record]:
    """The records of `noted` by their digest; none if they are another feed's, or damaged."""
    if not known or known[:_DIGEST] != digest(_FORMAT, context, known[_DIGEST:]):
        return {}
    return {each.digest: each for each in _rows(known)}


def _rows(known: bytes) -> Iterable[Record]:
    at = _DIGEST
    while at < len(known):
        of_bytes, link, published, length = _ROW.unpack_from(known, at)
        at += _ROW.size + length
        yield Record(
            digest=of_bytes,
            key=known[at - length : at].decode("utf-8", "surrogatepass"),
            link=link,
            published=None if published == _UNDATED else _EPOCH + published * _MICROSECOND,
        )


def kept(records: Sequence[Record], entries: Iterable[Entry]) -> UnchangedEntries:
    """What a poll needs of entries that were not read, beside those that were."""
    links = {each.link for each in records}
    return UnchangedEntries(
        keys=tuple(dict.fromkeys(each.key for each in records)),
        stamps=frozenset(each.published for each in records if each.published),
        links=frozenset(
            entry.link for entry in entries if entry.link and digest(entry.link.encode()) in links
        ),
    )
