"""Feed bytes → `Feed`: RSS 0.9x, 1.0, 2.0, Atom 0.3, 1.0, CDF by feedparser, JSON Feed by ours.

Pure and deterministic. What feedparser is known to get wrong is put right here, mostly before it
sees the bytes. Entries whose bytes were read at the last poll are not read again (`feed_reuse`).
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

import feedparser

from monitor.core.dates.parse import parse_instant
from monitor.core.feeds import entry_cache as feed_reuse
from monitor.core.feeds import jsonfeed
from monitor.core.feeds import lxml_parser as feed_fast
from monitor.core.feeds.entries import MOST, Said, entry_of, is_empty, told_apart
from monitor.core.feeds.feedparser_mapping import Words, head_of, said_of
from monitor.core.feeds.lxml_parser import Plain
from monitor.core.feeds.preprocess import (
    announced_encoding,
    mended,
    refused,
    starts_of,
    within_bounds,
)
from monitor.errors import ParseError
from monitor.model import Entry, Feed

# What feedparser was seen to raise over broken markup, all of it from its own assumptions.
_STUMBLES = (AttributeError, LookupError, TypeError, ValueError, RecursionError)

# What is plain and no larger is read in a few milliseconds, a hundred entries' worth of tags.
PLAIN_BYTES, PLAIN_TAGS = 100_000, 3_000

Judge = Callable[[bytes, str], Words]  # (body, its announced encoding): reads what is in doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a reading gave. `sound`: the bytes were well-formed, so each entry stands for itself."""

    feed: Feed
    said: list[Said]
    sound: bool

    def is_dated(self, plain: Plain) -> bool:
        """Whether every stamp was read: at others feedparser has a second look."""
        if plain.feed.get("updated") and self.feed.updated is None:
            return False
        pairs = zip(plain.entries, self.said, strict=True)
        return all(_is_dated(words, said) for words, said in pairs)


