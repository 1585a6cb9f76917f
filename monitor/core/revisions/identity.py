"""Which known article is it?  The first row that holds.

  known by     and                                                      then
  ──────────── ──────────────────────────────────────────────────────── ─────────────
  address      its guid too, unless it redirects to another known        that article
               article, whose title and text are there
  address      feed words alone, same source, other guid and title      not that one
  address      otherwise (of several the one with the same title)       that article
  guid         the addresses carry the same ids (slug and headline may  that article
               change, the page may have failed)
  guid         texts alike                                              that article
  guid         same title, unless text and day of publication differ    that article
               (the next part of a column)
  guid         no address; title, text and time of publication differ   another story
  guid         no address otherwise                                     that article
  guid         otherwise: another address, another title                another story
  text         same site; equal title and text of 50 words or more      that article
  text         same site; equal title and shorter text, published at    that article
               the same second, and its own entry has left the feed
  text         same site; same title or same ids in the address, nearly that article
               the same text of 50 words or more, published as before
  –            none of these                                            a new one

A reading whose page failed is made of the feed's words, and has guid, address and title all the
same. "Guid" is the key of an entry within its source; "address" is any that the article was seen
under, with its redirects. "Not that one" and "another story" go on with the rows below.
"""

from datetime import timedelta

from monitor.contracts import Known, KnownArticle, KnownStory, Reading
from monitor.core.revisions.fingerprint import containment, normalised_line, same_story, same_text
from monitor.core.text import have_same_story_ids, site_of

SAME_WORDS = 50  # of text: fewer alone never merge; two one-line items are two articles
SAME_STAMP = timedelta(seconds=60)
NEXT_ISSUE = timedelta(hours=12)  # between two parts of a column with one title
UNLIKE = 0.2  # of the shorter text's shingles, at most
COMPARABLE = 8  # hashes of a sketch: some 64 words; of shorter texts it says little


def identify(reading: Reading, known: Known) -> KnownArticle | None:
    """The known article that was read, if it is one."""
    own, here = known.by_guid, known.by_address
    if own is not None and own.id in {article.id for article in here}:
        return _leads_to(reading, own, here) or own
    at_address = _at_address(reading, here)
    if at_address is not None:
        return at_address
    if own is not None and not _is_reused(reading, own):
        return own
    return next((each for each in known.by_text if _is_same_text(reading, each, known)), None)


def is_same_site(reading: Reading, url: str | None, source: str) -> bool:
    """By the site of the articles' addresses; by source where one has no address."""
    mine = site_of(reading.article.url) if reading.article.url else ""
    theirs = site_of(url) if url else ""
    return mine == theirs if mine and theirs else reading.source == source


def is_copy(reading: Reading, story: KnownStory) -> bool:
    """Whether another site has nearly the same text."""
    return (
        not is_same_site(reading, story.url, story.source)
        and min(reading.fingerprint.words, story.words) >= SAME_WORDS
        and same_story(reading.fingerprint.sketch, story.sketch)
    )


def _leads_to(
    reading: Reading, own: KnownArticle, here: tuple[KnownArticle, ...]
) -> KnownArticle | None:
    """The other article that is read at the address of this one: its page redirects there."""
    if _is_same_title(reading, own) or same_story(reading.fingerprint.sketch, own.sketch):
        return None
    others = (each for each in here if each.id != own.id)
    return next((each for each in others if reading.fingerprint.digest in each.digests), None)


def _at_address(reading: Reading, here: tuple[KnownArticle, ...]) -> KnownArticle | None:
    candidates = [article for article in here if not _shares_address(reading, article)]
    titled = [article for article in candidates if _is_same_title(reading, article)]
    return next(iter(titled or candidates), None)


def _shares_address(reading: Reading, article: KnownArticle) -> bool:
    """One address that a feed gives several stories, whose pages are not fetched."""
    return (
        article.source == reading.source
        and reading.guid is not None
        and article.guid not in (None, reading.guid)
        and reading.body_sha256 is None
        and reading.partial is None
        and not _is_same_title(reading, article)
    )


def _is_reused(reading: Reading, own: KnownArticle) -> bool:
    """Whether the guid now names another story than the article it named."""
    addresses = [address.key for address in reading.addresses]
    if any(have_same_story_ids(key, known) for key in addresses for known in own.keys):
        return False
    if same_story(reading.fingerprint.sketch, own.sketch):
        return False
    if not addresses:
        moved = _moved_by(reading, own)
        is_later = moved is not None and moved >= SAME_STAMP
        return is_later and not _is_same_title(reading, own) and _is_unlike(reading, own)
    return not _is_same_title(reading, own) or _is_next_issue(reading, own)


def _is_next_issue(reading: Reading, own: KnownArticle) -> bool:
    moved = _moved_by(reading, own)
    return moved is not None and moved >= NEXT_ISSUE and _is_unlike(reading, own)


def _is_same_text(reading: Reading, other: KnownArticle, known: Known) -> bool:
    """Whether an article under another guid and address is this one, which moved to these."""
    if not is_same_site(reading, other.url, other.source):
        return False
    if reading.fingerprint.digest in other.digests:
        return reading.fingerprint.words >= SAME_WORDS or _has_replaced(reading, other, known)
    named_alike = _is_same_title(reading, other) or any(
        have_same_story_ids(address.key, key) for address in reading.addresses for key in other.keys
    )
    return (
        named_alike
        and min(reading.fingerprint.words, other.words) >= SAME_WORDS
        and same_text(reading.fingerprint.sketch, other.sketch)
        and (_moved_by(reading, other) or timedelta(0)) < SAME_STAMP
    )


def _has_replaced(reading: Reading, other: KnownArticle, known: Known) -> bool:
    """A feed that changed all its ids lists the same items once, at the times they had."""
    return (
        reading.source == other.source
        and other.id not in known.listed
        and _moved_by(reading, other) == timedelta(0)
    )


def _is_same_title(reading: Reading, article: KnownArticle) -> bool:
    return _folded(reading.article.title) == _folded(article.title)


def _folded(title: str) -> str:
    return normalised_line(title).casefold()


def _is_unlike(reading: Reading, article: KnownArticle) -> bool:
    """Whether two texts long enough to be compared have next to nothing in common."""
    one, other = reading.fingerprint.sketch, article.sketch
    return min(len(one), len(other)) >= COMPARABLE and containment(one, other) <= UNLIKE


def _moved_by(reading: Reading, article: KnownArticle) -> timedelta | None:
    """Between the two times of publication; None where one is unknown."""
    published = reading.article.published
    if published is None or article.published_at is None:
        return None
    return abs(published.at - article.published_at)
