"""How often a source is asked, and when it is in trouble."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.contracts import ClaimedSource, PublishRate
from monitor.core.polling import adaptive_interval as rhythm
from monitor.errors import ParseError, Unreachable
from monitor.model import Entry, Feed
from monitor.settings import PollSettings
from monitor.store.health import SILENT

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)
ADAPTS = PollSettings(min=timedelta(minutes=5), max=timedelta(hours=6))
WATCH = ClaimedSource(source="kjzz", url="http://kjzz.test/", lease="1:1")


def feed(*ages: timedelta, ttl: int | None = None, sy_period: str | None = None) -> Feed:
    entries = tuple(Entry(key=str(age), published=NOW - age) for age in ages)
    return Feed(format="rss20", entries=entries, ttl=ttl, sy_period=sy_period)


HOURLY = feed(*(timedelta(hours=n) for n in range(1, 8)))


def test_the_beat_is_the_median_gap_of_the_newest_stamps() -> None:
    found = rhythm.publish_rate(HOURLY, WATCH, NOW)
    assert (found.gap, found.newest_at) == (timedelta(hours=1), NOW - timedelta(hours=1))


def test_a_stamp_in_the_future_tells_nothing() -> None:
    found = rhythm.publish_rate(feed(timedelta(hours=-5), timedelta(hours=1)), WATCH, NOW)
    assert found.newest_at == NOW - timedelta(hours=1)


def test_without_limits_the_interval_is_as_configured() -> None:
    beat = PublishRate(gap=timedelta(days=1))
    assert rhythm.adapted_interval(EVERY, PollSettings(), beat, HOURLY, 3600) == EVERY


@pytest.mark.parametrize(
    ("gap", "wanted"),
    [
        (timedelta(hours=1), timedelta(minutes=30)),
        (timedelta(minutes=2), timedelta(minutes=5)),
        (timedelta(days=9), timedelta(hours=6)),
    ],
)
def test_between_its_limits_it_follows_the_source(gap: timedelta, wanted: timedelta) -> None:
    assert rhythm.adapted_interval(EVERY, ADAPTS, PublishRate(gap=gap), HOURLY, None) == wanted


def test_an_unchanged_answer_slows_it() -> None:
    beat = PublishRate(interval=timedelta(minutes=20), gap=timedelta(hours=1))
    assert rhythm.adapted_interval(EVERY, ADAPTS, beat, None, None) == timedelta(minutes=24)


@pytest.mark.parametrize(
    ("said", "max_age", "least"),
    [
        (feed(ttl=90), None, timedelta(minutes=90)),
        (feed(sy_period="hourly"), None, timedelta(hours=1)),
        (feed(), 7200, timedelta(hours=2)),
    ],
)
def test_what_the_feed_asks_for_is_its_least(
    said: Feed, max_age: int | None, least: timedelta
) -> None:
    beat = PublishRate(gap=timedelta(minutes=20))
    assert rhythm.adapted_interval(EVERY, ADAPTS, beat, said, max_age) == least


def test_a_source_that_is_silent_against_its_rhythm_is_in_trouble() -> None:
    beat = PublishRate(gap=timedelta(hours=1), newest_at=NOW - timedelta(days=3))
    assert rhythm.silence_trouble(beat, NOW) == (
        "has published nothing for 3 days; it used to every 1 hour"
    )
    assert str(rhythm.silence_trouble(beat, NOW)).startswith(SILENT)  # by which the store knows it
    assert rhythm.silence_trouble(replace(beat, newest_at=NOW - timedelta(hours=20)), NOW) is None
    assert rhythm.silence_trouble(replace(beat, gap=timedelta(days=7)), NOW) is None
    assert rhythm.silence_trouble(PublishRate(), NOW) is None


def test_a_source_that_fails_for_long_is_in_trouble_and_not_before() -> None:
    error = Unreachable("HTTP 500", url="http://kjzz.test/")
    failing = replace(WATCH, failures=9, answered_at=NOW - timedelta(hours=7))
    assert "has failed for 7 hours (10 times in a row): HTTP 500" in str(
        rhythm.failure_trouble(failing, error, NOW)
    )
    assert rhythm.failure_trouble(replace(failing, failures=2), error, NOW) is None
    assert rhythm.failure_trouble(replace(failing, answered_at=NOW), error, NOW) is None


def test_a_source_that_turned_into_a_page_is_in_trouble_after_three_times() -> None:
    error = ParseError("not a feed: an HTML page")
    watch = replace(WATCH, body_digest="ab12")
    assert rhythm.failure_trouble(replace(watch, failures=1), error, NOW) is None
    assert rhythm.failure_trouble(replace(watch, failures=2), error, NOW) == (
        "is no feed any more: not a feed: an HTML page"
    )


def test_a_source_that_never_was_a_feed_is_not_called_one_any_more() -> None:
    error = ParseError("not a feed: an HTML page")
    assert rhythm.failure_trouble(replace(WATCH, failures=2), error, NOW) == (
        "is no feed: not a feed: an HTML page"
    )
