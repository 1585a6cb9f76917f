"""Digests and quiet hours by local time, across DST changes too."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.digest_times import next_digest, quiet_until
from monitor.settings import DigestTime, Quiet

YEARS = datetime(2025, 1, 1, tzinfo=UTC)
ZONES = ("America/Phoenix", "America/New_York", "Europe/Madrid")


def digests(zone: str, at: time, start: datetime, days: int) -> list[datetime]:
    """All digests of so many days, each computed when the one before is due."""
    found, now = [], start
    while now < start + timedelta(days=days):
        now = next_digest(DigestTime(at=at), zone, now)
        found.append(now)
    return found


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Europe/Madrid", datetime(2026, 3, 29, tzinfo=UTC)),
        ("Europe/Madrid", datetime(2026, 10, 25, tzinfo=UTC)),
        ("America/Phoenix", datetime(2026, 3, 8, tzinfo=UTC)),
        ("America/Phoenix", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("at", [time(1, 30), time(2, 30), time(3)])
def test_a_digest_comes_once_on_the_day_the_clocks_change(
    zone: str, change: datetime, at: time
) -> None:
    sent = digests(zone, at, change - timedelta(days=2), days=4)
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert all(timedelta(hours=23) <= gap <= timedelta(hours=25) for gap in gaps)
    days = [at.astimezone(ZoneInfo(zone)).date() for at in sent]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]


def test_a_local_time_that_is_repeated_counts_the_first_time_only() -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 in New York, before the change
    digest = DigestTime(at=time(1, 30))
    assert next_digest(digest, "America/New_York", first - timedelta(minutes=1)) == first
    following = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    assert next_digest(digest, "America/New_York", first) == following


def test_a_weekly_digest_comes_on_its_day() -> None:
    monday = DigestTime(at=time(8), weekday=0)
    found = next_digest(monday, "America/Phoenix", datetime(2026, 1, 6, 15, tzinfo=UTC))
    assert found == datetime(2026, 1, 12, 15, tzinfo=UTC)


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda m: YEARS + timedelta(minutes=m)),
    st.times(),
    st.sampled_from(ZONES),
    st.one_of(st.none(), st.integers(0, 6)),
)
def test_the_next_digest_is_in_the_future_and_within_its_period(
    now: datetime, at: time, zone: str, weekday: int | None
) -> None:
    at = at.replace(tzinfo=None, second=0, microsecond=0)
    found = next_digest(DigestTime(at=at, weekday=weekday), zone, now)
    assert timedelta(0) < found - now <= timedelta(days=1 if weekday is None else 7, hours=1)


NIGHT = Quiet(start=time(22), end=time(6, 30))
NOON = Quiet(start=time(12), end=time(13))


@pytest.mark.parametrize(
    ("quiet", "hour", "minute", "ends"),
    [
        (NIGHT, 21, 59, None),
        (NIGHT, 22, 0, (6, 6, 30)),
        (NIGHT, 23, 30, (6, 6, 30)),
        (NIGHT, 3, 0, (5, 6, 30)),
        (NIGHT, 6, 29, (5, 6, 30)),
        (NIGHT, 6, 30, None),
        (NOON, 12, 0, (5, 13, 0)),
        (NOON, 13, 0, None),
    ],
)
def test_quiet_hours_hold_until_they_end(
    quiet: Quiet, hour: int, minute: int, ends: tuple[int, int, int] | None
) -> None:
    phoenix = timedelta(hours=7)
    now = datetime(2026, 1, 5, hour, minute, tzinfo=UTC) + phoenix
    wanted = datetime(2026, 1, *ends, tzinfo=UTC) + phoenix if ends else None
    assert quiet_until(quiet, "America/Phoenix", now) == wanted
