"""How many update messages of one article a channel is sent in a reader's day."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.contracts import Known, PendingAlert
from monitor.core.alerts.batching import rehold
from monitor.core.alerts.damping import damped_until
from monitor.core.alerts.routing import Policy, outgoing_messages
from monitor.model import ArticleId, Reason
from monitor.settings import DigestTime, Pace, Quiet, Topic

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 6, tzinfo=UTC)
ARTICLE = ArticleId(7)


def topic(name: str = "border", at_most: int = 6) -> Topic:
    return Topic(name=name, query=name, at_most=at_most)


def alert(reason: Reason = Reason.UPDATED, name: str = "border") -> PendingAlert:
    return PendingAlert(topic=name, reason=reason)


def sent(count: int, at: datetime = NOW) -> list[datetime]:
    return [at - timedelta(minutes=n) for n in range(count)]


@pytest.mark.parametrize(
    ("at_most", "before", "until"),
    [(6, 5, None), (6, 6, MIDNIGHT), (6, 40, MIDNIGHT), (1, 1, MIDNIGHT), (0, 40, None)],
)
def test_updates_beyond_the_daily_limit_wait_for_the_end_of_the_day(
    at_most: int, before: int, until: datetime | None
) -> None:
    assert damped_until([alert()], [topic(at_most=at_most)], sent(before), "UTC", NOW) == until


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.UPDATED}))
def test_an_alert_of_any_other_reason_is_sent_at_once(reason: Reason) -> None:
    assert damped_until([alert(reason)], [topic()], sent(40), "UTC", NOW) is None
    both = [alert(), alert(reason, "tariff")]
    assert damped_until(both, [topic(), topic("tariff")], sent(40), "UTC", NOW) is None


@pytest.mark.parametrize(("other", "until"), [(3, MIDNIGHT), (20, None), (0, None)])
def test_of_several_topics_the_highest_limit_applies(other: int, until: datetime | None) -> None:
    alerts = [alert(), alert(name="tariff")]
    topics = [topic(), topic("tariff", at_most=other)]
    assert damped_until(alerts, topics, sent(6), "UTC", NOW) == until


def test_the_day_is_the_readers() -> None:
    yesterday = datetime(2026, 1, 5, 6, 59, tzinfo=UTC)  # 23:59 in Phoenix
    zone = "America/Phoenix"
    assert damped_until([alert()], [topic()], sent(6, yesterday), zone, NOW) is None
    assert damped_until([alert()], [topic()], sent(6), zone, NOW) == MIDNIGHT + timedelta(hours=7)


@pytest.mark.parametrize(
    ("noon", "midnight"),
    [
        (datetime(2026, 3, 8, 17, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC)),
        (datetime(2026, 11, 1, 17, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)),
    ],
)
def test_a_day_with_a_clock_change_ends_at_its_midnight(noon: datetime, midnight: datetime) -> None:
    found = damped_until([alert()], [topic()], sent(6, noon), "America/New_York", noon)
    assert found == midnight


def message(pace: Pace, *reasons: Reason, before: int = 6):  # type: ignore[no-untyped-def]
    policy = Policy(topics=(topic(),), channels=("desk",), now=NOW, paces={"desk": pace})
    known = Known(updates={("desk", ARTICLE): tuple(sent(before))})
    alerts = tuple(alert(reason) for reason in reasons)
    [found] = outgoing_messages(alerts, "kjzz", frozenset(), policy, known, ARTICLE)
    return found


def test_held_updates_are_grouped_by_article() -> None:
    found = message(Pace(), Reason.UPDATED)
    assert (found.hold_until, found.group, found.absorbs) == (MIDNIGHT, "edits 7", None)


def test_a_message_that_is_sent_absorbs_the_held_updates() -> None:
    found = message(Pace(), Reason.HEADLINE)
    assert (found.hold_until, found.absorbs) == (None, "edits 7")


def test_an_update_that_a_digest_collects_is_not_held_beside_it() -> None:
    digest = Pace(digest=DigestTime(at=NOW.time().replace(hour=18)))
    found = message(digest, Reason.UPDATED)
    assert (found.group, found.absorbs) == ("digest", "edits 7")


def test_a_hold_that_ends_in_quiet_hours_is_extended_to_their_end() -> None:
    evening, morning = NOW.time().replace(hour=22), NOW.time().replace(hour=7)
    found = message(Pace(quiet=Quiet(start=evening, end=morning)), Reason.UPDATED)
    assert (found.hold_until, found.group) == (MIDNIGHT + timedelta(hours=7), "edits 7")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (NOW + timedelta(days=365), NOW + timedelta(days=365)),
        (NOW - timedelta(days=2), MIDNIGHT - timedelta(days=2)),
        (NOW + timedelta(hours=3), MIDNIGHT),
    ],
)
def test_after_a_clock_change_a_held_update_ends_with_the_new_day_or_at_once(
    now: datetime, until: datetime
) -> None:
    assert rehold("edits 7", Pace(), MIDNIGHT, now) == until
