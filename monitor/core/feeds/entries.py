"""Cleans and bounds parsed feed entries, and gives each its key and digests.

Takes the `RawEntry` of any feed format and returns an `Entry`. Does not parse.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from html import unescape

from monitor.core.text import clean_line, strip_unstorable
from monitor.model import Entry

MAX_ENTRIES = 10_000  # of one feed
MAX_LINK_LENGTH = 4_096  # characters, of a link or guid
MAX_TITLE_LENGTH = 2_000  # characters
MAX_TEXT_LENGTH = 1_000_000  # characters of one summary or content
MAX_NAME_LENGTH = 300  # characters of an author or category
MAX_NAMES = 100  # authors, categories or enclosures of one entry
MAX_CONTENTS = 20  # of one entry

# Counters such as "1,204 views" and "Comments: 17" change at every poll without an edit.
_COUNTED_NOUNS = (
    r"(?:views|comments|points|likes|shares|replies|votes|reads|vistas|comentarios|visitas)"
)
# Anchored on digits and colons, which are rare, so that the search stays linear.
_COUNT = re.compile(rf"[0-9](?<![\d.,].)[\d.,]*+ ?(?i:{_COUNTED_NOUNS})\b")
_LABELLED_COUNT = re.compile(r": ?[0-9][\d.,]*+")
_LABEL = re.compile(rf"\b{_COUNTED_NOUNS}\Z", re.IGNORECASE)
_MAX_LABEL_LENGTH = 15  # characters
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """Entry as parsed, before cleaning and bounding; `title` is text, other texts are HTML."""

    id: str | None = None
    link: str | None = None
    title: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    authors: Sequence[str] = ()
    summary: str | None = None
    content: Sequence[str] = ()
    categories: Sequence[str] = ()
    enclosures: Sequence[str] = ()
    language: str | None = None


def clean_entry(raw: RawEntry) -> Entry | str:
    """Clean and bound an entry; return the reason as text if its id or link is unusable."""
    guid, link = _clean_address(raw.id), _clean_address(raw.link)
    if guid is None and link is None and (raw.id or raw.link):
        return f"an entry whose id or link is longer than {MAX_LINK_LENGTH} characters"
    title = _clean_line(raw.title or "", MAX_TITLE_LENGTH) or None
    summary = _clean_markup(raw.summary)
    content = tuple(filter(None, map(_clean_markup, raw.content[:MAX_CONTENTS])))
    digest, text_digest = _digests(title, link, (summary, *content), (raw.published, raw.updated))
    return Entry(
        key=guid or link or _hash(title, summary, *content),
        id=guid,
        link=link,
        title=title,
        published=raw.published,
        updated=raw.updated,
        authors=clean_names(raw.authors),
        summary=summary,
        content=content,
        categories=clean_names(raw.categories),
        enclosures=tuple(filter(None, map(_clean_address, raw.enclosures[:MAX_NAMES]))),
        language=_clean_line(raw.language, 35) or None if raw.language else None,
        digest=digest,
        text_digest=text_digest,
    )


def _digests(
    title: str | None,
    link: str | None,
    texts: Iterable[str | None],
    dates: Iterable[datetime | None],
) -> tuple[str, str]:
    """Return the digest of an entry's visible content with its dates, and the one without."""
    visible = (title, link, *map(_comparable_text, dict.fromkeys(filter(None, texts))))
    with_dates = _hash(*visible, *(date.isoformat() if date else "" for date in dates))
    return with_dates, _hash(*visible)


def is_empty(entry: Entry) -> bool:
    """Whether an entry has no content at all, such as `<item/>` left by wrongly nested markup."""
    texts = entry.title or entry.summary or entry.content or entry.authors or entry.categories
    rest = entry.published or entry.updated or entry.enclosures or entry.language
    return not (entry.id or entry.link or texts or rest)


def separate_shared_guids(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Give entries that share a guid but not a link different keys: they are different articles."""
    counts = Counter(entry.key for entry in entries)
    links: dict[str, set[str | None]] = {}
    for entry in entries:
        if counts[entry.key] > 1:
            links.setdefault(entry.key, set()).add(entry.link)
    return tuple(
        replace(entry, key=_hash(entry.key, entry.link))
        if entry.id and len(links.get(entry.key, ())) > 1
        else entry
        for entry in entries
    )


def clean_names(names: Iterable[str]) -> tuple[str, ...]:
    """Clean and deduplicate names of authors or categories, in order."""
    cleaned = (_clean_line(name, MAX_NAME_LENGTH) for name in list(names)[:MAX_NAMES])
    return tuple(dict.fromkeys(filter(None, cleaned)))


def _clean_address(text: str | None) -> str | None:
    """Clean a link or guid; None if empty or too long, since a cut one would be another."""
    if text is None or len(text) > MAX_LINK_LENGTH:
        return None
    return _clean_line(text, MAX_LINK_LENGTH) or None


def _clean_line(text: str, limit: int) -> str:
    """Fast path of `clean_line`: most lines are clean already."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return clean_line(text, limit)


def _clean_markup(html: str | None) -> str | None:
    if not html:
        return None
    if len(html) <= MAX_TEXT_LENGTH and html.isascii() and "\0" not in html:
        return html.strip() or None
    return strip_unstorable(html, MAX_TEXT_LENGTH).strip() or None


def _comparable_text(markup: str) -> str:
    """Return the text of markup without tags, extra white space and counters, for comparison."""
    text = " ".join(unescape(_TAG.sub(" ", markup)).split())
    return _LABELLED_COUNT.sub(_drop_labelled_count, _COUNT.sub("", text))


def _drop_labelled_count(number: re.Match[str]) -> str:
    text, start = number.string, number.start()
    return "" if _LABEL.search(text, max(0, start - _MAX_LABEL_LENGTH), start) else number[0]


def _hash(*parts: str | None) -> str:
    joined = "\x1f".join(part or "" for part in parts)
    return sha256(joined.encode("utf-8", "replace")).hexdigest()[:32]
