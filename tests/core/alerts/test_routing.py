"""Which alerts are raised, and which channels they go to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.contracts import Known, OutgoingMessage, PendingAlert, Visit
from monitor.core.alerts.batching import Hold, hold_undated
from monitor.core.alerts.routing import (
    Policy,
    change_alerts,
    first_alerts,
    outgoing_messages,
    retraction_alerts,
    spread_alerts,
)
from monitor.core.alerts.silences import apply_silences
from monitor.model import (
    Article,
    Change,
    ChangeKind,
    Dated,
    Origin,
    Reason,
    Silence,
    SilenceKind,
)
from monitor.settings import Group, Pace, Topic

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOTHING = Known()


def topic(name: str, *on: Reason, **more: object) -> Topic:
    return Topic(name=name, query=name, on=frozenset(on or {Reason.NEW}), **more)  # type: ignore[arg-type]


def policy(*topics: Topic, **more: object) -> Policy:
    made = Policy(topics=topics, channels=("desk", "hook"), now=NOW)
    return replace(made, **more)  # type: ignore[arg-type]


def new(name: str, sources: int = 1) -> PendingAlert:
    return PendingAlert(topic=name, reason=Reason.NEW, sources=sources)


def sent(*alerts: PendingAlert, rules: Policy) -> tuple[OutgoingMessage, ...]:
    return outgoing_messages(alerts, "kjzz", frozenset(), rules, NOTHING)


# ── which alerts ─────────────────────────────────────────────────────────────────────────


def test_a_new_article_alerts_each_topic_that_wants_it_and_was_not_alerted() -> None:
    rules = policy(topic("a"), topic("b"), topic("c", Reason.UPDATED))
    found = first_alerts(frozenset("cabx"), {"b"}, rules, sources=3)
    assert found == (new("a", 3),)
    assert first_alerts(frozenset("ba"), (), rules) == (new("a"), new("b"))


@pytest.mark.parametrize("asked", [Reason.NEW, Reason.NOW_MATCHES])
def test_an_edit_that_starts_to_match_alerts_topics_that_want_new_or_now_matches(
    asked: Reason,
) -> None:
    edit = Change(kind=ChangeKind.MATERIAL)
    found = change_alerts(frozenset(), frozenset("a"), edit, policy(topic("a", asked)))
    assert [alert.reason for alert in found] == [Reason.NOW_MATCHES]
    nobody = policy(topic("a", *(set(Reason) - {Reason.NEW, Reason.NOW_MATCHES})))
    assert change_alerts(frozenset(), frozenset("a"), edit, nobody) == ()


def test_the_topics_of_an_edit_are_alerted_in_their_order() -> None:
    rules = policy(*(topic(name, *Reason) for name in "abcd"))
    edit = Change(kind=ChangeKind.MATERIAL)
    found = change_alerts(frozenset("db"), frozenset("cdba"), edit, rules)
    assert [alert.topic for alert in found] == ["a", "b", "c", "d"]


def test_a_topic_that_wants_retractions_is_alerted_of_the_return_too() -> None:
    rules = policy(topic("b", Reason.RETRACTED), topic("a", Reason.RETRACTED), topic("c"))
    for reason in (Reason.RETRACTED, Reason.RESTORED):
        found = retraction_alerts(reason, frozenset("abc"), rules)
        assert found == tuple(PendingAlert(topic=name, reason=reason) for name in "ab")


@pytest.mark.parametrize(
    ("alerted", "sources", "raised"),
    [(1, 2, False), (1, 3, True), (2, 3, True), (3, 3, False), (3, 4, False), (4, 9, True)],
)
def test_a_spread_alert_is_raised_at_each_configured_number_of_sources(
    alerted: int, sources: int, raised: bool
) -> None:
    rules = policy(topic("a", spread=(3, 5)))
    found = spread_alerts(frozenset("ax"), {"a": alerted, "b": alerted}, sources, rules)
    wanted = PendingAlert(topic="a", reason=Reason.SPREAD, sources=sources)
    assert found == ((wanted,) if raised else ())


def test_a_topic_that_is_no_longer_configured_has_no_spread_alert() -> None:
    assert spread_alerts(frozenset("a"), {"a": 1}, 9, policy()) == ()
    assert spread_alerts(frozenset("ab"), {}, 9, policy(topic("a", spread=(3,)))) == ()


@pytest.mark.parametrize(
    ("age", "too_old"), [(timedelta(hours=24), False), (timedelta(hours=24, seconds=1), True)]
)
def test_in_the_first_poll_of_a_source_articles_of_more_than_a_day_are_too_old(
    age: timedelta, too_old: bool
) -> None:
    dated = Dated(at=NOW - age, origin=Origin.META)
    first = policy(first_sight=True)
    for article in (
        Article(url=None, title="", published=dated),
        Article(url=None, title="", updated=dated),
        Article(url=None, title="", published=dated, updated=Dated(at=NOW, origin=Origin.META)),
    ):
        assert first.is_too_old(article) is too_old
        assert not policy().is_too_old(article)
    assert not first.is_too_old(Article(url=None, title=""))


# ── messages ─────────────────────────────────────────────────────────────────────────────


def test_a_message_goes_to_every_channel_unless_its_topic_names_some() -> None:
    rules = policy(topic("a"), topic("b", channels=("hook",)), topic("c", channels=()))
    found = sent(new("a"), new("b"), new("c"), new("gone"), rules=rules)
    assert [(message.channel, [alert.topic for alert in message.alerts]) for message in found] == [
        ("desk", ["a", "gone"]),
        ("hook", ["a", "b", "gone"]),
    ]


def test_a_message_about_a_new_article_absorbs_nothing() -> None:
    assert all(
        message == OutgoingMessage(channel=message.channel, alerts=(new("a"),))
        for message in sent(new("a"), rules=policy(topic("a")))
    )


def test_a_message_is_sent_at_once_if_one_of_its_topics_is_breaking() -> None:
    rules = policy(topic("a"), topic("b"), paces={"desk": Pace(group=Group()), "hook": Pace()})
    for breaking, waits in ((frozenset("x"), True), (frozenset("a"), False)):
        desk, hook = outgoing_messages((new("a"), new("b")), "kjzz", breaking, rules, NOTHING)
        assert (desk.hold_until is not None) is waits
        assert hook.hold_until is None


def test_undated_articles_of_a_new_source_are_held_with_a_note() -> None:
    rules = policy(topic("a"), topic("b", *Reason), undated=True)
    note = (
        "The source 'kjzz' listed these when it was polled for the first time. They carry no date"
        " and may be old."
    )
    for message in sent(new("a"), rules=rules):
        assert (message.hold_until, message.group, message.note) == (
            NOW + timedelta(minutes=5),
            "undated kjzz",
            note,
        )
    spread = PendingAlert(topic="b", reason=Reason.SPREAD)
    for message in sent(new("a"), spread, rules=rules):
        assert (message.hold_until, message.note) == (None, "")


@pytest.mark.parametrize("group", ["quiet", "digest", "edits"])
def test_a_hold_until_a_local_time_also_holds_undated_articles(group: str) -> None:
    until = NOW + timedelta(hours=9)
    found = hold_undated(Hold(until=until, group=group), "kjzz", NOW)
    assert found == Hold(until=until, group=f"{group} undated kjzz")


@pytest.mark.parametrize("held", [None, Hold(until=NOW, group="surplus")])
def test_undated_articles_without_such_a_hold_have_a_group_of_their_own(held: Hold | None) -> None:
    found = hold_undated(held, "kjzz", NOW)
    assert found == Hold(until=NOW + timedelta(minutes=5), group="undated kjzz")


# ── silences ─────────────────────────────────────────────────────────────────────────────


def silence(number: int, kind: SilenceKind, value: str, seconds: int = 1) -> Silence:
    until = NOW + timedelta(seconds=seconds)
    return Silence(id=number, kind=kind, value=value, until=until)


def test_an_alert_has_the_first_silence_that_covers_it() -> None:
    topical = silence(1, SilenceKind.TOPIC, "a")
    by_query = silence(2, SilenceKind.QUERY, "lanes")
    by_source = silence(3, SilenceKind.SOURCE, "kjzz")
    visit = Visit(lease="1", source="kjzz", silences=(topical, by_query, by_source))
    alerts = (new("a"), new("b"))
    found = apply_silences(alerts, visit, frozenset({2}), NOW)
    assert found == (replace(alerts[0], silence=topical), replace(alerts[1], silence=by_query))
    found = apply_silences(alerts, visit, frozenset(), NOW)
    assert [alert.silence for alert in found] == [topical, by_source]
    elsewhere = replace(visit, source="radio")
    found = apply_silences(alerts, elsewhere, frozenset({1, 3}), NOW)
    assert [alert.silence for alert in found] == [topical, None]


def test_a_silence_that_ends_now_covers_nothing() -> None:
    visit = Visit(lease="1", source="kjzz", silences=(silence(1, SilenceKind.TOPIC, "a", 0),))
    assert apply_silences((new("a"),), visit, frozenset(), NOW) == (new("a"),)
