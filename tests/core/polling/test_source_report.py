"""What came of asking a source once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.polling import SourceReport, report_failure, report_feed
from monitor.errors import (
    FetchError,
    Gone,
    MonitorError,
    ParseError,
    Refused,
    Throttled,
    Unreachable,
)
from monitor.model import Entry, Feed, Page

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
URL = "http://anna:secret@kjzz.test/rss"
SHOWN = "http://kjzz.test/rss"  # without what is nobody's business
PAGE = Page(url=URL, body=b"", fetched_at=NOW)
OLD = "nothing new for {} days: look whether it is still kept up"


def feed(*ages: timedelta) -> Feed:
    entries = tuple(Entry(key=str(age), published=NOW - age) for age in ages)
    return Feed(format="rss20", entries=entries)


def advice(found: Feed, page: Page = PAGE) -> str | None:
    return report_feed("kjzz", URL, page, found, NOW).advice


def test_a_feed_that_answers_is_reported_with_its_newest_entry_and_without_its_password() -> None:
    found = report_feed("kjzz", URL, PAGE, feed(timedelta(hours=2), timedelta(hours=1)), NOW)
    assert found.row() == {
        "name": "kjzz",
        "result": "ok",
        "status": 200,
        "format": "rss20",
        "entries": 2,
        "newest_at": "2026-01-05T11:00:00Z",
        "url": SHOWN,
        "moved_to": None,
        "error": None,
        "advice": None,
    }


def test_an_entry_that_is_only_updated_has_a_date_and_one_of_tomorrow_none() -> None:
    updated = Entry(key="a", updated=NOW)
    tomorrow = Entry(key="b", published=NOW + timedelta(seconds=1))
    undated = Entry(key="c")
    found = Feed(format="atom10", entries=(updated, tomorrow, undated))
    assert report_feed("kjzz", URL, PAGE, found, NOW).newest_at == NOW
    found = replace(found, entries=(tomorrow, undated))
    assert report_feed("kjzz", URL, PAGE, found, NOW).newest_at is None


def test_a_feed_that_moved_for_good_is_shown_its_new_address_without_its_password() -> None:
    moved = replace(PAGE, moved_to=URL)
    found = report_feed("kjzz", URL, moved, feed(), NOW)
    assert (found.moved_to, found.advice) == (
        SHOWN,
        "it moved for good: write the new address in the configuration",
    )


def test_a_feed_without_entries_may_be_the_wrong_one() -> None:
    assert advice(feed()) == "the feed lists nothing: look whether it is the right one"


def test_a_feed_that_is_silent_for_a_month_may_be_dead() -> None:
    assert advice(feed(timedelta(days=30))) is None
    assert advice(feed(timedelta(days=30, seconds=1))) == OLD.format(30)
    assert advice(Feed(format="rss20", entries=(Entry(key="undated"),))) is None


LATER = "try again later; if it lasts, check the address"
LOGIN = "it wants a login (`username`, `password`, `token`) or refuses our `user_agent`"


@pytest.mark.parametrize(
    ("error", "status", "advice"),
    [
        (ParseError("no feed"), 200, "`sources discover URL` lists the feeds behind a page"),
        (
            Gone("gone", url=URL, status=410, permanent=True),
            410,
            "the site says that it is gone for good: remove it, or find its new address",
        ),
        (
            Gone("not found", url=URL, status=404),
            404,
            "check the address; `sources discover URL` with the site's front page may help",
        ),
        (
            Throttled("wait", url=URL, status=429),
            429,
            "the site wants to be asked less often: a longer `every`",
        ),
        (
            Refused("a private address", url=URL),
            None,
            "if it is your own network: `network.allow_private`",
        ),
        (Unreachable("no", url=URL, status=401), 401, LOGIN),
        (Unreachable("no", url=URL, status=403), 403, LOGIN),
        (Unreachable("no", url=URL, status=500), 500, None),
        (Unreachable("no", url=URL), None, LATER),
        (FetchError("no", url=URL), None, LATER),
        (MonitorError("no"), None, LATER),
    ],
)
def test_a_failure_comes_with_its_status_and_what_its_owner_can_do(
    error: MonitorError, status: int | None, advice: str | None
) -> None:
    found = report_failure("kjzz", URL, error)
    assert found == SourceReport(
        name="kjzz", url=SHOWN, status=status, error=str(error), advice=advice
    )
    assert found.row() == {
        "name": "kjzz",
        "result": "failed",
        "status": status,
        "format": None,
        "entries": None,
        "newest_at": None,
        "url": SHOWN,
        "moved_to": None,
        "error": str(error),
        "advice": advice,
    }
