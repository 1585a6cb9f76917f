"""Identifies the known article that a reading is of: the first row of this table that applies.

  known by     and                                                       then
  ──────────── ───────────────────────────────────────────────────────── ─────────────
  address      its guid too, unless it redirects to another known        that article
               article, which has the reading's title and text
  address      reading made from the feed only, same source, other       next row
               guid and other title
  address      otherwise (of several, the one with the same title)       that article
  guid         its addresses have the same ids in them (the slug and     that article
               the headline may change, the page may have failed)
  guid         similar texts                                             that article
  guid         same title, unless text and day of publication differ     that article
               (the next part of a column)
  guid         no address; title, text and time of publication differ    next row
  guid         no address, otherwise                                     that article
  guid         otherwise (another address, another title)                next row
  text         same site; equal title and text of 50 words or more       that article
  text         same site; equal title and shorter text, published at     that article
               the same second, and its own entry has left the feed
  text         same site; same title or same ids in the address, nearly  that article
               the same text of 50 words or more, and the same time of
               publication where both are known
  –            none of these                                             a new one

A guid is the key of an entry within its source. An address is any URL the article was seen under,
redirects included. A reading whose page failed has guid, address and title of the feed.
"""

from datetime import timedelta

from monitor.contracts import Known, KnownArticle, KnownStory, Reading
from monitor.core.revisions.fingerprint import (
    containment,
    is_same_story,
    is_same_text,
    normalize_line,
)
from monitor.core.text import have_same_story_ids, site_of

MIN_WORDS = 50  # two shorter texts that are equal, such as one-line items, may be two articles
SAME_TIME = timedelta(seconds=60)  # times of publication closer than this are the same
NEXT_ISSUE = timedelta(hours=12)  # parts of a column under one title are further apart
MAX_OVERLAP = 0.2  # of the shorter text's shingles, for two texts to be dissimilar
MIN_HASHES = 8  # of both sketches (about 64 words), for two texts to be dissimilar


def identify(reading: Reading, known: Known) -> KnownArticle | None:
    """The known article that the reading is of; None for a new one."""
    own, at_address = known.by_guid, known.by_address
    if own is not None and own.id in {article.id for article in at_address}:
        return _redirect_target(reading, own, at_address) or own
    found = _find_at_address(reading, at_address)
    if found is not None:
        return found
    if own is not None and not _is_reused(reading, own):
        return own
    return next((each for each in known.by_text if _is_same_text(reading, each, known)), None)


def is_same_site(reading: Reading, url: str | None, source: str) -> bool:
    """Whether reading and article are of one site, by their URLs, or by source without a URL."""
    own_site = site_of(reading.article.url) if reading.article.url else ""
    other_site = site_of(url) if url else ""
    return own_site == other_site if own_site and other_site else reading.source == source


def is_copy(reading: Reading, story: KnownStory) -> bool:
    """Whether another site's article has nearly the same text."""
    return (
        not is_same_site(reading, story.url, story.source)
        and min(reading.fingerprint.words, story.words) >= MIN_WORDS
        and is_same_story(reading.fingerprint.sketch, story.sketch)
    )


def _redirect_target(
    reading: Reading, own: KnownArticle, at_address: tuple[KnownArticle, ...]
) -> KnownArticle | None:
    """The other known article that this one's address now redirects to; None if there is none."""
    if _is_same_title(reading, own) or is_same_story(reading.fingerprint.sketch, own.sketch):
        return None
    others = (each for each in at_address if each.id != own.id)
    return next((each for each in others if reading.fingerprint.digest in each.digests), None)


def _find_at_address(reading: Reading, at_address: tuple[KnownArticle, ...]) -> KnownArticle | None:
    """The known article at one of the reading's addresses, preferably of the same title."""
    candidates = [article for article in at_address if not _shares_address(reading, article)]
    same_title = [article for article in candidates if _is_same_title(reading, article)]
    return next(iter(same_title or candidates), None)


def _shares_address(reading: Reading, article: KnownArticle) -> bool:
    """Whether a feed gives several stories this one address, whose page is not fetched."""
    return (
        article.source == reading.source
        and reading.guid is not None
        and article.guid not in (None, reading.guid)
        and reading.body_sha256 is None
        and reading.partial is None
        and not _is_same_title(reading, article)
    )


def _is_reused(reading: Reading, own: KnownArticle) -> bool:
    """Whether the guid now belongs to another story than the article known by it."""
    addresses = [address.key for address in reading.addresses]
    if any(have_same_story_ids(key, known) for key in addresses for known in own.keys):
        return False
    if is_same_story(reading.fingerprint.sketch, own.sketch):
        return False
    if not addresses:
        shift = _publication_shift(reading, own)
        is_later = shift is not None and shift >= SAME_TIME
        return is_later and not _is_same_title(reading, own) and _is_dissimilar(reading, own)
    return not _is_same_title(reading, own) or _is_next_issue(reading, own)


def _is_next_issue(reading: Reading, own: KnownArticle) -> bool:
    """Whether this is another part of a column that has one title and guid."""
    shift = _publication_shift(reading, own)
    return shift is not None and shift >= NEXT_ISSUE and _is_dissimilar(reading, own)


def _is_same_text(reading: Reading, other: KnownArticle, known: Known) -> bool:
    """Whether an article known by another guid and address is this one, moved."""
    if not is_same_site(reading, other.url, other.source):
        return False
    if reading.fingerprint.digest in other.digests:
        return reading.fingerprint.words >= MIN_WORDS or _has_replaced(reading, other, known)
    similar_name = _is_same_title(reading, other) or any(
        have_same_story_ids(address.key, key) for address in reading.addresses for key in other.keys
    )
    return (
        similar_name
        and min(reading.fingerprint.words, other.words) >= MIN_WORDS
        and is_same_text(reading.fingerprint.sketch, other.sketch)
        and (_publication_shift(reading, other) or timedelta(0)) < SAME_TIME
    )


def _has_replaced(reading: Reading, other: KnownArticle, known: Known) -> bool:
    """Whether the feed changed its ids: the same item, with the same time, is listed once."""
    return (
        reading.source == other.source
        and other.id not in known.listed
        and _publication_shift(reading, other) == timedelta(0)
    )


def _is_same_title(reading: Reading, article: KnownArticle) -> bool:
    return _fold(reading.article.title) == _fold(article.title)


def _fold(title: str) -> str:
    return normalize_line(title).casefold()


def _is_dissimilar(reading: Reading, article: KnownArticle) -> bool:
    """Whether two texts, both long enough to compare, share next to nothing."""
    one, other = reading.fingerprint.sketch, article.sketch
    return min(len(one), len(other)) >= MIN_HASHES and containment(one, other) <= MAX_OVERLAP


def _publication_shift(reading: Reading, article: KnownArticle) -> timedelta | None:
    """Time between the two times of publication; None where one is unknown."""
    published = reading.article.published
    if published is None or article.published_at is None:
        return None
    return abs(published.at - article.published_at)
