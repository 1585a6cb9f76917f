"""Which stamp wins, and why."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pages.dates import Dates, dates_of
from monitor.core.pages.metadata import Stamp
from monitor.model import Origin

PUBLISHED, UPDATED = "published", "updated"
LD, META, TIME, VISIBLE = Origin.JSON_LD, Origin.META, Origin.TIME_TAG, Origin.VISIBLE


def found(
    *stamps: tuple[str, Origin, str], zone: str = "UTC", now: datetime | None = None
) -> Dates:
    return dates_of(
        [Stamp(field, origin, raw) for field, origin, raw in stamps],
        zone=zone,
        month_first=True,
        now=now,
    )


def shown(dates: Dates) -> tuple[str | None, str | None]:
    return (
        dates.published.text() if dates.published else None,
        dates.updated.text() if dates.updated else None,
    )


def test_nothing_gives_nothing() -> None:
    assert shown(found()) == (None, None)


def test_a_declared_instant_beats_the_page_and_the_page_beats_a_day() -> None:
    day = (PUBLISHED, META, "2019-09-11")
    line = (PUBLISHED, VISIBLE, "September 11, 2019 - 7:45am")
    declared = (PUBLISHED, LD, "2019-09-11T14:44:00Z")
    assert shown(found(day)) == ("2019-09-11", None)
    assert shown(found(day, line)) == ("2019-09-11T07:45:00Z", None)
    assert shown(found(day, line, declared)) == ("2019-09-11T14:44:00Z", None)


def test_a_line_of_another_day_does_not_beat_the_declared_day() -> None:
    line = (PUBLISHED, VISIBLE, "May 3, 2018 7:45am")
    assert shown(found((PUBLISHED, META, "2019-09-11"), line))[0] == "2019-09-11"


def test_the_feed_gives_the_minute_of_a_day_that_agrees() -> None:
    feed = (PUBLISHED, Origin.FEED, "2019-09-11T14:45:00+00:00")
    address = (PUBLISHED, Origin.URL, "2019-09-11")
    assert shown(found((PUBLISHED, META, "2019-09-11"), feed))[0] == "2019-09-11T14:45:00Z"
    assert shown(found((PUBLISHED, META, "2019-05-01"), feed))[0] == "2019-05-01"
    assert shown(found(feed, address))[0] == "2019-09-11T14:45:00Z"
    assert shown(found(address))[0] == "2019-09-11"


def test_a_publication_that_moves_with_the_modification_is_not_believed() -> None:
    moved = (PUBLISHED, LD, "2019-09-12T10:00:00Z")
    stays = (PUBLISHED, META, "2019-09-11T14:45:00Z")
    changed = (UPDATED, LD, "2019-09-12T10:00:00Z")
    assert shown(found(moved, changed, stays)) == ("2019-09-11T14:45:00Z", "2019-09-12T10:00:00Z")
    assert shown(found(moved, stays)) == ("2019-09-12T10:00:00Z", None)


def test_updated_is_the_latest_and_only_if_it_is_later_than_published() -> None:
    published = (PUBLISHED, LD, "2019-09-11T14:45:00Z")
    later = [(UPDATED, LD, "2019-09-11T15:00:00Z"), (UPDATED, META, "2019-09-11T16:00:00Z")]
    assert shown(found(published, *later))[1] == "2019-09-11T16:00:00Z"
    assert shown(found(published, (UPDATED, LD, "2019-09-11T14:45:40Z")))[1] is None
    assert shown(found(published, (UPDATED, LD, "2019-09-11T13:00:00Z")))[1] is None


def test_an_earlier_update_that_two_declarations_state_is_shown_as_declared() -> None:
    published = (PUBLISHED, LD, "2019-09-11T14:45:00Z")
    both = [(UPDATED, LD, "2019-09-11T13:00:00Z"), (UPDATED, META, "2019-09-11T13:00:00+00:00")]
    assert shown(found(published, *both))[1] == "2019-09-11T13:00:00Z"


def test_local_time_labelled_utc_takes_the_offset_of_its_twin() -> None:
    labelled = (PUBLISHED, LD, "2019-09-11T07:45:00Z")
    twin = (PUBLISHED, META, "2019-09-11T07:45:00-07:00")
    assert shown(found(labelled, twin))[0] == "2019-09-11T14:45:00Z"


def test_a_stamp_without_a_zone_takes_the_setting_else_its_sibling_else_utc() -> None:
    naive = (UPDATED, META, "2019-09-11 09:00")
    sibling = (PUBLISHED, LD, "2019-09-11T07:45:00-07:00")
    assert shown(found(sibling, naive))[1] == "2019-09-11T16:00:00Z"
    assert shown(found(sibling, naive, zone="America/New_York"))[1] is None
    assert shown(found(naive))[0] == "2019-09-11T09:00:00Z"


def test_a_clock_alone_is_of_the_day_of_publication_or_the_next() -> None:
    published = (PUBLISHED, VISIBLE, "September 11, 2019 11:50 p.m.")
    assert shown(found(published, (UPDATED, VISIBLE, "Updated 11:58 p.m.")))[1] == (
        "2019-09-11T23:58:00Z"
    )
    assert shown(found(published, (UPDATED, VISIBLE, "Actualizado a las 0:20")))[1] == (
        "2019-09-12T00:20:00Z"
    )


def test_a_stamp_of_the_future_is_refused_and_says_so() -> None:
    now = datetime(2019, 9, 11, 15, 0, tzinfo=UTC)
    future = (PUBLISHED, LD, "2019-12-11T14:45:00Z")
    dates = found(future, (PUBLISHED, VISIBLE, "September 11, 2019 2:45 pm"), now=now)
    assert shown(dates)[0] == "2019-09-11T14:45:00Z"
    assert dates.candidates[0].verdict == "lies in the future"


def test_a_date_read_in_the_wrong_order_is_turned_when_it_lies_in_the_future() -> None:
    now = datetime(2026, 3, 14, tzinfo=UTC)
    assert shown(found((PUBLISHED, VISIBLE, "12/03/2026"), now=now))[0] == "2026-03-12"


def test_every_candidate_tells_why_it_won_or_lost() -> None:
    dates = found(
        (PUBLISHED, LD, "2019-09-11T14:45:00Z"),
        (PUBLISHED, META, "yesterday"),
        (PUBLISHED, VISIBLE, "September 11, 2019"),
        (UPDATED, LD, "2019-09-11T14:45:10Z"),
        (UPDATED, VISIBLE, "Updated May 2, 2018"),
    )
    assert [one.verdict for one in dates.candidates] == [
        "chosen",
        "no date could be read",
        "another source is stronger",
        "is the publication",
        "lies before the publication",
    ]


def test_a_page_that_tells_only_its_update_is_dated_by_it() -> None:
    assert shown(found((UPDATED, VISIBLE, "Updated: May 2, 2018")))[0] == "2018-05-02"


MINUTES = st.integers(0, 500_000).map(lambda n: timedelta(minutes=n))
STAMP = st.tuples(
    st.sampled_from([PUBLISHED, UPDATED]), st.sampled_from([LD, META, TIME, VISIBLE]), MINUTES
)


@given(st.lists(STAMP, max_size=8), MINUTES)
def test_no_choice_ever_lies_in_the_future_nor_has_an_unconfirmed_update_before_publication(
    stamps: list[tuple[str, Origin, timedelta]], passed: timedelta
) -> None:
    start = datetime(2019, 1, 1, tzinfo=UTC)
    now = start + passed
    dates = found(
        *((field, origin, (start + after).isoformat()) for field, origin, after in stamps), now=now
    )
    for one in (dates.published, dates.updated):
        assert one is None or one.at <= now + timedelta(hours=1)
    if dates.published and dates.updated and dates.updated.at < dates.published.at:
        origins = {o for f, o, a in stamps if f == UPDATED and start + a == dates.updated.at}
        assert {LD, META} <= origins


def test_a_day_that_would_lie_ahead_is_read_in_the_other_order() -> None:
    line = (PUBLISHED, VISIBLE, "12/03/2026")
    assert shown(found(line, now=datetime(2026, 3, 20, tzinfo=UTC)))[0] == "2026-03-12"
    assert shown(found(line, now=datetime(2026, 12, 20, tzinfo=UTC)))[0] == "2026-12-03"
