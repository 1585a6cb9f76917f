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
from monitor.model import Entry, Feed, UnchangedEntries
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


def test_the_newest_twenty_dates_count_and_those_of_unchanged_entries_with_them() -> None:
    """Ten gaps of an hour and nine of a day; with one more of a day, the median would move."""
    ages = [timedelta(hours=n) for n in range(11)]
    ages += [timedelta(hours=10, days=n) for n in range(1, 30)]
    assert publish_rate(feed(*ages), CLAIMED, NOW).gap == timedelta(hours=1)
    unchanged = UnchangedEntries(published=frozenset(NOW - age for age in ages))
    found = publish_rate(replace(feed(), unchanged=unchanged), CLAIMED, NOW)
    assert (found.gap, found.newest_at) == (timedelta(hours=1), NOW)


def test_what_a_feed_does_not_show_of_its_rate_stays_as_stored() -> None:
    known = PublishRate(interval=EVERY, gap=timedelta(hours=5), newest_at=NOW - timedelta(days=1))
    claimed = replace(CLAIMED, publish_rate=known)
    assert publish_rate(feed(), claimed, NOW) == known
    one = publish_rate(feed(timedelta(0)), claimed, NOW)
    assert one == replace(known, newest_at=NOW)
    two = publish_rate(feed(timedelta(0), timedelta(hours=2)), claimed, NOW)
    assert two == PublishRate(interval=EVERY, gap=timedelta(hours=2), newest_at=NOW)


def test_a_date_in_the_future_is_ignored() -> None:
    found = publish_rate(feed(timedelta(hours=-5), timedelta(hours=1)), CLAIMED, NOW)
    assert found.newest_at == NOW - timedelta(hours=1)


def test_without_limits_the_interval_is_as_configured() -> None:
    rate = PublishRate(gap=timedelta(days=1))
    one_limit = (PollSettings(min=timedelta(hours=1)), PollSettings(max=timedelta(hours=1)))
    for poll in (PollSettings(), *one_limit):
        assert adapted_interval(EVERY, poll, rate, HOURLY, 3600) == EVERY


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
    unknown = PublishRate()  # no poll has set an interval, and no feed showed a gap
    assert adapted_interval(EVERY, ADAPTS, unknown, None, None) == timedelta(minutes=18)
    assert adapted_interval(EVERY, ADAPTS, unknown, feed(), None) == timedelta(minutes=18)


@pytest.mark.parametrize(
    ("found", "max_age", "least"),
    [
        (feed(ttl=90), None, timedelta(minutes=90)),
        (feed(sy_period="Hourly"), None, timedelta(hours=1)),
        (feed(sy_period="now and then"), None, timedelta(minutes=10)),
        (feed(sy_period="hourly", ttl=90), 100, timedelta(minutes=90)),
        (feed(), 7200, timedelta(hours=2)),
    ],
)
def test_the_interval_is_at_least_what_the_feed_asks_for(
    found: Feed, max_age: int | None, least: timedelta
) -> None:
    rate = PublishRate(gap=timedelta(minutes=20))
    assert adapted_interval(EVERY, ADAPTS, rate, found, max_age) == least


@pytest.mark.parametrize(
    ("period", "days"), [("daily", 1), ("weekly", 7), ("monthly", 30), ("yearly", 365)]
)
def test_an_update_period_is_as_long_as_its_name_says(period: str, days: int) -> None:
    poll = PollSettings(min=timedelta(minutes=5), max=timedelta(days=999))
    interval = adapted_interval(EVERY, poll, PublishRate(), feed(sy_period=period), None)
    assert interval == timedelta(days=days)


def test_a_feed_that_asks_for_nothing_may_be_polled_at_once() -> None:
    poll = PollSettings(min=timedelta(0), max=timedelta(hours=6))
    rate = PublishRate(gap=timedelta(microseconds=2))
    assert adapted_interval(EVERY, poll, rate, feed(), None) == timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("gap", "silence", "in_trouble"),
    [
        (timedelta(hours=1), timedelta(hours=48, seconds=-1), False),
        (timedelta(hours=1), timedelta(hours=48), True),
        (timedelta(hours=10), timedelta(hours=100, seconds=-1), False),
        (timedelta(hours=10), timedelta(hours=100), True),
    ],
)
def test_silence_is_trouble_after_ten_gaps_and_two_days(
    gap: timedelta, silence: timedelta, in_trouble: bool
) -> None:
    rate = PublishRate(gap=gap, newest_at=NOW - silence)
    assert (silence_trouble(rate, NOW) is not None) is in_trouble


def test_silence_is_no_trouble_of_a_source_whose_rate_is_half_known() -> None:
    assert silence_trouble(PublishRate(gap=timedelta(hours=1)), NOW) is None
    assert silence_trouble(PublishRate(newest_at=NOW - timedelta(days=99)), NOW) is None


@pytest.mark.parametrize(
    ("gap", "shown"),
    [
        (timedelta(seconds=1), "1 minute"),
        (timedelta(seconds=90), "2 minutes"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(minutes=60), "1 hour"),
        (timedelta(minutes=90, seconds=1), "2 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(hours=61), "3 days"),
        (timedelta(days=200), "200 days"),
    ],
)
def test_a_length_of_time_is_shown_rounded(gap: timedelta, shown: str) -> None:
    rate = PublishRate(gap=gap, newest_at=NOW - timedelta(days=4_000))
    assert str(silence_trouble(rate, NOW)).endswith(f"; it used to every {shown}")


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
    assert failure_trouble(replace(failing, answered_at=NOW), error, NOW) is None
    assert failure_trouble(replace(failing, answered_at=None), error, NOW) is None


@pytest.mark.parametrize(
    ("failures", "since", "in_trouble"),
    [
        (3, timedelta(hours=6), False),
        (4, timedelta(hours=6, seconds=-1), False),
        (4, timedelta(hours=6), True),
    ],
)
def test_five_failures_over_six_hours_are_trouble(
    failures: int, since: timedelta, in_trouble: bool
) -> None:
    error = Unreachable("HTTP 500", url="http://kjzz.test/")
    claimed = replace(CLAIMED, failures=failures, answered_at=NOW - since)
    assert (failure_trouble(claimed, error, NOW) is not None) is in_trouble


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
