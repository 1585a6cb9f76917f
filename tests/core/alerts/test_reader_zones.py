"""Days and hours are the reader's, where they are not those of UTC."""

from datetime import UTC, datetime, time, timedelta

from core.alerts.test_routing import NOW, new, policy, topic
from monitor.contracts import Known, PendingAlert
from monitor.core.alerts.damping import damped_until
from monitor.core.alerts.digest_times import next_digest, quiet_until
from monitor.core.alerts.retry import next_attempt_at
from monitor.core.alerts.routing import outgoing_messages
from monitor.errors import DeliveryError
from monitor.model import ArticleId, Reason
from monitor.settings import DigestTime, Group, Pace, Quiet

EVENING = datetime(2026, 1, 6, 5, tzinfo=UTC)  # 22:00 of the 5th in Phoenix
MORNING = datetime(2026, 1, 5, 20, tzinfo=UTC)  # 05:00 of the 6th in Tokyo
PHOENIX, TOKYO = "America/Phoenix", "Asia/Tokyo"
ARTICLE = ArticleId(7)
UPDATE = PendingAlert(topic="a", reason=Reason.UPDATED)


def test_updates_are_counted_by_the_readers_day_and_wait_for_its_end() -> None:
    sent = [EVENING - timedelta(hours=14)]
    found = damped_until([UPDATE], [topic("a", at_most=1)], sent, PHOENIX, EVENING)
    assert found == EVENING + timedelta(hours=2)


def test_a_digest_of_this_evening_goes_out_this_evening() -> None:
    found = next_digest(DigestTime(at=time(23)), PHOENIX, EVENING)
    assert found == EVENING + timedelta(hours=1)


def test_quiet_hours_of_this_morning_are_quiet_in_a_zone_ahead() -> None:
    found = quiet_until(Quiet(start=time(4), end=time(6)), TOKYO, MORNING)
    assert found == MORNING + timedelta(hours=1)


def test_quiet_hours_that_end_when_they_begin_are_the_whole_day() -> None:
    whole = Quiet(start=time(12), end=time(12))
    assert quiet_until(whole, "UTC", NOW) == NOW + timedelta(days=1)
    assert quiet_until(whole, "UTC", NOW - timedelta(seconds=1)) == NOW


def test_a_receiver_shortens_a_wait_to_a_tenth() -> None:
    at_once = DeliveryError("no", channel="hook", retry_after=timedelta(0))
    due = next_attempt_at((timedelta(minutes=10),), 1, at_once, NOW, 0.0)
    assert due == NOW + timedelta(minutes=1)


def test_a_channel_has_its_own_pace_zone_and_counts() -> None:
    paces = {
        "desk": Pace(max_per_hour=2, timezone=PHOENIX),
        "hook": Pace(max_per_hour=2, group=Group(by=("source",))),
    }
    rules = policy(topic("a", Reason.NEW, at_most=1), paces=paces)
    known = Known(
        recent={("desk", "a"): 2, ("hook", "a"): 1},
        updates={("desk", ARTICLE): (NOW,)},
    )
    desk, hook = outgoing_messages((new("a"),), "kjzz", frozenset(), rules, known)
    assert (desk.group, hook.group) == ("surplus", "group kjzz")
    desk, hook = outgoing_messages((UPDATE,), "kjzz", frozenset(), rules, known, ARTICLE)
    assert desk.hold_until == datetime(2026, 1, 6, 7, tzinfo=UTC)
    assert (desk.group, hook.group) == ("edits 7", "group kjzz")


def test_a_limit_of_one_counts_nothing_that_was_not_sent() -> None:
    rules = policy(topic("a"), paces={"desk": Pace(max_per_hour=1)})
    desk, _ = outgoing_messages((new("a"),), "kjzz", frozenset(), rules, Known())
    assert desk.hold_until is None


def test_undated_articles_wait_for_the_quiet_hours_that_hold_them() -> None:
    quiet = Pace(quiet=Quiet(start=time(11), end=time(13)))
    rules = policy(topic("a"), undated=True, paces={"desk": quiet})
    desk, hook = outgoing_messages((new("a"),), "kjzz", frozenset(), rules, Known())
    assert (desk.hold_until, desk.group) == (NOW + timedelta(hours=1), "quiet undated kjzz")
    assert hook.group == "undated kjzz"
