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


@pytest.mark.parametrize(("failures", "minutes"), [(1, 30), (2, 45), (10, 165), (500, 1440)])
def test_a_failing_source_slows_down_linearly_to_a_day(failures: int, minutes: int) -> None:
    error = Unreachable("no", url="http://x/")
    due = schedule.poll_retry_at(EVERY, failures, error, NOW, 0)
    assert due == NOW + timedelta(minutes=minutes)


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
        (timedelta(hours=5), True, timedelta(minutes=30)),
        (timedelta(hours=1), False, timedelta(hours=2)),
        (timedelta(days=2), True, timedelta(hours=2)),
        (timedelta(days=20), False, timedelta(hours=24)),
        (timedelta(days=40), True, None),
    ],
)
def test_an_article_is_read_again_less_often_as_it_ages(
    age: timedelta, matched: bool, interval: timedelta | None
) -> None:
    due = schedule.next_read_at(NOW - age, matched, NOW)
    assert due == (NOW + interval if interval else None)


def test_a_page_that_cannot_be_had_is_tried_five_times_more() -> None:
    tries = [schedule.page_retry_at(n, None, NOW) for n in range(1, 7)]
    assert [t - NOW for t in tries if t] == list(schedule.PAGE_RETRY)
    assert tries[-1] is None
