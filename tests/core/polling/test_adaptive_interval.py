"""How often a source is polled, and when its operator is warned."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.contracts import ClaimedSource, PublishRate
from monitor.core.polling import (
    adapted_interval,
    failure_trouble,
    publish_rate,
    silence_trouble,
)
from monitor.errors import ParseError, Unreachable
from monitor.model import Entry, Feed
from monitor.settings import PollSettings
from monitor.store.health import SILENT

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)
ADAPTS = PollSettings(min=timedelta(minutes=5), max=timedelta(hours=6))
CLAIMED = ClaimedSource(source="kjzz", url="http://kjzz.test/", lease="1:1")


def feed(*ages: timedelta, ttl: int | None = None, sy_period: str | None = None) -> Feed:
    entries = tuple(Entry(key=str(age), published=NOW - age) for age in ages)
    return Feed(format="rss20", entries=entries, ttl=ttl, sy_period=sy_period)


HOURLY = feed(*(timedelta(hours=n) for n in range(1, 8)))


def test_the_publish_rate_is_the_median_gap_of_the_newest_entries() -> None:
    found = publish_rate(HOURLY, CLAIMED, NOW)
    assert (found.gap, found.newest_at) == (timedelta(hours=1), NOW - timedelta(hours=1))


def test_a_date_in_the_future_is_ignored() -> None:
    found = publish_rate(feed(timedelta(hours=-5), timedelta(hours=1)), CLAIMED, NOW)
    assert found.newest_at == NOW - timedelta(hours=1)


def test_without_limits_the_interval_is_as_configured() -> None:
    rate = PublishRate(gap=timedelta(days=1))
    assert adapted_interval(EVERY, PollSettings(), rate, HOURLY, 3600) == EVERY


@pytest.mark.parametrize(
    ("gap", "wanted"),
    [
        (timedelta(hours=1), timedelta(minutes=30)),
        (timedelta(minutes=2), timedelta(minutes=5)),
        (timedelta(days=9), timedelta(hours=6)),
    ],
)
def test_between_its_limits_the_interval_is_half_the_sources_gap(
    gap: timedelta, wanted: timedelta
) -> None:
    assert adapted_interval(EVERY, ADAPTS, PublishRate(gap=gap), HOURLY, None) == wanted


def test_an_unchanged_response_lengthens_the_interval() -> None:
    rate = PublishRate(interval=timedelta(minutes=20), gap=timedelta(hours=1))
    assert adapted_interval(EVERY, ADAPTS, rate, None, None) == timedelta(minutes=24)


@pytest.mark.parametrize(
    ("found", "max_age", "least"),
    [
        (feed(ttl=90), None, timedelta(minutes=90)),
        (feed(sy_period="hourly"), None, timedelta(hours=1)),
        (feed(), 7200, timedelta(hours=2)),
    ],
)
def test_the_interval_is_at_least_what_the_feed_asks_for(
    found: Feed, max_age: int | None, least: timedelta
) -> None:
    rate = PublishRate(gap=timedelta(minutes=20))
    assert adapted_interval(EVERY, ADAPTS, rate, found, max_age) == least


def test_a_source_that_publishes_far_less_than_before_is_in_trouble() -> None:
    rate = PublishRate(gap=timedelta(hours=1), newest_at=NOW - timedelta(days=3))
    assert silence_trouble(rate, NOW) == (
        "has published nothing for 3 days; it used to every 1 hour"
    )
    # The store recognises the warning by its beginning.
    assert str(silence_trouble(rate, NOW)).startswith(SILENT)
    assert silence_trouble(replace(rate, newest_at=NOW - timedelta(hours=20)), NOW) is None
    assert silence_trouble(replace(rate, gap=timedelta(days=7)), NOW) is None
    assert silence_trouble(PublishRate(), NOW) is None


def test_a_source_that_fails_for_long_is_in_trouble_and_not_before() -> None:
    error = Unreachable("HTTP 500", url="http://kjzz.test/")
    failing = replace(CLAIMED, failures=9, answered_at=NOW - timedelta(hours=7))
    assert "has failed for 7 hours (10 times in a row): HTTP 500" in str(
        failure_trouble(failing, error, NOW)
    )
    assert failure_trouble(replace(failing, failures=2), error, NOW) is None
    assert failure_trouble(replace(failing, answered_at=NOW), error, NOW) is None


def test_a_source_that_turned_into_a_page_is_in_trouble_after_three_times() -> None:
    error = ParseError("not a feed: an HTML page")
    claimed = replace(CLAIMED, body_digest="ab12")
    assert failure_trouble(replace(claimed, failures=1), error, NOW) is None
    assert failure_trouble(replace(claimed, failures=2), error, NOW) == (
        "is no feed any more: not a feed: an HTML page"
    )


def test_a_source_that_was_never_a_feed_is_not_reported_as_none_any_more() -> None:
    error = ParseError("not a feed: an HTML page")
    assert failure_trouble(replace(CLAIMED, failures=2), error, NOW) == (
        "is no feed: not a feed: an HTML page"
    )
