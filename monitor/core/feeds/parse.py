"""Parses feed bytes into a `Feed`: RSS 0.9x, 1.0, 2.0, Atom 0.3, 1.0, CDF, and JSON Feed.

Pure and deterministic. Entries whose bytes are as at the last poll are not parsed again
(`entry_cache`). Known errors of feedparser are corrected before it gets the bytes (`preprocess`)
or in its result (`feedparser_mapping`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo

from monitor.core.feeds import entry_cache
from monitor.core.feeds.entries import (
    MAX_ENTRIES,
    RawEntry,
    clean_entry,
    is_empty,
    separate_shared_guids,
)
from monitor.core.feeds.preprocess import rejection_reason
from monitor.core.feeds.reader import FeedparserNeeded, FeedReader, ParsedFeed, open_feed
from monitor.errors import ParseError
from monitor.model import Entry, Feed

# Within both limits, a feed that lxml can parse takes a few milliseconds: about a hundred entries.
FAST_MAX_BYTES, FAST_MAX_TAGS = 100_000, 3_000


def parse(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    zone: tzinfo = UTC,
    cache: bytes | None = None,
) -> Feed:
    """Parse a feed, keeping at most the newest `MAX_ENTRIES` entries in their order.

    Args:
        url: the feed's URL after redirects; if empty, relative links stay relative.
        zone: time zone of dates that name none.
        cache: `Feed.entry_cache` of the source's last parse. Entries that have not changed since
            are then reported only in `Feed.unchanged`.

    Raises:
        ParseError: the bytes are no feed.
    """
    return _parse(body, url, content_type, zone, cache, only_lxml=False)


def parse_fast(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    zone: tzinfo = UTC,
    cache: bytes | None = None,
) -> Feed | None:
    """Parse a feed if it is small and needs no feedparser, in a few milliseconds; None if not.

    Arguments and errors are those of `parse`.
    """
    if len(body) > FAST_MAX_BYTES or body.count(b"<") + body.count(b"{") > FAST_MAX_TAGS:
        return None
    try:
        return _parse(body, url, content_type, zone, cache, only_lxml=True)
    except FeedparserNeeded:
        return None


def _parse(
    body: bytes,
    url: str,
    content_type: str | None,
    zone: tzinfo,
    cache: bytes | None,
    *,
    only_lxml: bool,
) -> Feed:
    if reason := rejection_reason(body):
        raise ParseError(reason)
    reader = open_feed(body, content_type, url, zone, only_lxml=only_lxml)
    digests = [entry_cache.digest(entry) for entry in reader.entries]
    return _parse_changed(reader, digests, cache) or _parse_all(reader, digests)


def _parse_all(reader: FeedReader, digests: Sequence[bytes]) -> Feed:
    parsed = reader.read()
    feed = _with_entries(parsed.feed, parsed.entries, reader.skipped)
    records = _cache_records(parsed, feed, digests)
    cache = entry_cache.encode_cache(records, reader.context) if records else b""
    return replace(feed, entry_cache=cache)


def _parse_changed(
    reader: FeedReader, digests: Sequence[bytes], cache: bytes | None
) -> Feed | None:
    """Parse only the new and edited entries; None unless that certainly equals a full parse."""
    cached = entry_cache.decode_cache(cache, reader.context)
    changed = [index for index, digest in enumerate(digests) if digest not in cached]
    if len(changed) == len(digests):
        return None
    try:
        parsed = reader.read(changed)
    except ParseError:
        return None
    feed = _with_entries(parsed.feed, parsed.entries, ())
    records = _cache_records(parsed, feed, [digests[index] for index in changed])
    if records is None:
        return None
    reused = [cached[digest] for digest in digests if digest in cached]
    by_digest = cached | {record.digest: record for record in records}
    encoded = entry_cache.encode_cache([by_digest[digest] for digest in digests], reader.context)
    if not encoded:
        return None
    unchanged = entry_cache.unchanged_entries(reused, feed.entries)
    return replace(feed, entry_cache=encoded, unchanged=unchanged)


def _cache_records(
    parsed: ParsedFeed, feed: Feed, digests: Sequence[bytes]
) -> list[entry_cache.CachedEntry] | None:
    """Return the cache records of parsed entries; None if they cannot be cached independently.

    Each digest must belong to exactly one entry. Entries that feedparser parsed are not cached: one
    entry may change how it parses the others.
    """
    is_one_to_one = len(digests) == len(parsed.entries) == len(feed.entries) and not feed.skipped
    is_independent = parsed.is_well_formed and feed.parser != "feedparser"
    if not is_independent or not is_one_to_one or any(map(_depends_on_others, feed.entries)):
        return None
    pairs = zip(feed.entries, digests, strict=True)
    return [entry_cache.cache_entry(entry, digest) for entry, digest in pairs]


def _depends_on_others(entry: Entry) -> bool:
    """Whether the other entries decide what becomes of this one: it is empty or shares its guid."""
    return is_empty(entry) or entry.key != (entry.id or entry.link or entry.key)


def _with_entries(feed: Feed, raw_entries: Iterable[RawEntry], skipped: Sequence[str]) -> Feed:
    entries: list[Entry] = []
    skipped = list(skipped)
    for raw in raw_entries:
        match clean_entry(raw):
            case Entry() as entry:
                entries.append(entry)
            case str(reason):
                skipped.append(reason)
    entries = [entry for entry in entries if not is_empty(entry)] or entries
    if len(entries) > MAX_ENTRIES:
        skipped.append(f"{len(entries) - MAX_ENTRIES:,} entries beyond the newest {MAX_ENTRIES:,}")
    return replace(
        feed, entries=separate_shared_guids(entries[:MAX_ENTRIES]), skipped=tuple(skipped)
    )
