"""The report of `sources check`: the result of one fetch of a source, and advice to its owner.

Does no fetch itself; addresses in it have their passwords removed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.core.text import redact_url
from monitor.errors import FetchError, Gone, MonitorError, ParseError, Refused, Throttled
from monitor.model import Feed, Page, utc_text

STALE_AFTER = timedelta(days=30)  # without a new entry


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """Result of checking one source. `error` is None for a feed that could be read."""

    name: str
    url: str
    status: int | None = None  # of HTTP; None: no response
    format: str | None = None
    entries: int | None = None
    newest_at: datetime | None = None  # the latest date of an entry
    moved_to: str | None = None  # where permanent redirects led
    error: str | None = None
    advice: str | None = None

    def row(self) -> dict[str, Any]:
        """The values that `sources check` prints, by column."""
        return {
            "name": self.name,
            "result": "failed" if self.error else "ok",
            "status": self.status,
            "format": self.format,
            "entries": self.entries,
            "newest_at": utc_text(self.newest_at),
            "url": self.url,
            "moved_to": self.moved_to,
            "error": self.error,
            "advice": self.advice,
        }


def report_feed(name: str, url: str, page: Page, feed: Feed, now: datetime) -> SourceReport:
    """Report a source whose response is a feed."""
    dates = [at for entry in feed.entries if (at := entry.published or entry.updated)]
    newest = max((at for at in dates if at <= now), default=None)
    return SourceReport(
        name=name,
        url=redact_url(url),
        status=200,
        format=feed.format,
        entries=len(feed.entries),
        newest_at=newest,
        moved_to=redact_url(page.moved_to) if page.moved_to else None,
        advice=_advice_on_feed(page, feed, newest, now),
    )


def _advice_on_feed(page: Page, feed: Feed, newest: datetime | None, now: datetime) -> str | None:
    if page.moved_to:
        return "it moved for good: write the new address in the configuration"
    if not feed.entries:
        return "the feed lists nothing: look whether it is the right one"
    if newest is not None and now - newest > STALE_AFTER:
        return f"nothing new for {(now - newest).days} days: look whether it is still kept up"
    return None


def report_failure(name: str, url: str, error: MonitorError) -> SourceReport:
    """Report a source whose fetch failed or whose response is no feed."""
    status = error.status if isinstance(error, FetchError) else None
    return SourceReport(
        name=name,
        url=redact_url(url),
        status=200 if isinstance(error, ParseError) else status,
        error=str(error),
        advice=_advice_on_failure(error, status),
    )


def _advice_on_failure(error: MonitorError, status: int | None) -> str | None:
    match error:
        case ParseError():
            return "`sources discover URL` lists the feeds behind a page"
        case Gone(permanent=True):
            return "the site says that it is gone for good: remove it, or find its new address"
        case Gone():
            return "check the address; `sources discover URL` with the site's front page may help"
        case Throttled():
            return "the site wants to be asked less often: a longer `every`"
        case Refused():
            return "if it is your own network: `network.allow_private`"
    if status in (401, 403):
        return "it wants a login (`username`, `password`, `token`) or refuses our `user_agent`"
    return "try again later; if it lasts, check the address" if status is None else None
