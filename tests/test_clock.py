"""A step of the wall clock is seen, drift is not one."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import SteadyClock

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Hands:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.wall_at, self.ran_s = START, 100.0

    def wall(self) -> datetime:
        return self.wall_at

    def monotonic_s(self) -> float:
        return self.ran_s


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
    hands = Hands()
    steady = SteadyClock(hands.wall, hands.monotonic_s)
    hands.wall_at, hands.ran_s = START + timedelta(seconds=wall_s), 100.0 + monotonic_s
    assert steady() == START + timedelta(seconds=monotonic_s)  # until the resync
    assert steady.resync() == step
    assert steady() == hands.wall_at


def test_a_step_is_reported_once() -> None:
    hands = Hands()
    steady = SteadyClock(hands.wall, hands.monotonic_s)
    hands.wall_at += timedelta(days=1)
    assert steady.resync() is not None
    hands.wall_at, hands.ran_s = hands.wall_at + timedelta(seconds=1), 101.0
    assert steady.resync() is None
