"""Row ↔ model: how values stand in the tables."""

import json
import sqlite3
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import (
    Change,
    ChangeKind,
    DateCandidate,
    Dated,
    Entry,
    Hit,
    Place,
    Validators,
    utc_instant,
    utc_text,
)

LEASE = timedelta(minutes=30)  # past this a worker is given up for lost
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
FORGOTTEN = "forgotten"  # the digest of an entry whose article is kept no more


def due_text(at: datetime | None) -> str | None:
    """A `due_at`: always with milliseconds, so that text order is time order."""
    if at is None:
        return None
    return f"{at.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"


def dumped(value: Any) -> str:
    return _ENCODE(value)


def entry_text(entry: Entry) -> str:
    """What a feed said, as JSON."""
    return dumped(
        {
            "key": entry.key,
            "id": entry.id,
            "link": entry.link,
            "title": entry.title,
            "published": utc_text(entry.published),
            "updated": utc_text(entry.updated),
            "authors": entry.authors,
            "summary": entry.summary,
            "content": entry.content,
            "categories": entry.categories,
            "language": entry.language,
            "digest": entry.digest,
            "text_digest": entry.text_digest,
        }
    )


def entry_of(text: str) -> Entry:
    fields = json.loads(text)
    return Entry(
        key=fields["key"],
        id=fields["id"],
        link=fields["link"],
        title=fields["title"],
        published=utc_instant(fields["published"]),
        updated=utc_instant(fields["updated"]),
        authors=tuple(fields["authors"]),
        summary=fields["summary"],
        content=tuple(fields["content"]),
        categories=tuple(fields["categories"]),
        language=fields["language"],
        digest=fields["digest"],
        text_digest=fields.get("text_digest", ""),
    )


def validators_of(row: sqlite3.Row) -> Validators:
    return Validators(etag=row["etag"], last_modified=row["last_modified"])


def day_or_instant(dated: Dated | None) -> str | None:
    """In the database an instant, also where only the day is known: its first one."""
    return utc_text(dated.at) if dated else None


def candidates_text(candidates: Iterable[DateCandidate]) -> str:
    return dumped(
        [
            {
                "field": c.field,
                "origin": c.origin.value,
                "raw": c.raw,
                "at": c.dated.text() if c.dated else None,
                "verdict": c.verdict,
            }
            for c in candidates
        ]
    )


def change_text(change: Change | None) -> str | None:
    if change is None:
        return None
    return dumped({"title": change.title, "added": change.added, "removed": change.removed})


def change_of(row: sqlite3.Row) -> Change | None:
    """The change a revision brought; None for the first one."""
    if row["detail"] is None:
        return None
    detail = json.loads(row["detail"])
    return Change(
        kind=ChangeKind(row["change"]),
        score=row["score"],
        title=(detail["title"][0], detail["title"][1]) if detail["title"] else None,
        added=tuple(detail["added"]),
        removed=tuple(detail["removed"]),
    )


def hit_of(row: sqlite3.Row) -> Hit:
    return Hit(
        topic=row["topic"],
        place=Place(row["place"]),
        start=row["start"],
        end=row["end"],
        excerpt=row["excerpt"],
        excerpt_at=row["excerpt_at"],
        weight=row["weight"],
    )


def packed(sketch: tuple[int, ...]) -> bytes:
    """A sketch as bytes: unsigned 32-bit hashes, little endian."""
    return struct.pack(f"<{len(sketch)}I", *sketch)


def unpacked(blob: bytes | None) -> tuple[int, ...]:
    return struct.unpack(f"<{len(blob) // 4}I", blob) if blob else ()
