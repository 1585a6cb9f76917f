"""The RFC 3339 text of an instant, in JSON, webhooks and the database alike."""

from datetime import UTC, datetime
from typing import overload


@overload
def utc_text(at: datetime) -> str: ...
@overload
def utc_text(at: datetime | None) -> str | None: ...
def utc_text(at: datetime | None) -> str | None:
    """Format an instant in UTC, to the second: `2019-09-11T14:45:00Z`. None stays None."""
    return None if at is None else f"{at.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


@overload
def utc_instant(text: str) -> datetime: ...
@overload
def utc_instant(text: str | None) -> datetime | None: ...
def utc_instant(text: str | None) -> datetime | None:
    """Parse an RFC 3339 text of any precision and offset. None stays None."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
