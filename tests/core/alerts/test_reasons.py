"""What happened to an article, in words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from notices import STORY

from monitor.core.alerts import format_edit_run, label_of, reason_lines, topics_of
from monitor.model import Alert, AlertId, Change, ChangeKind, EditRun, Item, Reason

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
RUN = EditRun(
    count=12,
    since=NOW.replace(hour=9, minute=5),
    until=NOW,
    old_title="",
    old_text="",
    new_title="",
    new_text="",
)


def item(
    *alerts: tuple[str, Reason], change: Change | None = None, run: EditRun | None = None
) -> Item:
    made = [
        Alert(id=AlertId(n), topic=topic, reason=reason, created_at=NOW)
        for n, (topic, reason) in enumerate(alerts)
    ]
    return Item(alerts=tuple(made), story=STORY, change=change, run=run)


def edit(
    kind: ChangeKind = ChangeKind.MATERIAL, added: Sequence[str] = (), removed: Sequence[str] = ()
) -> Change:
    return Change(kind=kind, added=tuple(added), removed=tuple(removed))


@pytest.mark.parametrize(
    ("reason", "label", "sentence"),
    [
        (Reason.RETRACTED, "Retracted", "the page is gone from the site"),
        (Reason.RESTORED, "Back", "the page is on the site again"),
        (Reason.CORRECTION, "Correction", "the site published a correction"),
        (Reason.HEADLINE, "New headline", "the headline changed"),
        (Reason.NEW, "", "a new article matches"),
        (Reason.UPDATED, "Updated", "the text changed"),
        (Reason.SPREAD, "Spreading", "one more outlet has this story"),
        (Reason.NOW_MATCHES, "", "an edit made this article match"),
        (
            Reason.NO_LONGER_MATCHES,
            "No longer matches",
            "an edit took the matching words away",
        ),
    ],
)
def test_every_reason_has_a_label_and_a_sentence(reason: Reason, label: str, sentence: str) -> None:
    one = item(("border", reason))
    assert (label_of(one), reason_lines(one, UTC)) == (label, (f"border: {sentence}",))


def test_the_strongest_reason_names_the_message_and_leads_its_lines() -> None:
    several_things = item(
        ("tariff", Reason.UPDATED), ("border", Reason.CORRECTION), ("asylum", Reason.UPDATED)
    )
    assert label_of(several_things) == "Correction"
    assert reason_lines(several_things, UTC) == (
        "border: the site published a correction",
        "asylum, tariff: the text changed",
    )
    assert label_of(item()) == ""


def test_topics_are_named_once_in_their_order_and_cut_short() -> None:
    long = item(("b" * 99, Reason.NEW), ("a", Reason.NEW), ("a", Reason.UPDATED))
    first, second = topics_of(long)
    assert (first, len(second)) == ("a", 80)
    assert reason_lines(long, UTC)[0] == f"a, {second}: a new article matches"


def test_a_line_names_twenty_topics() -> None:
    many = item(*((f"t{n:02}", Reason.NEW) for n in range(30)))
    [line] = reason_lines(many, UTC)
    assert line == f"{', '.join(f't{n:02}' for n in range(20))}: a new article matches"


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        (ChangeKind.CORRECTION, "Correction"),
        (ChangeKind.HEADLINE, "New headline"),
        (ChangeKind.MATERIAL, "Updated"),
    ],
)
def test_a_single_update_is_labelled_by_its_kind_of_change(kind: ChangeKind, label: str) -> None:
    one = item(("border", Reason.UPDATED), change=edit(kind))
    assert label_of(one) == label
    assert label_of(replace(one, run=RUN)) == "Updated"
    spread = item(("border", Reason.SPREAD), change=edit(kind))
    assert label_of(spread) == "Spreading"


@pytest.mark.parametrize(
    ("added", "removed", "sentence"),
    [
        ((), (), "the text changed"),
        (("a",), (), "1 sentence was added"),
        (("a", "b"), (), "2 sentences were added"),
        ((), ("a",), "1 sentence was removed"),
        (("a", "b"), ("c",), "2 sentences were changed"),
        (("a",), ("b", "c", "d"), "3 sentences were changed"),
    ],
)
def test_an_update_is_counted_in_sentences(
    added: tuple[str, ...], removed: tuple[str, ...], sentence: str
) -> None:
    one = item(("border", Reason.UPDATED), change=edit(added=added, removed=removed))
    assert reason_lines(one, UTC) == (f"border: {sentence}",)


def test_several_edits_have_the_time_of_the_first_and_its_day_if_it_differs() -> None:
    assert format_edit_run(RUN, UTC) == "12 edits since 09:05"
    night = replace(RUN, since=RUN.since - timedelta(days=1))
    assert format_edit_run(night, UTC) == "12 edits since Sun 4 Jan, 09:05"
    one = item(("border", Reason.UPDATED), change=edit(added=["a"]), run=RUN)
    assert reason_lines(one, UTC) == ("border: 12 edits since 09:05",)
    phoenix = ZoneInfo("America/Phoenix")
    assert reason_lines(one, phoenix) == ("border: 12 edits since 02:05",)
    early = replace(RUN, since=NOW - timedelta(hours=6), until=NOW)  # 23:00 and 05:00 there
    assert format_edit_run(early, phoenix) == "12 edits since Sun 4 Jan, 23:00"
    late = replace(RUN, since=NOW, until=NOW + timedelta(hours=14))  # 05:00 and 19:00 there
    assert format_edit_run(late, phoenix) == "12 edits since 05:00"
