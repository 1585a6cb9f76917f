"""Choosing the publication and update dates of a page."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pages.dates import PageDates, choose_dates
from monitor.core.pages.metadata import RawDate
from monitor.model import Origin

PUBLISHED, UPDATED = "published", "updated"
LD, META, TIME, VISIBLE = Origin.JSON_LD, Origin.META, Origin.TIME_TAG, Origin.VISIBLE


def chosen(
    *dates: tuple[str, Origin, str], zone: str = "UTC", now: datetime | None = None
) -> PageDates:
    return choose_dates(
        [RawDate(field, origin, raw) for field, origin, raw in dates],
        zone=zone,
        month_first=True,
        now=now,
    )


def texts(dates: PageDates) -> tuple[str | None, str | None]:
    return (
        dates.published.text() if dates.published else None,
        dates.updated.text() if dates.updated else None,
    )


def test_without_dates_none_is_chosen() -> None:
    assert texts(chosen()) == (None, None)


def test_a_declared_instant_precedes_visible_text_and_visible_text_precedes_a_day() -> None:
    day = (PUBLISHED, META, "2019-09-11")
    line = (PUBLISHED, VISIBLE, "September 11, 2019 - 7:45am")
    declared = (PUBLISHED, LD, "2019-09-11T14:44:00Z")
    assert texts(chosen(day)) == ("2019-09-11", None)
    assert texts(chosen(day, line)) == ("2019-09-11T07:45:00Z", None)
    assert texts(chosen(day, line, declared)) == ("2019-09-11T14:44:00Z", None)


def test_visible_text_of_another_day_does_not_override_the_declared_day() -> None:
    line = (PUBLISHED, VISIBLE, "May 3, 2018 7:45am")
    assert texts(chosen((PUBLISHED, META, "2019-09-11"), line))[0] == "2019-09-11"


def test_the_feed_adds_the_time_to_a_day_that_agrees() -> None:
    feed = (PUBLISHED, Origin.FEED, "2019-09-11T14:45:00+00:00")
    address = (PUBLISHED, Origin.URL, "2019-09-11")
    assert texts(chosen((PUBLISHED, META, "2019-09-11"), feed))[0] == "2019-09-11T14:45:00Z"
    assert texts(chosen((PUBLISHED, META, "2019-05-01"), feed))[0] == "2019-05-01"
    assert texts(chosen(feed, address))[0] == "2019-09-11T14:45:00Z"
    assert texts(chosen(address))[0] == "2019-09-11"


def test_a_publication_date_that_equals_the_update_is_not_used() -> None:
    moved = (PUBLISHED, LD, "2019-09-12T10:00:00Z")
    stays = (PUBLISHED, META, "2019-09-11T14:45:00Z")
    changed = (UPDATED, LD, "2019-09-12T10:00:00Z")
    assert texts(chosen(moved, changed, stays)) == ("2019-09-11T14:45:00Z", "2019-09-12T10:00:00Z")
    assert texts(chosen(moved, stays)) == ("2019-09-12T10:00:00Z", None)


def test_updated_is_the_latest_date_and_later_than_published() -> None:
    published = (PUBLISHED, LD, "2019-09-11T14:45:00Z")
    later = [(UPDATED, LD, "2019-09-11T15:00:00Z"), (UPDATED, META, "2019-09-11T16:00:00Z")]
    assert texts(chosen(published, *later))[1] == "2019-09-11T16:00:00Z"
    assert texts(chosen(published, (UPDATED, LD, "2019-09-11T14:45:40Z")))[1] is None
    assert texts(chosen(published, (UPDATED, LD, "2019-09-11T13:00:00Z")))[1] is None


def test_an_update_before_publication_counts_if_two_declarations_state_it() -> None:
    published = (PUBLISHED, LD, "2019-09-11T14:45:00Z")
    both = [(UPDATED, LD, "2019-09-11T13:00:00Z"), (UPDATED, META, "2019-09-11T13:00:00+00:00")]
    assert texts(chosen(published, *both))[1] == "2019-09-11T13:00:00Z"


def test_local_time_labelled_utc_takes_the_offset_of_an_equal_wall_time() -> None:
    labelled = (PUBLISHED, LD, "2019-09-11T07:45:00Z")
    twin = (PUBLISHED, META, "2019-09-11T07:45:00-07:00")
    assert texts(chosen(labelled, twin))[0] == "2019-09-11T14:45:00Z"


def test_a_date_without_a_zone_takes_the_setting_else_that_of_another_date_else_utc() -> None:
    naive = (UPDATED, META, "2019-09-11 09:00")
    sibling = (PUBLISHED, LD, "2019-09-11T07:45:00-07:00")
    assert texts(chosen(sibling, naive))[1] == "2019-09-11T16:00:00Z"
    assert texts(chosen(sibling, naive, zone="America/New_York"))[1] is None
    assert texts(chosen(naive))[0] == "2019-09-11T09:00:00Z"


def test_a_time_without_a_day_is_on_the_day_of_publication_or_the_next() -> None:
    published = (PUBLISHED, VISIBLE, "September 11, 2019 11:50 p.m.")
    assert texts(chosen(published, (UPDATED, VISIBLE, "Updated 11:58 p.m.")))[1] == (
        "2019-09-11T23:58:00Z"
    )
    assert texts(chosen(published, (UPDATED, VISIBLE, "Actualizado a las 0:20")))[1] == (
        "2019-09-12T00:20:00Z"
    )


def test_a_future_date_is_refused_with_the_reason() -> None:
    now = datetime(2019, 9, 11, 15, 0, tzinfo=UTC)
    future = (PUBLISHED, LD, "2019-12-11T14:45:00Z")
    dates = chosen(future, (PUBLISHED, VISIBLE, "September 11, 2019 2:45 pm"), now=now)
    assert texts(dates)[0] == "2019-09-11T14:45:00Z"
    assert dates.candidates[0].verdict == "lies in the future"


def test_a_future_date_is_parsed_with_day_and_month_swapped() -> None:
    now = datetime(2026, 3, 14, tzinfo=UTC)
    assert texts(chosen((PUBLISHED, VISIBLE, "12/03/2026"), now=now))[0] == "2026-03-12"


def test_every_candidate_has_the_reason_why_it_was_chosen_or_not() -> None:
    dates = chosen(
        (PUBLISHED, LD, "2019-09-11T14:45:00Z"),
        (PUBLISHED, META, "yesterday"),
        (PUBLISHED, VISIBLE, "September 11, 2019"),
        (UPDATED, LD, "2019-09-11T14:45:10Z"),
        (UPDATED, VISIBLE, "Updated May 2, 2018"),
    )
    assert [candidate.verdict for candidate in dates.candidates] == [
        "chosen",
        "no date could be read",
        "another source is stronger",
        "is the publication",
        "lies before the publication",
    ]


def test_a_page_with_only_an_update_is_published_at_it() -> None:
    assert texts(chosen((UPDATED, VISIBLE, "Updated: May 2, 2018")))[0] == "2018-05-02"


MINUTES = st.integers(0, 500_000).map(lambda n: timedelta(minutes=n))
RAW_DATE = st.tuples(
    st.sampled_from([PUBLISHED, UPDATED]), st.sampled_from([LD, META, TIME, VISIBLE]), MINUTES
)


@given(st.lists(RAW_DATE, max_size=8), MINUTES)
def test_no_chosen_date_lies_in_the_future_and_no_unconfirmed_update_before_publication(
    raw_dates: list[tuple[str, Origin, timedelta]], passed: timedelta
) -> None:
    start = datetime(2019, 1, 1, tzinfo=UTC)
    now = start + passed
    dates = chosen(
        *((field, origin, (start + after).isoformat()) for field, origin, after in raw_dates),
        now=now,
    )
    for date in (dates.published, dates.updated):
        assert date is None or date.at <= now + timedelta(hours=1)
    if dates.published and dates.updated and dates.updated.at < dates.published.at:
        origins = {o for f, o, a in raw_dates if f == UPDATED and start + a == dates.updated.at}
        assert {LD, META} <= origins


def test_a_day_after_the_fetch_is_parsed_in_the_other_order() -> None:
    line = (PUBLISHED, VISIBLE, "12/03/2026")
    assert texts(chosen(line, now=datetime(2026, 3, 20, tzinfo=UTC)))[0] == "2026-03-12"
    assert texts(chosen(line, now=datetime(2026, 12, 20, tzinfo=UTC)))[0] == "2026-12-03"
