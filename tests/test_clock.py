"""A step of the wall clock is seen, drift is not one."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import StepWatch

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall_s", "monotonic_s", "step"),
    [
        (1, 1, None),
        (30, 1, None),
        (3601, 1, timedelta(hours=1)),
        (-172_799, 1, timedelta(days=-2)),
        (3600, 3600, None),
    ],
)
def test_the_wall_is_compared_with_the_monotonic_clock(
    wall_s: int, monotonic_s: int, step: timedelta | None
) -> None:
    watch = StepWatch(START, 100.0)
    assert watch.step(START + timedelta(seconds=wall_s), 100.0 + monotonic_s) == step


def test_a_step_is_told_once() -> None:
    watch = StepWatch(START, 0.0)
    assert watch.step(START + timedelta(days=1), 1.0) is not None
    assert watch.step(START + timedelta(days=1, seconds=1), 2.0) is None
