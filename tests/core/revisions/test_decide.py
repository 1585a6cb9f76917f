"""The table of `decide`, row by row, and which topics are alerted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.contracts import (
    Address,
    Comparison,
    Decision,
    Known,
    KnownArticle,
    KnownRevision,
    KnownStory,
    Reading,
    Stale,
    Verdict,
    Visit,
)
from monitor.core.alerts.routing import Policy
from monitor.core.revisions.decide import decide, decide_gone
from monitor.model import (
    Article,
    ArticleId,
    Change,
    ChangeKind,
    Dated,
    EntryId,
    Fingerprint,
    Hit,
    Origin,
    Place,
    Reason,
    Silence,
    SilenceKind,
)
from monitor.settings import Topic

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
VISIT = Visit(lease="1:1", source="kjzz", entry_id=EntryId(1), first_seen_at=EARLIER)
SKETCH = tuple(range(40))
EVERYTHING = frozenset(Reason)


def policy(*, on: frozenset[Reason] | None = None, first_sight: bool = False) -> Policy:
    wanted = on or frozenset({Reason.NEW, Reason.UPDATED})
    topics = tuple(Topic(name=name, query=name, on=wanted) for name in ("border", "tariff"))
    return Policy(topics=topics, channels=("desk", "hook"), now=NOW, first_sight=first_sight)


def reading(
    digest: str = "new",
    *,
    title: str = "Lanes close",
    topics: tuple[str, ...] = ("border",),
    updated: datetime | None = None,
    partial: str | None = None,
    comparison: Comparison | None = None,
    site: str | None = "kjzz.test",
    words: int = 200,
    published: datetime | None = EARLIER,
    guid: str = "a",
    url: str = "http://kjzz.test/a",
) -> Reading:
    def dated(at: datetime | None) -> Dated | None:
        return Dated(at=at, origin=Origin.META) if at else None

    return Reading(
        source="kjzz",
        guid=guid,
        article=Article(
            url=url, title=title, text=digest, published=dated(published), updated=dated(updated)
        ),
        fingerprint=Fingerprint(digest=digest, sketch=SKETCH, words=words),
        site=site,
        addresses=(Address(url=url, key=url),),
        hits=tuple(
            Hit(topic=t, place=Place.BODY, start=0, end=1, excerpt="x", excerpt_at=0)
            for t in topics
        ),
        partial=partial,
        comparison=comparison,
        body_sha256=None if partial else "raw",
    )


def known(
    digest: str = "old",
    *,
    partial: bool = False,
    retracted: bool = False,
    earlier: tuple[str, ...] = (),
    alerted: tuple[str, ...] = ("border",),
    returns: int = 0,
    returned_to: str | None = None,
    title: str = "Lanes close",
    guid: str = "a",
) -> KnownArticle:
    return KnownArticle(
        id=ArticleId(7),
        source="kjzz",
        guid=guid,
        title=title,
        story_id=7,
        partial=partial,
        retracted=retracted,
        newest=KnownRevision(
            article_id=ArticleId(7),
            number=1,
            title=title,
            text=digest,
            digest=digest,
            published_at=EARLIER,
        ),
        sketch=SKETCH,
        digests=frozenset({digest, *earlier}),
        returns=returns,
        returned_to=returned_to,
        alerted=frozenset(alerted),
        retraction_alerted=frozenset(alerted) if retracted else frozenset(),
    )


def compared(
    kind: ChangeKind = ChangeKind.MATERIAL,
    *,
    before: tuple[str, ...] = ("border",),
    shrunk: bool = False,
) -> Comparison:
    return Comparison(
        article_id=ArticleId(7),
        number=1,
        change=Change(kind=kind, score=0.4, added=("A figure.",)),
        shrunk=shrunk,
        topics_before=frozenset(before),
    )


def decided(read: Reading, article: KnownArticle | None, rules: Policy | None = None) -> Decision:
    found = decide(VISIT, read, rules or policy(), Known(by_guid=article))
    assert isinstance(found, Decision)
    return found


def reasons(decision: Decision) -> list[tuple[str, str]]:
    return [(alert.topic, alert.reason.value) for alert in decision.alerts]


def test_an_unknown_article_is_new_and_sent_to_every_channel_once() -> None:
    found = decided(reading(topics=("border", "tariff")), None)
    assert found.verdict is Verdict.NEW
    assert found.revision is not None
    assert (found.revision.number, found.revision.change) == (1, ChangeKind.FIRST)
    assert reasons(found) == [("border", "new"), ("tariff", "new")]
    assert [(message.channel, len(message.alerts)) for message in found.messages] == [
        ("desk", 2),
        ("hook", 2),
    ]


@pytest.mark.parametrize(
    ("published", "first_sight", "alerted"),
    [
        (NOW - timedelta(days=2), True, False),
        (NOW - timedelta(days=2), False, True),
        (NOW - timedelta(hours=2), True, True),
        (None, True, True),
    ],
)
def test_the_first_poll_of_a_source_alerts_young_articles_only(
    published: datetime | None, first_sight: bool, alerted: bool
) -> None:
    found = decided(reading(published=published), None, policy(first_sight=first_sight))
    assert found.verdict is Verdict.NEW
    assert bool(found.alerts) is alerted


def copies(site: str, words: int) -> Known:
    story = KnownStory(
        article_id=ArticleId(3),
        story_id=3,
        source=site,
        url=f"http://{site}/a",
        sketch=SKETCH,
        words=words,
        alerted={"border": 1},
        sources=frozenset({"wire"}),
    )
    return Known(look_alikes=(story,))


@pytest.mark.parametrize(
    ("site", "words", "verdict"),
    [
        ("elsewhere.test", 200, Verdict.COPY),
        ("kjzz.test", 200, Verdict.NEW),
        ("elsewhere.test", 20, Verdict.NEW),
    ],
)
def test_a_copy_needs_another_site_and_fifty_words(site: str, words: int, verdict: Verdict) -> None:
    read = reading(topics=("border", "tariff"), words=words)
    found = decide(VISIT, read, policy(), copies(site, words))
    assert isinstance(found, Decision)
    assert found.verdict is verdict
    if verdict is Verdict.COPY:
        assert found.story_id == 3
        assert reasons(found) == [("tariff", "new")]


def test_the_same_text_is_the_same_even_if_its_date_moved() -> None:
    found = decided(reading("old", updated=NOW), known())
    assert (found.verdict, found.revision, found.alerts) == (Verdict.SAME, None, ())
    assert not found.row_unchanged


def test_a_reading_compared_with_an_older_revision_is_stale() -> None:
    found = decide(VISIT, reading(), policy(), Known(by_guid=known()))
    assert found == Stale(newest=known().newest)


@pytest.mark.parametrize(
    ("updated", "stealth"),
    [
        (NOW, False),
        (EARLIER + timedelta(seconds=60), False),
        (EARLIER + timedelta(seconds=59), True),
        (None, True),
    ],
)
def test_an_edit_without_a_new_date_is_a_stealth_revision(
    updated: datetime | None, stealth: bool
) -> None:
    found = decided(reading(updated=updated, comparison=compared()), known())
    assert found.verdict is Verdict.REVISED
    assert found.revision is not None
    assert (found.revision.number, found.revision.stealth) == (2, stealth)
    assert reasons(found) == [("border", "updated")]


@pytest.mark.parametrize(
    ("kind", "on", "alerted"),
    [
        (ChangeKind.COSMETIC, EVERYTHING, []),
        (ChangeKind.MATERIAL, {Reason.UPDATED}, ["updated"]),
        (ChangeKind.MATERIAL, {Reason.NEW}, []),
        (ChangeKind.CORRECTION, {Reason.UPDATED}, ["updated"]),
        (ChangeKind.CORRECTION, {Reason.CORRECTION}, ["correction"]),
        (ChangeKind.CORRECTION, EVERYTHING, ["correction"]),
        (ChangeKind.HEADLINE, {Reason.HEADLINE}, ["headline"]),
        (ChangeKind.HEADLINE, {Reason.CORRECTION}, []),
    ],
)
def test_an_edit_alerts_by_its_kind_and_the_reasons_a_topic_wants(
    kind: ChangeKind, on: set[Reason] | frozenset[Reason], alerted: list[str]
) -> None:
    found = decided(reading(comparison=compared(kind)), known(), policy(on=frozenset(on)))
    assert [reason for _, reason in reasons(found)] == alerted


def test_an_edit_that_brings_a_topic_and_one_that_takes_it_away() -> None:
    came = reading(topics=("border", "tariff"), comparison=compared())
    assert ("tariff", "now_matches") in reasons(decided(came, known()))
    went = reading(topics=(), comparison=compared(before=("border",)))
    assert reasons(decided(went, known(), policy(on=EVERYTHING))) == [
        ("border", "no_longer_matches")
    ]
    assert reasons(decided(went, known())) == []


def test_a_return_to_an_earlier_text_is_a_revision_without_an_alert() -> None:
    found = decided(reading("first", comparison=compared()), known(earlier=("first",)))
    assert found.verdict is Verdict.REVISED
    assert found.alerts == ()


def test_a_fourth_return_within_the_week_is_counted_and_makes_no_revision() -> None:
    read = reading("first", comparison=compared())
    third = decided(read, known(earlier=("first",), returns=2))
    assert third.verdict is Verdict.REVISED
    fourth = decided(read, known(earlier=("first",), returns=3))
    assert (fourth.verdict, fourth.revision, fourth.alerts) == (Verdict.SAME, None, ())
    assert (fourth.counts_return, fourth.returned_to, fourth.row_unchanged) == (
        True,
        "first",
        False,
    )


@pytest.mark.parametrize(
    ("digest", "seen_last", "counted", "remembered"),
    [
        ("first", "first", False, "first"),  # the same text as at the last visit
        ("first", "second", True, "first"),  # a third text takes its turn
        ("old", "first", True, None),  # the newest revision is there again
        ("old", None, False, None),
    ],
)
def test_a_return_is_counted_once_however_often_its_page_is_visited(
    digest: str, seen_last: str | None, counted: bool, remembered: str | None
) -> None:
    read = reading(digest, comparison=compared())
    article = known(earlier=("first", "second"), returns=3, returned_to=seen_last)
    found = decided(read, article)
    assert (found.counts_return, found.returned_to) == (counted, remembered)


def test_a_text_never_seen_before_is_a_revision_however_many_returns_there_were() -> None:
    found = decided(reading(comparison=compared()), known(earlier=("first",), returns=9))
    assert found.verdict is Verdict.REVISED
    assert reasons(found) == [("border", "updated")]


def silenced(kind: SilenceKind, value: str, until: datetime = NOW + timedelta(hours=1)) -> Visit:
    mute = Silence(id=5, kind=kind, value=value, until=until)
    return replace(VISIT, silences=(mute,))


@pytest.mark.parametrize(
    ("visit", "alerted"),
    [
        (silenced(SilenceKind.TOPIC, "border"), ["tariff"]),
        (silenced(SilenceKind.SOURCE, "kjzz"), []),
        (silenced(SilenceKind.QUERY, "lanes"), []),
        (silenced(SilenceKind.SOURCE, "other"), ["border", "tariff"]),
        (silenced(SilenceKind.SOURCE, "kjzz", NOW), ["border", "tariff"]),  # it has just ended
    ],
)
def test_a_silenced_alert_is_stored_with_its_silence_and_not_sent(
    visit: Visit, alerted: list[str]
) -> None:
    read = replace(reading(topics=("border", "tariff")), silenced=frozenset({5}))
    found = decide(visit, read, policy(), Known())
    assert isinstance(found, Decision)
    assert reasons(found) == [("border", "new"), ("tariff", "new")]
    assert [alert.topic for alert in found.alerts if alert.silence is None] == alerted
    assert {alert.topic for message in found.messages for alert in message.alerts} == set(alerted)


def test_an_emptied_or_paywalled_page_is_no_edit() -> None:
    found = decided(reading(comparison=compared(shrunk=True)), known())
    assert (found.verdict, found.revision, found.row_unchanged) == (Verdict.SAME, None, True)


def test_a_known_article_whose_page_is_not_available_stays_unchanged() -> None:
    found = decided(reading(partial="HTTP 500"), known())
    assert (found.verdict, found.row_unchanged) == (Verdict.SAME, True)
    assert found.entry_due_at is not None


def test_a_page_that_is_no_article_is_no_edit_of_a_summary() -> None:
    """Read again without its entry, for its source is back: the feed's words are not at hand."""
    later = replace(VISIT, entry_id=None, article_id=ArticleId(7), partial=True)
    empty = reading(partial="too little text", comparison=compared())
    found = decide(later, empty, policy(), Known(by_guid=known(partial=True)))
    assert isinstance(found, Decision)
    assert (found.verdict, found.revision, found.row_unchanged) == (Verdict.SAME, None, True)
    assert found.article_due_at is not None


