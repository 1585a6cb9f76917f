"""The RFC 3339 text of an instant, in JSON, webhooks and the database alike."""

from datetime import UTC, datetime


def utc_text(at: datetime) -> str:
    """Format an instant in UTC, to the second: `2019-09-11T14:45:00Z`."""
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def utc_instant(text: str) -> datetime:
    """Parse what `utc_text` wrote, or the same with a fraction of a second or another offset."""
    return datetime.fromisoformat(text).astimezone(UTC)
