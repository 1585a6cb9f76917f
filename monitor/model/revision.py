"""The states of an article, and what changed from one to the next."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    """How much an edit matters to a reader; a headline or a correction outranks other edits."""

    FIRST = "first"
    COSMETIC = "cosmetic"
    MATERIAL = "material"
    HEADLINE = "headline"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From one revision to the next. `score` runs from 0 (reads the same) to 1 (another text)."""

    kind: ChangeKind
    score: float = 0.0
    title: tuple[str, str] | None = None  # the old and the new headline, when they differ
    added: tuple[str, ...] = ()  # sentences
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state of an article, as a reader would have read it."""

    number: int  # 1 is the first
    title: str
    text: str = field(repr=False)
    digest: str
    seen_at: datetime
    published_at: datetime | None = None
    updated_at: datetime | None = None
    change: ChangeKind = ChangeKind.FIRST
    stealth: bool = False  # the text changed and no date on the page moved
    score: float = 0.0
