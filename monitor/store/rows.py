"""Converts between rows and the values of `model`: JSON columns, instants, sketches."""

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
    Level,
    Place,
    Validators,
    utc_instant,
    utc_text,
)

LEASE = timedelta(minutes=30)  # then the work counts as abandoned and is due again
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
PRUNED = "forgotten"  # digest of an entry whose article was deleted by retention


def due_text(at: datetime | None) -> str | None:
    """Format a `due_at`: always with milliseconds, so that text order is time order."""
    if at is None:
        return None
    return f"{at.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"


def to_json(value: Any) -> str:
    """Format a value as compact JSON."""
    return _ENCODE(value)


def entry_to_json(entry: Entry) -> str:
    """Format an entry as JSON, without what later reads do not need."""
    return to_json(
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


def entry_from_json(text: str) -> Entry:
    """Parse what `entry_to_json` wrote, also in an earlier version."""
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


def validators_from_row(row: sqlite3.Row) -> Validators:
    """Read `etag` and `last_modified` of a row."""
    return Validators(etag=row["etag"], last_modified=row["last_modified"])


def dated_text(dated: Dated | None) -> str | None:
    """Format a date as an instant; where only the day is known, the day's first instant."""
    return utc_text(dated.at) if dated else None


def candidates_to_json(candidates: Iterable[DateCandidate]) -> str:
    """Format the dates found in a page, and why each was chosen or not."""
    return to_json(
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


def change_to_json(change: Change | None) -> str | None:
    """Format what a revision changed; None for the first revision."""
    if change is None:
        return None
    return to_json({"title": change.title, "added": change.added, "removed": change.removed})


def change_from_row(row: sqlite3.Row) -> Change | None:
    """Read the change of a revision; None for the first one."""
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


def hit_from_row(row: sqlite3.Row) -> Hit:
    """Read a row of `matches`."""
    return Hit(
        topic=row["topic"],
        place=Place(row["place"]),
        start=row["start"],
        end=row["end"],
        excerpt=row["excerpt"],
        excerpt_at=row["excerpt_at"],
        weight=row["weight"],
        level=Level(row["level"]),
    )


def pack_sketch(sketch: tuple[int, ...]) -> bytes:
    """Pack a sketch as unsigned 32-bit hashes, little endian."""
    return struct.pack(f"<{len(sketch)}I", *sketch)


def unpack_sketch(blob: bytes | None) -> tuple[int, ...]:
    """Unpack what `pack_sketch` packed; empty for None."""
    return struct.unpack(f"<{len(blob) // 4}I", blob) if blob else ()
