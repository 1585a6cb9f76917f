"""Turns what a feed holds of one article into an `Entry`: bounded and clean, with its identity."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from html import unescape

from monitor.core.text import clean_line, strip_unstorable
from monitor.model import Entry

MOST = 10_000  # entries of one feed
LONGEST_LINK = 4_096  # characters, of a guid too
TITLE = 2_000
TEXT = 1_000_000  # of one summary or content
NAME = 300  # of an author, a category
NAMES = 100
PARTS = 20  # contents of one entry

# "1,204 views" and "Comments: 17" change at every poll and are not what the article says.
_WHAT_IS_COUNTED = (
    r"(?:views|comments|points|likes|shares|replies|votes|reads|vistas|comentarios|visitas)"
)
# Sought by their digits and colons, of which there are few; each run of digits is tried but once.
_COUNTED = re.compile(rf"[0-9](?<![\d.,].)[\d.,]*+ ?(?i:{_WHAT_IS_COUNTED})\b")
_LABELLED = re.compile(r": ?[0-9][\d.,]*+")
_LABEL = re.compile(rf"\b{_WHAT_IS_COUNTED}\Z", re.IGNORECASE)
_LONGEST_LABEL = 15  # characters
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """What a feed holds of one article, unbounded and unclean; `title` is text, not HTML."""

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


def entry_of(raw: RawEntry) -> Entry | str:
    """The entry, however little it says; or why there is none."""
    guid, link = _address(raw.id), _address(raw.link)
    if guid is None and link is None and (raw.id or raw.link):
        return f"an entry whose id or link is longer than {LONGEST_LINK} characters"
    title = _line(raw.title or "", TITLE) or None
    summary = _markup(raw.summary)
    content = tuple(filter(None, map(_markup, raw.content[:PARTS])))
    digest, text_digest = _digests(title, link, (summary, *content), (raw.published, raw.updated))
    return Entry(
        key=guid or link or _hash(title, summary, *content),
        id=guid,
        link=link,
        title=title,
        published=raw.published,
        updated=raw.updated,
        authors=names(raw.authors),
        summary=summary,
        content=content,
        categories=names(raw.categories),
        enclosures=tuple(filter(None, map(_address, raw.enclosures[:NAMES]))),
        language=_line(raw.language, 35) or None if raw.language else None,
        digest=digest,
        text_digest=text_digest,
    )


def _digests(
    title: str | None,
    link: str | None,
    texts: Iterable[str | None],
    stamps: Iterable[datetime | None],
) -> tuple[str, str]:
    """Of what a reader sees of an entry, with its stamps and without."""
    seen = (title, link, *map(_words, dict.fromkeys(filter(None, texts))))
    return _hash(*seen, *(at.isoformat() if at else "" for at in stamps)), _hash(*seen)


def is_empty(entry: Entry) -> bool:
    """`<item/>`, as markup that was nested wrongly leaves behind."""
    texts = entry.title or entry.summary or entry.content or entry.authors or entry.categories
    rest = entry.published or entry.updated or entry.enclosures or entry.language
    return not (entry.id or entry.link or texts or rest)


def with_distinct_keys(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the entries with other keys where several share a guid but not a link.

    They are different articles.
    """
    times = Counter(entry.key for entry in entries)
    links: dict[str, set[str | None]] = {}
    for entry in entries:
        if times[entry.key] > 1:
            links.setdefault(entry.key, set()).add(entry.link)
    return tuple(
        replace(entry, key=_hash(entry.key, entry.link))
        if entry.id and len(links.get(entry.key, ())) > 1
        else entry
        for entry in entries
    )


def names(found: Iterable[str]) -> tuple[str, ...]:
    """Cleaned, each once, in their order."""
    cleaned = (_line(name, NAME) for name in list(found)[:NAMES])
    return tuple(dict.fromkeys(filter(None, cleaned)))


def _address(text: str | None) -> str | None:
    """None when it is empty or too long: half an address is another one."""
    if text is None or len(text) > LONGEST_LINK:
        return None
    return _line(text, LONGEST_LINK) or None


def _line(text: str, limit: int) -> str:
    """`clean_line`; most lines are clean."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return clean_line(text, limit)


def _markup(html: str | None) -> str | None:
    if not html:
        return None
    if len(html) <= TEXT and html.isascii() and "\0" not in html:
        return html.strip() or None
    return strip_unstorable(html, TEXT).strip() or None


def _words(markup: str) -> str:
    """Equal for markup that reads the same, as far as that can be told without reading it."""
    text = " ".join(unescape(_TAG.sub(" ", markup)).split())
    return _LABELLED.sub(_unlabelled, _COUNTED.sub("", text))


def _unlabelled(number: re.Match[str]) -> str:
    text, start = number.string, number.start()
    return "" if _LABEL.search(text, max(0, start - _LONGEST_LABEL), start) else number[0]


def _hash(*parts: str | None) -> str:
    joined = "\x1f".join(part or "" for part in parts)
    return sha256(joined.encode("utf-8", "replace")).hexdigest()[:32]