def test_a_summary_is_replaced_by_its_page_and_new_topics_are_alerted() -> None:
    found = decided(reading(topics=("border", "tariff")), known(partial=True))
    assert found.revision is not None
    assert found.revision.number == 1
    assert reasons(found) == [("tariff", "new")]


def test_a_guid_that_is_reused_for_another_story_is_a_new_article() -> None:
    other = replace(known(title="School board meets"), sketch=tuple(range(100, 140)))
    read = reading(title="Lanes close", url="http://kjzz.test/b")
    found = decide(VISIT, read, policy(), Known(by_guid=other))
    assert isinstance(found, Decision)
    assert found.verdict is Verdict.NEW


@pytest.mark.parametrize(
    ("shared", "verdict"), [(40, Verdict.SAME), (24, Verdict.SAME), (23, Verdict.NEW)]
)
def test_a_guid_at_another_address_and_title_is_identified_by_its_text(
    shared: int, verdict: Verdict
) -> None:
    """The feed moved its page and rewrote the headline: alike are texts that share six tenths."""
    sketch = (*range(shared), *range(100, 140 - shared))
    own = replace(known("new", title="School board meets"), sketch=sketch)
    found = decide(VISIT, reading(url="http://kjzz.test/b"), policy(), Known(by_guid=own))
    assert isinstance(found, Decision)
    assert found.verdict is verdict


