from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.retry import next_attempt_at
from monitor.errors import DeliveryError
from monitor.settings import RETRY

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FAILED = DeliveryError("no", channel="hook")


def asked(wait: timedelta) -> DeliveryError:
    return DeliveryError("no", channel="hook", retry_after=wait)


def wait(attempts: int, error: DeliveryError = FAILED, jitter: float = 0.0) -> timedelta:
    at = next_attempt_at(RETRY, attempts, error, NOW, jitter)
    assert at is not None
    return at - NOW


def test_each_failure_waits_as_the_schedule_says() -> None:
    assert [wait(attempts) for attempts in range(1, 10)] == list(RETRY)


def test_after_the_last_step_a_message_is_given_up() -> None:
    assert next_attempt_at(RETRY, len(RETRY) + 1, FAILED, NOW, 0.0) is None
    assert next_attempt_at((), 1, FAILED, NOW, 0.0) is None


def test_a_permanent_error_is_never_retried() -> None:
    gone = DeliveryError("gone", channel="hook", permanent=True, retry_after=timedelta(seconds=1))
    assert next_attempt_at(RETRY, 1, gone, NOW, 0.0) is None


@pytest.mark.parametrize(("jitter", "seconds"), [(-1, 240), (0, 300), (1, 360)])
def test_a_wait_spreads_by_a_fifth(jitter: int, seconds: int) -> None:
    assert wait(2, jitter=jitter) == timedelta(seconds=seconds)


def test_retry_after_replaces_the_wait_of_the_schedule() -> None:
    assert wait(1, asked(timedelta(minutes=7))) == timedelta(minutes=7)
    assert wait(2, asked(timedelta(seconds=40))) == timedelta(seconds=40)


def test_a_receiver_can_ask_for_a_day_at_most() -> None:
    assert wait(1, asked(timedelta(days=400)), jitter=1.0) == timedelta(hours=24)


def test_a_retry_after_of_zero_does_not_use_up_the_attempts_in_a_minute() -> None:
    total = sum((wait(n, asked(timedelta())) for n in range(1, 10)), timedelta())
    assert total > timedelta(hours=6)


@given(
    st.integers(1, 9),
    st.none() | st.timedeltas(timedelta(), timedelta(days=10_000)),
    st.floats(-1, 1),
)
def test_a_wait_is_at_least_retry_after_and_at_most_a_day(
    attempts: int, retry_after: timedelta | None, jitter: float
) -> None:
    error = DeliveryError("no", channel="hook", retry_after=retry_after)
    waited = wait(attempts, error, jitter)
    assert timedelta() <= waited <= timedelta(hours=24) * 1.2
    if retry_after is not None:
        assert min(retry_after, timedelta(hours=24)) <= waited <= timedelta(hours=24)
