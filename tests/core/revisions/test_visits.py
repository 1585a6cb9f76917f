"""What a visit leads to besides its verdict: the next visit, later alerts, and messages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.revisions.test_decide import (
    EVERYTHING,
    NOW,
    VISIT,
    compared,
    known,
    policy,
    reading,
    reasons,
)
from monitor.contracts import Decision, Known, OutgoingMessage, PendingAlert, Verdict, Visit
from monitor.core.polling import DAY, GONE_RETRY
from monitor.core.revisions.decide import (
    decide,
    decide_gone,
    decide_unchanged,
    decide_unreachable,
)
from monitor.model import ArticleId, Reason, Silence, SilenceKind
from monitor.settings import Group, Pace

AGAIN = replace(VISIT, entry_id=None, article_id=ArticleId(7))  # the article's own later visit
MINUTE = timedelta(minutes=1)
BORDER_NEWS = Silence(id=5, kind=SilenceKind.QUERY, value="lanes", until=NOW + MINUTE)


def decision(visit: Visit, *args: object, **of: object) -> Decision:
    """Of a reading with these properties, where article 7 is known by guid."""
    article, rules = of.pop("article", known("old")), of.pop("policy", policy())
    found = decide(visit, reading(*args, **of), rules, Known(by_guid=article))  # type: ignore[arg-type]
    assert isinstance(found, Decision)
    return found


# ── when the article is read again ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("age", "matched", "topics", "wait"),
    [
        (timedelta(hours=1), False, ("border",), 15),
        (timedelta(hours=1), True, (), 15),
        (timedelta(hours=1), False, (), 120),
        (timedelta(hours=5), True, ("border",), 30),
        (timedelta(days=40), True, ("border",), None),
        (None, False, ("border",), 15),
    ],
)
def test_an_article_is_read_again_by_its_age_and_whether_it_ever_matched(
    age: timedelta | None, matched: bool, topics: tuple[str, ...], wait: int | None
) -> None:
    visit = replace(VISIT, first_seen_at=None if age is None else NOW - age, matched=matched)
    due = None if wait is None else NOW + wait * MINUTE
    for article, digest in ((None, "new"), (known("old"), "old")):
        found = decision(visit, digest, topics=topics, article=article)
        assert (found.article_due_at, found.entry_due_at, found.gone) == (due, None, 0)
    if topics:
        return
    unchanged = decide_unchanged(
        replace(visit, article_id=ArticleId(7)), policy(), Known(by_guid=known())
    )
    assert (unchanged.article_due_at, unchanged.article_id) == (due, 7)
    assert unchanged.verdict is Verdict.SAME


def test_words_of_a_feed_whose_pages_are_not_fetched_are_not_read_again() -> None:
    found = decision(VISIT, "old", site=None)
    assert (found.article_due_at, found.entry_due_at) == (None, None)


@pytest.mark.parametrize(("attempts", "wait"), [(0, 5), (1, 30), (4, 1440), (5, None)])
def test_a_new_page_that_is_not_available_is_fetched_again_later_each_time(
    attempts: int, wait: int | None
) -> None:
    visit = replace(VISIT, attempts=attempts)
    found = decision(visit, partial="HTTP 500", article=None)
    due = None if wait is None else NOW + wait * MINUTE
    assert (found.entry_due_at, found.article_due_at, found.gone) == (due, None, 0)


def test_a_site_that_asks_for_a_longer_wait_is_obeyed_and_a_final_answer_ends_the_attempts() -> (
    None
):
    read = replace(reading(partial="HTTP 503"), retry_after=timedelta(hours=2))
    found = decide(VISIT, read, policy(), Known())
    assert isinstance(found, Decision)
    assert found.entry_due_at == NOW + timedelta(hours=2)
    final = decide(VISIT, replace(read, final=True), policy(), Known())
    assert isinstance(final, Decision)
    assert final.entry_due_at is None


@pytest.mark.parametrize(
    ("visit", "partial", "waits_for_entry"),
    [(VISIT, False, False), (VISIT, True, True), (AGAIN, False, False), (AGAIN, True, False)],
)
def test_a_known_article_keeps_its_own_time_unless_only_its_summary_is_known(
    visit: Visit, partial: bool, waits_for_entry: bool
) -> None:
    read = reading(partial="HTTP 500", comparison=compared())
    found = decide(visit, read, policy(), Known(by_guid=known(partial=partial)))
    assert isinstance(found, Decision)
    assert found.entry_due_at == NOW + 5 * MINUTE
    due = None if waits_for_entry else NOW + 15 * MINUTE
    assert (found.article_due_at, found.gone) == (due, 0 if waits_for_entry else None)


def test_an_article_at_whose_address_another_story_is_read_stays_and_is_read_again() -> None:
    other = replace(known("else", title="School board meets"), sketch=tuple(range(200, 240)))
    read = reading(guid="b")
    found = decide(AGAIN, read, policy(), Known(by_guid=other))
    assert found == Decision(
        verdict=Verdict.SAME,
        article_id=ArticleId(7),
        row_unchanged=True,
        article_due_at=NOW + 15 * MINUTE,
    )
    with_entry = decide(
        replace(AGAIN, entry_id=VISIT.entry_id), read, policy(), Known(by_guid=other)
    )
    assert isinstance(with_entry, Decision)
    assert with_entry.verdict is Verdict.NEW


def test_a_page_that_could_not_be_fetched_changes_nothing_but_the_time() -> None:
    assert decide_unreachable(AGAIN, NOW + DAY, policy(), Known()) == Decision(
        verdict=Verdict.SAME, article_id=ArticleId(7), article_due_at=NOW + DAY, gone=None
    )


# ── pages that are gone ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "since", "verdict", "wait"),
    [
        (0, None, Verdict.SAME, GONE_RETRY),
        (1, timedelta(days=1), Verdict.SAME, GONE_RETRY),
        (2, timedelta(hours=1), Verdict.RETRACTED, GONE_RETRY),
        (2, timedelta(minutes=59), Verdict.SAME, GONE_RETRY),
        (2, None, Verdict.SAME, GONE_RETRY),
        (3, timedelta(minutes=59), Verdict.SAME, DAY),
        (3, timedelta(hours=2), Verdict.RETRACTED, DAY),
    ],
)
def test_a_page_that_is_gone_is_counted_and_tried_soon_and_after_three_times_daily(
    before: int, since: timedelta | None, verdict: Verdict, wait: timedelta
) -> None:
    visit = replace(AGAIN, gone=before, gone_since=None if since is None else NOW - since)
    found = decide_gone(visit, frozenset(), policy(on=EVERYTHING), Known(by_guid=known()))
    assert (found.verdict, found.article_id, found.gone) == (verdict, 7, before + 1)
    assert found.article_due_at == NOW + wait
    assert len(found.messages) == (2 if verdict is Verdict.RETRACTED else 0)


def test_a_page_is_retracted_once_and_only_if_its_article_is_known() -> None:
    visit = replace(AGAIN, gone=9, gone_since=NOW - DAY)
    for article in (None, known(retracted=True)):
        found = decide_gone(visit, frozenset(), policy(on=EVERYTHING), Known(by_guid=article))
        assert (found.verdict, found.alerts) == (Verdict.SAME, ())


@pytest.mark.parametrize("age", [timedelta(days=30), timedelta(hours=5), None])
def test_a_page_that_is_gone_is_tried_again_while_any_article_of_its_age_is_read(
    age: timedelta | None,
) -> None:
    visit = replace(AGAIN, first_seen_at=None if age is None else NOW - age)
    found = decide_gone(visit, frozenset(), policy(), Known(by_guid=known()))
    assert found.article_due_at == (None if age == timedelta(days=30) else NOW + GONE_RETRY)


def test_a_silence_covers_a_retraction_whose_article_its_query_matches() -> None:
    visit = replace(AGAIN, gone=9, gone_since=NOW - DAY, silences=(BORDER_NEWS,))
    for found_by, count in ((frozenset({5}), 0), (frozenset(), 2)):
        found = decide_gone(visit, found_by, policy(on=EVERYTHING), Known(by_guid=known()))
        assert reasons(found) == [("border", "retracted")]
        assert len(found.messages) == count


def test_an_entry_whose_page_is_gone_counts_for_its_whole_article_and_leaves_its_row() -> None:
    visit = replace(VISIT, gone=2, gone_since=NOW - DAY, silences=(BORDER_NEWS,))
    read = reading(partial="HTTP 404", comparison=compared())
    read = replace(read, gone=True, silenced=frozenset({5}))
    found = decide(visit, read, policy(on=EVERYTHING), Known(by_guid=known()))
    silenced = decide_gone(visit, frozenset({5}), policy(on=EVERYTHING), Known(by_guid=known()))
    assert found == replace(silenced, row_unchanged=True)
    assert silenced.verdict is Verdict.RETRACTED
    summary = decide(visit, read, policy(on=EVERYTHING), Known(by_guid=known(partial=True)))
    assert isinstance(summary, Decision)
    assert summary.verdict is not Verdict.RETRACTED
    at_address = decide(visit, read, policy(on=EVERYTHING), Known(by_address=(known(),)))
    assert isinstance(at_address, Decision)
    assert (at_address.verdict, at_address.row_unchanged) == (Verdict.SAME, True)


# ── alerts that follow later ─────────────────────────────────────────────────────────────


def test_a_page_that_answers_304_after_a_retraction_is_back() -> None:
    retracted = Known(by_guid=known(retracted=True))
    found = decide_unchanged(AGAIN, policy(on=EVERYTHING), retracted)
    assert reasons(found) == [("border", "restored")]
    assert [message.channel for message in found.messages] == ["desk", "hook"]
    muted = replace(AGAIN, silences=(replace(BORDER_NEWS, kind=SilenceKind.TOPIC, value="border"),))
    assert decide_unchanged(muted, policy(on=EVERYTHING), retracted).messages == ()
    still = decide_unchanged(AGAIN, policy(on=EVERYTHING), Known(by_guid=known()))
    assert still.alerts == ()
    assert decide_unchanged(AGAIN, policy(on=EVERYTHING), Known()).article_id == 7


def test_a_page_that_is_no_article_does_not_bring_a_retracted_one_back() -> None:
    found = decision(
        VISIT, partial="HTTP 500", article=known(retracted=True), policy=policy(on=EVERYTHING)
    )
    assert (found.row_unchanged, found.alerts) == (True, ())


LISTED = replace(known("old", alerted=()), silenced=frozenset({"border", "asylum"}))
RADIO = replace(VISIT, source="radio")


def test_another_source_alerts_of_a_known_article_for_silenced_topics() -> None:
    found = decision(RADIO, "old", topics=("border", "tariff"), article=LISTED)
    assert reasons(found) == [("border", "new")]
    assert [message.channel for message in found.messages] == ["desk", "hook"]


@pytest.mark.parametrize(
    "visit", [VISIT, replace(RADIO, article_id=ArticleId(7)), replace(RADIO, entry_id=None)]
)
def test_the_same_source_and_a_later_visit_raise_no_second_alert(visit: Visit) -> None:
    assert decision(visit, "old", article=LISTED).alerts == ()


def test_another_source_alerts_neither_of_an_old_article_nor_twice_for_a_topic() -> None:
    old = decision(
        RADIO, "old", article=LISTED, published=NOW - 2 * DAY, policy=policy(first_sight=True)
    )
    assert old.alerts == ()
    both = decision(RADIO, "new", article=LISTED, comparison=compared(before=()))
    assert reasons(both) == [("border", "now_matches")]


# ── messages ─────────────────────────────────────────────────────────────────────────────


def test_a_message_is_grouped_by_its_source_and_breaking_news_is_not() -> None:
    grouped = replace(policy(), paces={"desk": Pace(group=Group(by=("source",)))})
    read = reading()
    for breaking, group in ((frozenset(), "group radio"), (frozenset({"border"}), "")):
        found = decide(RADIO, replace(read, breaking=breaking), grouped, Known())
        assert isinstance(found, Decision)
        assert found.messages[0].group == group


def test_a_message_about_a_known_article_absorbs_its_waiting_updates() -> None:
    found = decision(VISIT, comparison=compared())
    alert = PendingAlert(topic="border", reason=Reason.UPDATED)
    assert found.messages == tuple(
        OutgoingMessage(channel=channel, alerts=(alert,), absorbs="edits 7")
        for channel in ("desk", "hook")
    )


def test_an_entry_of_an_article_known_by_another_guid_does_not_stand_for_its_summary() -> None:
    """The words of an entry replace a summary only if they are the article's own entry's."""
    read = reading(partial="HTTP 500", comparison=compared(), guid="b")
    summary = known(partial=True)
    found = decide(VISIT, read, policy(), Known(by_address=(summary,)))
    assert isinstance(found, Decision)
    assert (found.verdict, found.row_unchanged) == (Verdict.SAME, True)
    own = decide(VISIT, replace(read, guid="a"), policy(), Known(by_guid=summary))
    assert isinstance(own, Decision)
    assert own.verdict is Verdict.REVISED
