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


def sent(*dues: PendingAlert, rules: Policy) -> tuple[OutgoingMessage, ...]:
    return outgoing_messages(dues, "kjzz", frozenset(), rules, NOTHING)


# ── which alerts ─────────────────────────────────────────────────────────────────────────


def test_a_new_article_alerts_for_each_topic_that_asks_and_was_not_told() -> None:
    rules = policy(topic("a"), topic("b"), topic("c", Reason.UPDATED))
    found = first_alerts(frozenset("cabx"), {"b"}, rules, sources=3)
    assert found == (new("a", 3),)
    assert first_alerts(frozenset("ba"), (), rules) == (new("a"), new("b"))


@pytest.mark.parametrize("asked", [Reason.NEW, Reason.NOW_MATCHES])
def test_an_edit_that_brings_a_topic_alerts_who_asked_for_new_or_for_just_that(
    asked: Reason,
) -> None:
    edit = Change(kind=ChangeKind.MATERIAL)
    found = change_alerts(frozenset(), frozenset("a"), edit, policy(topic("a", asked)))
    assert [due.reason for due in found] == [Reason.NOW_MATCHES]
    nobody = policy(topic("a", *(set(Reason) - {Reason.NEW, Reason.NOW_MATCHES})))
    assert change_alerts(frozenset(), frozenset("a"), edit, nobody) == ()


def test_the_topics_of_an_edit_are_alerted_in_their_order() -> None:
    rules = policy(*(topic(name, *Reason) for name in "abcd"))
    edit = Change(kind=ChangeKind.MATERIAL)
    found = change_alerts(frozenset("db"), frozenset("cdba"), edit, rules)
    assert [due.topic for due in found] == ["a", "b", "c", "d"]


def test_who_hears_that_a_page_went_hears_that_it_is_back() -> None:
    rules = policy(topic("b", Reason.RETRACTED), topic("a", Reason.RETRACTED), topic("c"))
    for reason in (Reason.RETRACTED, Reason.RESTORED):
        found = retraction_alerts(reason, frozenset("abc"), rules)
        assert found == tuple(PendingAlert(topic=name, reason=reason) for name in "ab")


@pytest.mark.parametrize(
    ("told", "sources", "alerts"),
    [(1, 2, False), (1, 3, True), (2, 3, True), (3, 3, False), (3, 4, False), (4, 9, True)],
)
def test_a_story_spreads_when_it_reaches_a_number_that_was_asked_for(
    told: int, sources: int, alerts: bool
) -> None:
    rules = policy(topic("a", spread=(3, 5)))
    found = spread_alerts(frozenset("ax"), {"a": told, "b": told}, sources, rules)
    wanted = PendingAlert(topic="a", reason=Reason.SPREAD, sources=sources)
    assert found == ((wanted,) if alerts else ())


def test_of_a_topic_that_is_not_configured_any_more_nothing_spreads() -> None:
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


# ── to whom ──────────────────────────────────────────────────────────────────────────────


def test_a_message_goes_to_every_channel_unless_its_topic_names_some() -> None:
    rules = policy(topic("a"), topic("b", channels=("hook",)), topic("c", channels=()))
    found = sent(new("a"), new("b"), new("c"), new("gone"), rules=rules)
    assert [(one.channel, [due.topic for due in one.alerts]) for one in found] == [
        ("desk", ["a", "gone"]),
        ("hook", ["a", "b", "gone"]),
    ]


def test_a_message_about_a_new_article_takes_nothing_along() -> None:
    assert all(
        one == OutgoingMessage(channel=one.channel, alerts=(new("a"),))
        for one in sent(new("a"), rules=policy(topic("a")))
    )


def test_breaking_news_of_one_of_its_topics_lets_a_message_go_out() -> None:
    rules = policy(topic("a"), topic("b"), paces={"desk": Pace(group=Group()), "hook": Pace()})
    for breaking, waits in ((frozenset("x"), True), (frozenset("a"), False)):
        desk, hook = outgoing_messages((new("a"), new("b")), "kjzz", breaking, rules, NOTHING)
        assert (desk.hold_until is not None) is waits
        assert hook.hold_until is None


def test_what_a_new_source_lists_without_a_date_waits_with_a_note() -> None:
    rules = policy(topic("a"), topic("b", *Reason), undated=True)
    note = (
        "The source 'kjzz' listed these when it was polled for the first time. They carry no date"
        " and may be old."
    )
    for one in sent(new("a"), rules=rules):
        assert (one.hold_until, one.group, one.note) == (
            NOW + timedelta(minutes=5),
            "undated kjzz",
            note,
        )
    spread = PendingAlert(topic="b", reason=Reason.SPREAD)
    for one in sent(new("a"), spread, rules=rules):
        assert (one.hold_until, one.note) == (None, "")


@pytest.mark.parametrize("group", ["quiet", "digest", "edits"])
def test_what_waits_by_the_clock_waits_for_it_also_without_a_date(group: str) -> None:
    until = NOW + timedelta(hours=9)
    found = hold_undated(Hold(until=until, group=group), "kjzz", NOW)
    assert found == Hold(until=until, group=f"{group} undated kjzz")


@pytest.mark.parametrize("held", [None, Hold(until=NOW, group="surplus")])
def test_what_waits_for_nothing_or_companions_waits_for_its_like(held: Hold | None) -> None:
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
    dues = (new("a"), new("b"))
    found = apply_silences(dues, visit, frozenset({2}), NOW)
    assert found == (replace(dues[0], silence=topical), replace(dues[1], silence=by_query))
    found = apply_silences(dues, visit, frozenset(), NOW)
    assert [due.silence for due in found] == [topical, by_source]
    elsewhere = replace(visit, source="radio")
    found = apply_silences(dues, elsewhere, frozenset({1, 3}), NOW)
    assert [due.silence for due in found] == [topical, None]


def test_a_silence_that_ends_now_covers_nothing() -> None:
    visit = Visit(lease="1", source="kjzz", silences=(silence(1, SilenceKind.TOPIC, "a", 0),))
    assert apply_silences((new("a"),), visit, frozenset(), NOW) == (new("a"),)
