"""What a feed said of one article → `Entry`: bounded, cleaned, with an identity and a digest."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from monitor.core.clean import clean_line, plain, storable
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
_COUNTER = re.compile(
    rf"(?<![\d.,])\d[\d.,]*+ ?{_WHAT_IS_COUNTED}\b|\b{_WHAT_IS_COUNTED}: ?\d[\d.,]*+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words of a feed about one article, unbounded and unclean; `title` is text, not HTML."""

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


def entry_of(said: Said) -> Entry | str:
    """The entry, however little it says; or why there is none."""
    guid, link = _address(said.id), _address(said.link)
    if guid is None and link is None and (said.id or said.link):
        return f"an entry whose id or link is longer than {LONGEST_LINK} characters"
    entry = Entry(
        key=guid or link or "",
        id=guid,
        link=link,
        title=clean_line(said.title or "", TITLE) or None,
        published=said.published,
        updated=said.updated,
        authors=names(said.authors),
        summary=_markup(said.summary),
        content=tuple(filter(None, map(_markup, said.content[:PARTS]))),
        categories=names(said.categories),
        enclosures=tuple(filter(None, map(_address, said.enclosures[:NAMES]))),
        language=clean_line(said.language or "", 35) or None,
    )
    key = entry.key or _hash(entry.title, entry.summary, *entry.content)
    return replace(entry, key=key, digest=_digest(entry))


def is_empty(entry: Entry) -> bool:
    """`<item/>`, as markup that was nested wrongly leaves behind."""
    return entry == Entry(key=entry.key, digest=entry.digest)


def told_apart(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Entries that share a guid but not a link are different articles: their key says so."""
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
    cleaned = (clean_line(name, NAME) for name in list(found)[:NAMES])
    return tuple(dict.fromkeys(filter(None, cleaned)))


def _address(text: str | None) -> str | None:
    """None when it is empty or too long: half an address is another one."""
    if text is None or len(text) > LONGEST_LINK:
        return None
    return clean_line(text, LONGEST_LINK) or None


def _markup(html: str | None) -> str | None:
    return storable(html, TEXT).strip() or None if html else None


def _digest(entry: Entry) -> str:
    texts = dict.fromkeys(filter(None, (entry.summary, *entry.content)))
    return _hash(
        entry.title,
        entry.link,
        *(_COUNTER.sub("", " ".join(plain(text, TEXT).split())) for text in texts),
        *(at.isoformat() if at else "" for at in (entry.published, entry.updated)),
    )


def _hash(*parts: str | None) -> str:
    joined = "\x1f".join(part or "" for part in parts)
    return sha256(joined.encode("utf-8", "replace")).hexdigest()[:32]
