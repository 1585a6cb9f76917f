"""Parses feed bytes into a `Feed`: RSS 0.9x, 1.0, 2.0, Atom 0.3, 1.0, CDF, and JSON Feed.

Pure and deterministic. Entries whose bytes were read at the last poll are not read again
(`entry_cache`). What feedparser is known to get wrong is put right before it sees the bytes
(`preprocess`) or after (`feedparser_mapping`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo

from monitor.core.feeds import entry_cache
from monitor.core.feeds.entries import MOST, RawEntry, entry_of, is_empty, with_distinct_keys
from monitor.core.feeds.preprocess import refused
from monitor.core.feeds.reader import FeedparserNeeded, FeedReader, ParsedFeed, open_feed
from monitor.errors import ParseError
from monitor.model import Entry, Feed

# What is plain and no larger is read in a few milliseconds, a hundred entries' worth of tags.
PLAIN_BYTES, PLAIN_TAGS = 100_000, 3_000


def parse(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    zone: tzinfo = UTC,
    known: bytes | None = None,
) -> Feed:
    """Return the feed with at most the newest 10,000 entries, in its order.

    `url` is where it came from (after redirects; empty: relative links stay so), `zone` the zone of
    stamps that name none, `known` what the last `Feed` of this source gave as `known`: entries that
    were read then and have not changed are in `kept` alone.

    Raises:
        ParseError: the bytes are no feed.
    """
    return _parse(body, url, content_type, zone, known, only_lxml=False)


def parse_plain(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    zone: tzinfo = UTC,
    known: bytes | None = None,
) -> Feed | None:
    """As `parse`, in a few milliseconds; None where that is not sure, or feedparser has to read."""
    if len(body) > PLAIN_BYTES or body.count(b"<") + body.count(b"{") > PLAIN_TAGS:
        return None
    try:
        return _parse(body, url, content_type, zone, known, only_lxml=True)
    except FeedparserNeeded:
        return None


def _parse(
    body: bytes,
    url: str,
    content_type: str | None,
    zone: tzinfo,
    known: bytes | None,
    *,
    only_lxml: bool,
) -> Feed:
    if reason := refused(body):
        raise ParseError(reason)
    reader = open_feed(body, content_type, url, zone, only_lxml=only_lxml)
    digests = [entry_cache.digest(entry) for entry in reader.entries]
    return _changed_only(reader, digests, known) or _whole(reader, digests)


def _whole(reader: FeedReader, digests: Sequence[bytes]) -> Feed:
    parsed = reader.read()
    feed = _with_entries(parsed.feed, parsed.entries, reader.skipped)
    records = _records(parsed, feed, digests)
    return replace(feed, known=entry_cache.noted(records, reader.context) if records else b"")


def _changed_only(reader: FeedReader, digests: Sequence[bytes], known: bytes | None) -> Feed | None:
    """The feed with its new and edited entries alone; None where there is any doubt."""
    remembered = entry_cache.remembered(known, reader.context)
    fresh = [place for place, digest in enumerate(digests) if digest not in remembered]
    if len(fresh) == len(digests):
        return None
    try:
        parsed = reader.read(fresh)
    except ParseError:
        return None
    feed = _with_entries(parsed.feed, parsed.entries, ())
    records = _records(parsed, feed, [digests[place] for place in fresh])
    if records is None:
        return None
    kept = [remembered[digest] for digest in digests if digest in remembered]
    listed = remembered | {record.digest: record for record in records}
    noted = entry_cache.noted([listed[digest] for digest in digests], reader.context)
    return replace(feed, known=noted, kept=entry_cache.kept(kept, feed.entries)) if noted else None


def _records(
    parsed: ParsedFeed, feed: Feed, digests: Sequence[bytes]
) -> list[entry_cache.Record] | None:
    """What to remember of these entries; None where they do not stand one for one."""
    one_for_one = len(digests) == len(parsed.entries) == len(feed.entries) and not feed.skipped
    alone = parsed.is_sound and feed.lane != "feedparser"  # there, one may change how others read
    if not alone or not one_for_one or any(map(_is_odd, feed.entries)):
        return None
    pairs = zip(feed.entries, digests, strict=True)
    return [entry_cache.record(entry, digest) for entry, digest in pairs]


def _is_odd(entry: Entry) -> bool:
    """What becomes of it depends on its neighbours: it says nothing, or shares its guid."""
    return is_empty(entry) or entry.key != (entry.id or entry.link or entry.key)


def _with_entries(feed: Feed, raw_entries: Iterable[RawEntry], skipped: Sequence[str]) -> Feed:
    entries: list[Entry] = []
    skipped = list(skipped)
    for raw in raw_entries:
        match entry_of(raw):
            case Entry() as entry:
                entries.append(entry)
            case str(reason):
                skipped.append(reason)
    entries = [entry for entry in entries if not is_empty(entry)] or entries
    if len(entries) > MOST:
        skipped.append(f"{len(entries) - MOST:,} entries beyond the newest {MOST:,}")
    return replace(feed, entries=with_distinct_keys(entries[:MOST]), skipped=tuple(skipped))
