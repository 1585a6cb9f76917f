"""When a source is polled and an article is read next."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.polling import schedule
from monitor.errors import Gone, Throttled, Unreachable

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)


def test_few_new_sources_are_polled_at_once_and_many_over_their_interval() -> None:
    assert [schedule.first_poll_at(place, 3, EVERY, NOW) for place in range(3)] == [NOW] * 3
    many = 100_000
    first = [schedule.first_poll_at(place, many, EVERY, NOW) for place in range(many)]
    weekly = schedule.first_poll_at(many - 1, many, timedelta(days=7), NOW)
    assert weekly <= NOW + schedule.ALL_BY
    assert first[: schedule.AT_ONCE] == [NOW] * schedule.AT_ONCE
    a_minute = sum(NOW < at <= NOW + timedelta(minutes=1) for at in first)
    assert a_minute == pytest.approx((many - schedule.AT_ONCE) / 15, rel=0.01)
    assert max(first) < NOW + EVERY


@pytest.mark.parametrize(("jitter", "minutes"), [(-1, 13.5), (0, 15), (1, 16.5)])
def test_an_interval_is_jittered_by_a_tenth(jitter: float, minutes: float) -> None:
    assert schedule.next_poll_at(EVERY, NOW, jitter) - NOW == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("place", "minutes"), [(1_999, 0), (2_000, 0), (2_001, 0.5), (2_029, 14.5)]
)
def test_the_rest_of_many_new_sources_take_even_turns(place: int, minutes: float) -> None:
    assert schedule.first_poll_at(place, 2_030, EVERY, NOW) == NOW + timedelta(minutes=minutes)


def test_one_source_more_than_are_polled_at_once_waits_for_nothing() -> None:
    assert schedule.first_poll_at(2_000, 2_001, EVERY, NOW) == NOW


def test_the_last_of_many_slow_sources_waits_six_hours() -> None:
    due = schedule.first_poll_at(6_000, 6_000, timedelta(days=7), NOW)
    assert due == NOW + timedelta(hours=6)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 30), (2, 45), (10, 165), (500, 1440)])
def test_a_failing_source_slows_down_linearly_to_a_day(failures: int, minutes: int) -> None:
    error = Unreachable("no", url="http://x/")
    due = schedule.poll_retry_at(EVERY, failures, error, NOW, 0)
    assert due == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(("jitter", "minutes"), [(-1, 27), (1, 33)])
def test_the_wait_after_a_failure_is_jittered_by_a_tenth(jitter: float, minutes: int) -> None:
    error = Unreachable("no", url="http://x/")
    due = schedule.poll_retry_at(EVERY, 1, error, NOW, jitter)
    assert due == NOW + timedelta(minutes=minutes)


def test_jitter_does_not_make_a_wait_longer_than_a_day() -> None:
    error = Unreachable("no", url="http://x/")
    assert schedule.poll_retry_at(EVERY, 500, error, NOW, 1) == NOW + timedelta(days=1)


def test_only_410_stops_a_source() -> None:
    gone = Gone("gone", url="http://x/", permanent=True)
    missing = Gone("not found", url="http://x/")
    assert schedule.poll_retry_at(EVERY, 1, gone, NOW, 0) is None
    assert schedule.poll_retry_at(EVERY, 1, missing, NOW, 0) is not None


@pytest.mark.parametrize(("asked", "waits"), [(1, 15), (60, 60), (100_000, 1440)])
def test_retry_after_is_obeyed_between_the_interval_and_a_day(asked: int, waits: int) -> None:
    error = Throttled("wait", url="http://x/", retry_after=timedelta(minutes=asked))
    due = schedule.poll_retry_at(EVERY, 7, error, NOW, 0)
    assert due == NOW + timedelta(minutes=waits)


@pytest.mark.parametrize(
    ("age", "matched", "interval"),
    [
        (timedelta(hours=1), True, timedelta(minutes=15)),
        (timedelta(hours=3, seconds=-1), True, timedelta(minutes=15)),
        (timedelta(hours=3), True, timedelta(minutes=30)),
        (timedelta(hours=24, seconds=-1), True, timedelta(minutes=30)),
        (timedelta(hours=24), True, timedelta(hours=2)),
        (timedelta(hours=1), False, timedelta(hours=2)),
        (timedelta(days=2), True, timedelta(hours=2)),
        (timedelta(days=7, seconds=-1), False, timedelta(hours=2)),
        (timedelta(days=7), False, timedelta(hours=24)),
        (timedelta(days=30, seconds=-1), False, timedelta(hours=24)),
        (timedelta(days=30), True, None),
        (timedelta(days=40), True, None),
    ],
)
def test_an_article_is_read_again_less_often_as_it_ages(
    age: timedelta, matched: bool, interval: timedelta | None
) -> None:
    due = schedule.next_read_at(NOW - age, matched, NOW)
    assert due == (NOW + interval if interval else None)


def test_a_page_that_is_not_available_is_fetched_five_times_more() -> None:
    tries = [schedule.page_retry_at(n, None, NOW) for n in range(1, 7)]
    assert [t - NOW for t in tries if t] == list(schedule.PAGE_RETRY)
    assert tries[-1] is None


def test_a_page_is_tried_again_after_minutes_hours_and_a_day() -> None:
    tries = [schedule.page_retry_at(n, None, NOW) for n in range(1, 6)]
    waits = [(t - NOW).total_seconds() / 60 for t in tries if t]
    assert waits == [5, 30, 120, 360, 1440]


@pytest.mark.parametrize(("asked", "waits"), [(1, 30), (31, 31), (100_000, 1440)])
def test_a_site_may_ask_for_a_longer_wait_before_the_next_try_but_not_above_a_day(
    asked: int, waits: int
) -> None:
    due = schedule.page_retry_at(2, timedelta(minutes=asked), NOW)
    assert due == NOW + timedelta(minutes=waits)


def test_shared_constants_are_in_the_documented_units() -> None:
    assert (timedelta(hours=3), timedelta(days=30)) == (schedule.FRESH_FOR, schedule.REREAD_FOR)
    assert (timedelta(minutes=30), timedelta(hours=1)) == (schedule.GONE_RETRY, schedule.GONE_FOR)
    assert schedule.GONE_TIMES == 3
