"""Entry cache: lets a poll parse only the entries whose bytes changed since the last poll.

A feed is split into the bytes of its entries, each identified by a digest. The cache holds of every
entry what a poll needs to know of an unchanged one; its content is in the database. Does not parse
entries. Where the split is not certain to be correct, nothing is cached or reused.
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

_DIGEST_SIZE = 8  # bytes; a feed that forges a collision can hide only its own entry
_RECORD = struct.Struct("<8s8sqH")  # digest, link digest, published in µs, length of the key
_UNDATED = -(1 << 63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FORMAT = b"1"  # increase it whenever the same bytes may parse to a different entry

_ENTRY_END_TAG = re.compile(rb"</(?:[\w.-]{1,30}:)?(?:item|entry)\s*>\Z", re.IGNORECASE)
_END_TAG = re.compile(rb"</(?:[\w.-]{1,30}:)?(?:item|entry)\s*>", re.IGNORECASE)
_TEXT_NODES = re.compile(rb">[^<]*")
_START_TAG = re.compile(rb"<(?!/|!--)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedEntry:
    """Cache record of one entry."""

    digest: bytes  # of the entry's bytes
    key: str
    link: bytes  # digest of the link
    published: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFeed:
    """Bytes of a feed split into head, entries and tail; white space between entries is dropped."""

    head: bytes
    entries: list[bytes]
    tail: bytes

    def with_entries(self, indexes: Sequence[int]) -> bytes:
        """Join the feed again with only the entries at these indexes."""
        return b"".join((self.head, *(self.entries[index] for index in indexes), self.tail))

    def context(self) -> bytes:
        """Return the tags around the entries, on which their parsing depends.

        Texts and comments of the head are left out: they change at every poll (a date, a title)
        and do not affect entries.
        """
        if b"<![CDATA[" in self.head:
            return self.head
        first, *rest = self.head.split(b"<!--")
        uncommented = first + b"".join(part.partition(b"-->")[2] for part in rest)
        return _TEXT_NODES.sub(b">", uncommented)


def split_feed(body: bytes, starts: Sequence[int]) -> SplitFeed | None:
    """Split a feed where its entries start; None unless that is certain to be correct.

    None if a start may lie in a comment or CDATA section, if entries nest, or if the parsing of an
    entry may depend on another entry or on the tail.
    """
    if not starts or b"<!DOCTYPE" in body or b"<!ENTITY" in body or not _is_utf8(body):
        return None
    if b"xmlns" in body[starts[0] :] or has_prefixed_root(body):
        return None
    ends = [found.end() for found in _END_TAG.finditer(body, starts[-1])]
    if len(ends) != 1:
        return None
    bounds = [*starts, ends[0]]
    entries = [body[a:b].rstrip() for a, b in pairwise(bounds)]
    feed = SplitFeed(head=body[: starts[0]], entries=entries, tail=body[ends[0] :])
    is_safe_tail = _is_balanced(feed.tail) and not _START_TAG.search(feed.tail)
    is_safe = is_safe_tail and all(map(_is_complete, entries)) and _is_balanced(feed.head)
    return feed if is_safe else None


def _is_complete(entry: bytes) -> bool:
    """Whether the bytes end with an entry's end tag, and close their comments and CDATA."""
    end_tag = _ENTRY_END_TAG.search(entry, max(0, len(entry) - 100))
    return end_tag is not None and _is_balanced(entry)


def _is_balanced(piece: bytes) -> bool:
    """Whether every comment and CDATA section that opens also closes."""
    return piece.count(b"<!--") == piece.count(b"-->") and (
        piece.count(b"<![CDATA[") == piece.count(b"]]>")
    )


def _is_utf8(body: bytes) -> bool:
    """Whether all bytes are valid: a single bad one may change the charset of the whole feed."""
    try:
        return body.isascii() or bool(body.decode())
    except UnicodeDecodeError:
        return False


def digest(*parts: bytes) -> bytes:
    """Return the digest of the concatenated parts."""
    hashed = blake2b(digest_size=_DIGEST_SIZE)
    for part in parts:
        hashed.update(part)
    return hashed.digest()


def cache_entry(entry: Entry, entry_digest: bytes) -> CachedEntry:
    """Return the cache record of an entry whose bytes have this digest."""
    return CachedEntry(
        digest=entry_digest,
        key=entry.key,
        link=digest((entry.link or "").encode("utf-8", "replace")),
        published=entry.published,
    )


def encode_cache(records: Sequence[CachedEntry], context: bytes) -> bytes:
    """Encode cache records as bytes; empty if keys and digests do not match one to one.

    The leading checksum covers `context`, so that the cache of a feed whose tags around the
    entries changed is not used.
    """
    pairs = {(record.key, record.digest) for record in records}
    keys, digests = {key for key, _ in pairs}, {entry_digest for _, entry_digest in pairs}
    if not len(pairs) == len(keys) == len(digests):
        return b""
    encoded = b"".join(map(_encode_record, records))
    return digest(_FORMAT, context, encoded) + encoded


def _encode_record(record: CachedEntry) -> bytes:
    key = record.key.encode("utf-8", "surrogatepass")
    date = _UNDATED if record.published is None else (record.published - _EPOCH) // _MICROSECOND
    return _RECORD.pack(record.digest, record.link, date, len(key)) + key


def decode_cache(cache: bytes | None, context: bytes) -> dict[bytes, CachedEntry]:
    """Decode `encode_cache` into records by digest; empty if damaged or of another context."""
    if not cache or cache[:_DIGEST_SIZE] != digest(_FORMAT, context, cache[_DIGEST_SIZE:]):
        return {}
    return {record.digest: record for record in _decode_records(cache)}


def _decode_records(cache: bytes) -> Iterable[CachedEntry]:
    position = _DIGEST_SIZE
    while position < len(cache):
        entry_digest, link, published, length = _RECORD.unpack_from(cache, position)
        position += _RECORD.size + length
        yield CachedEntry(
            digest=entry_digest,
            key=cache[position - length : position].decode("utf-8", "surrogatepass"),
            link=link,
            published=None if published == _UNDATED else _EPOCH + published * _MICROSECOND,
        )


def unchanged_entries(records: Sequence[CachedEntry], entries: Iterable[Entry]) -> UnchangedEntries:
    """Describe the cached entries that a poll skipped, given the `entries` that it parsed."""
    links = {record.link for record in records}
    return UnchangedEntries(
        keys=tuple(dict.fromkeys(record.key for record in records)),
        published=frozenset(record.published for record in records if record.published),
        links=frozenset(
            entry.link for entry in entries if entry.link and digest(entry.link.encode()) in links
        ),
    )
