"""Now, or later with others: which of a channel's settings decides."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from monitor.contracts import Known
from monitor.core.alerts.batching import DIGEST, Hold, hold, rehold
from monitor.core.alerts.batching import QUIET as QUIET_HOURS
from monitor.settings import DigestTime, Group, Pace, Quiet

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
PLAIN = Pace(max_per_hour=0)
QUIET = Quiet(start=time(11), end=time(13))
GROUPED = replace(PLAIN, group=Group())


def held(
    pace: Pace,
    *topics: str,
    breaking: bool = False,
    recent: int = 0,
    last: datetime | None = None,
) -> Hold | None:
    known = Known(
        recent={("desk", "tariff"): recent},
        held={("desk", "group tariff"): last} if last else {},
    )
    return hold(
        "desk",
        frozenset(topics or ("tariff",)),
        "kjzz",
        breaking=breaking,
        pace=pace,
        known=known,
        now=NOW,
    )


def test_a_channel_without_a_pace_sends_at_once() -> None:
    assert held(PLAIN) is None


def test_messages_beyond_the_hourly_limit_wait_five_minutes() -> None:
    pace = Pace(max_per_hour=20)
    assert held(pace, recent=19) is None
    assert held(pace, recent=20) == Hold(until=NOW + timedelta(minutes=5), group="surplus")


def test_a_message_is_sent_while_one_of_its_topics_is_within_its_limit() -> None:
    assert held(Pace(max_per_hour=20), "tariff", "border", recent=20) is None


def test_the_first_alert_of_a_group_is_held_for_others() -> None:
    assert held(GROUPED) == Hold(until=NOW + timedelta(seconds=30), group="group tariff")


@pytest.mark.parametrize(("ago_s", "waits_s"), [(10, 290), (290, 30), (4000, 30)])
def test_the_messages_of_a_group_are_an_interval_apart(ago_s: int, waits_s: int) -> None:
    found = held(GROUPED, last=NOW - timedelta(seconds=ago_s))
    assert found is not None
    assert found.until == NOW + timedelta(seconds=waits_s)


def test_groups_may_be_made_by_source_too() -> None:
    found = held(replace(PLAIN, group=Group(by=("topic", "source"))), "tariff", "border")
    assert found is not None
    assert found.group == "group border, tariff / kjzz"


def test_breaking_news_is_not_held_for_a_group() -> None:
    assert held(GROUPED, breaking=True) is None


def test_a_digest_collects_everything_until_its_time() -> None:
    pace = replace(PLAIN, digest=DigestTime(at=time(18)), timezone="UTC")
    assert held(pace, breaking=True) == Hold(until=NOW.replace(hour=18), group="digest")


@pytest.mark.parametrize(
    ("exempt", "breaking", "is_held"),
    [
        (frozenset(), False, True),
        (frozenset(), True, True),
        (frozenset({"breaking"}), True, False),
        (frozenset({"breaking"}), False, True),
        (frozenset({"tariff"}), False, False),
    ],
)
def test_quiet_hours_hold_all_but_what_is_exempt(
    exempt: frozenset[str], breaking: bool, is_held: bool
) -> None:
    found = held(replace(PLAIN, quiet=replace(QUIET, exempt=exempt)), breaking=breaking)
    assert (found == Hold(until=NOW.replace(hour=13), group="quiet")) is is_held


NIGHTLY = replace(PLAIN, quiet=QUIET, digest=DigestTime(at=time(18)))


@pytest.mark.parametrize(
    ("group", "until", "now", "again"),
    [
        (QUIET_HOURS, NOW.replace(year=2027, hour=13), NOW, NOW.replace(hour=13)),
        (QUIET_HOURS, NOW.replace(hour=13), NOW.replace(hour=14), NOW.replace(hour=14)),
        (QUIET_HOURS, NOW.replace(day=4, hour=13), NOW, NOW.replace(hour=13)),
        (DIGEST, NOW.replace(year=2027, hour=18), NOW, NOW.replace(hour=18)),
        (DIGEST, NOW.replace(hour=11), NOW, NOW),
        ("surplus", NOW.replace(hour=13), NOW, None),
    ],
)
def test_after_a_clock_change_a_hold_ends_by_the_new_local_time(
    group: str, until: datetime, now: datetime, again: datetime | None
) -> None:
    assert rehold(group, NIGHTLY, until, now) == again


def test_a_hold_ends_when_its_quiet_hours_or_digest_are_gone_from_the_configuration() -> None:
    assert rehold(QUIET_HOURS, PLAIN, NOW.replace(year=2027), NOW) == NOW
    assert rehold(DIGEST, None, NOW.replace(year=2027), NOW) == NOW