def _is_dated(words: Words, said: Said) -> bool:
    published, updated = words.get("published"), words.get("updated")
    if published and updated and parse_instant(published) is None:
        return False  # what said.published holds then is the other stamp
    return not ((published and said.published is None) or (updated and said.updated is None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A feed before its entries are read."""

    entries: Sequence[bytes]  # the bytes of each; none in doubt
    context: bytes  # what else the reading of an entry depends on
    read: Callable[[Sequence[int] | None], Told]  # the entries at these places; None: all
    skipped: tuple[str, ...] = ()


def parse(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    zone: tzinfo = UTC,
    known: bytes | None = None,
) -> Feed:
    """The feed with at most the newest 10,000 entries, in its order.

    `url` is where it came from (after redirects; empty: relative links stay so), `zone` the zone of
    stamps that name none, `known` what the last `Feed` of this source said is known: what was read
    then and stands as it stood is in `kept` alone. Raises ParseError.
    """
    return _parse(body, url, content_type, zone, known, _parsed)


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
        return _parse(body, url, content_type, zone, known, _declined)
    except _Declined:
        return None


def _parse(
    body: bytes,
    url: str,
    content_type: str | None,
    zone: tzinfo,
    known: bytes | None,
    judge: Judge,
) -> Feed:
    if reason := refused(body):
        raise ParseError(reason)
    if body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"{", b"["):
        listing = _json(body, url, zone)
    else:
        listing = _xml(body, content_type, url, zone, judge)
    digests = [feed_reuse.digest(entry) for entry in listing.entries]
    return _reused(listing, digests, known) or _whole(listing, digests)


def _json(body: bytes, url: str, zone: tzinfo) -> Listing:
    feed, items = jsonfeed.opened(body, url)

    def read(these: Sequence[int] | None) -> Told:
        chosen = items if these is None else [items[index] for index in these]
        return Told(
            feed=replace(feed, lane="json"),
            said=[jsonfeed.said(item, url, zone) for item in chosen],
            sound=True,
        )

    return Listing(
        entries=[json.dumps(item).encode() for item in items],
        context=f"{url}\n{zone}".encode(),
        read=read,
    )


def _xml(body: bytes, content_type: str | None, url: str, zone: tzinfo, judge: Judge) -> Listing:
    starts = starts_of(body)
    bounded, skipped = within_bounds(body, starts, MOST)
    encoding = announced_encoding(bounded, content_type)
    pieces = None if skipped else feed_reuse.cut(bounded, starts)

    def read(these: Sequence[int] | None) -> Told:
        some = mended(bounded if these is None or pieces is None else pieces.only(these))
        plain = feed_fast.read(some, encoding)
        if not isinstance(plain, str):
            told = _told(plain, "fast", url, zone)
            if told.is_dated(plain):
                return told
        return _told(judge(some, encoding), "feedparser", url, zone)

    return Listing(
        entries=pieces.entries if pieces else (),
        context=f"{url}\n{zone}\n{encoding}\n".encode() + (pieces.context() if pieces else b""),
        read=read,
        skipped=tuple(skipped),
    )


def _told(parsed: Words, lane: str, url: str, zone: tzinfo) -> Told:
    feed = replace(head_of(parsed, url, zone), lane=lane)
    said = [said_of(entry, feed.format, url, zone) for entry in parsed.entries]
    return Told(feed=feed, said=said, sound=bool(parsed.version) and not parsed.bozo)


class _Declined(Exception):
    """What only feedparser may read."""


def _declined(body: bytes, encoding: str) -> Words:
    raise _Declined


def _parsed(body: bytes, encoding: str) -> Words:
    """Without content-location: ids would change with the address; `feed_said` joins the links."""
    try:
        parsed = feedparser.parse(
            body,
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": encoding},
        )
    except _STUMBLES as error:
        raise ParseError(f"a feed too broken to read ({type(error).__name__})") from error
    if not parsed.version and not parsed.entries and "updated" not in parsed.feed:
        raise ParseError("not a feed: no RSS, Atom, CDF or JSON Feed")
    return parsed


def _whole(listing: Listing, digests: Sequence[bytes]) -> Feed:
    told = listing.read(None)
    feed = _finished(told.feed, told.said, listing.skipped)
    records = _records(told, feed, digests)
    return replace(feed, known=feed_reuse.noted(records, listing.context) if records else b"")


def _reused(listing: Listing, digests: Sequence[bytes], known: bytes | None) -> Feed | None:
    """The feed with its new and edited entries alone; None where there is any doubt."""
    remembered = feed_reuse.remembered(known, listing.context)
    fresh = [place for place, digest in enumerate(digests) if digest not in remembered]
    if len(fresh) == len(digests):
        return None
    try:
        told = listing.read(fresh)
    except ParseError:
        return None
    feed = _finished(told.feed, told.said, ())
    records = _records(told, feed, [digests[place] for place in fresh])
    if records is None:
        return None
    kept = [remembered[digest] for digest in digests if digest in remembered]
    listed = remembered | {record.digest: record for record in records}
    noted = feed_reuse.noted([listed[digest] for digest in digests], listing.context)
    return replace(feed, known=noted, kept=feed_reuse.kept(kept, feed.entries)) if noted else None


def _records(told: Told, feed: Feed, digests: Sequence[bytes]) -> list[feed_reuse.Record] | None:
    """What to remember of these entries; None where they do not stand one for one."""
    one_for_one = len(digests) == len(told.said) == len(feed.entries) and not feed.skipped
    alone = told.sound and feed.lane != "feedparser"  # there, one entry may change how others read
    if not alone or not one_for_one or any(map(_is_odd, feed.entries)):
        return None
    pairs = zip(feed.entries, digests, strict=True)
    return [feed_reuse.record(entry, digest) for entry, digest in pairs]


def _is_odd(entry: Entry) -> bool:
    """What becomes of it depends on its neighbours: it says nothing, or shares its guid."""
    return is_empty(entry) or entry.key != (entry.id or entry.link or entry.key)


def _finished(feed: Feed, told: Iterable[Said], skipped: Sequence[str]) -> Feed:
    entries: list[Entry] = []
    skipped = list(skipped)
    for said in told:
        match entry_of(said):
            case Entry() as entry:
                entries.append(entry)
            case str(reason):
                skipped.append(reason)
    entries = [entry for entry in entries if not is_empty(entry)] or entries
    if len(entries) > MOST:
        skipped.append(f"{len(entries) - MOST:,} entries beyond the newest {MOST:,}")
    return replace(feed, entries=told_apart(entries[:MOST]), skipped=tuple(skipped))