def test_a_new_guid_for_the_same_address_and_title_is_the_same_article() -> None:
    read = reading("old", guid="b")
    found = decide(VISIT, read, policy(), Known(by_address=(known(),)))
    assert isinstance(found, Decision)
    assert (found.verdict, found.article_id, found.alerts) == (Verdict.SAME, 7, ())


@pytest.mark.parametrize(
    ("times", "since", "verdict"),
    [
        (0, None, Verdict.SAME),
        (2, NOW - timedelta(minutes=30), Verdict.SAME),
        (2, NOW - timedelta(hours=2), Verdict.RETRACTED),
    ],
)
def test_a_page_is_retracted_when_it_was_gone_three_times_over_an_hour(
    times: int, since: datetime | None, verdict: Verdict
) -> None:
    visit = replace(VISIT, entry_id=None, article_id=ArticleId(7), gone=times, gone_since=since)
    found = decide_gone(visit, frozenset(), policy(on=EVERYTHING), Known(by_guid=known()))
    assert found.verdict is verdict
    assert reasons(found) == ([("border", "retracted")] if verdict is Verdict.RETRACTED else [])
    assert found.article_due_at is not None


def test_a_page_that_is_back_alerts_the_topics_of_its_retraction() -> None:
    found = decided(reading("old"), known(retracted=True), policy(on=EVERYTHING))
    assert reasons(found) == [("border", "restored")]
    assert decided(reading("old"), known(retracted=True)).alerts == ()
