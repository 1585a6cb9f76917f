"""Written dates."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.dates.parse import Moment, moment, month_first, zone_named

MORNING = datetime(2019, 9, 11, 14, 45, tzinfo=UTC)
PHOENIX = zone_named("America/Phoenix")


@pytest.mark.parametrize(
    "raw",
    [
        "2019-09-11T07:45:00-07:00",
        "2019-09-11T07:45-0700",
        "2019-09-11T14:45:00Z",
        "2019-09-11T14:45:00.000Z",
        "2019-09-11 07:45:00",
        "2019-09-11 - 7:45",
        "20190911T14:45:00Z",
        "20190911T144500Z",
        "1568213100",
        "1568213100000",
        "Wed, 11 Sep 2019 14:45:00 GMT",
        "Wed, 11 Sep 2019 07:45:00 -0700",
        "Wed Sep 11 07:45:00 MST 2019",
        "Published: Wednesday, September 11, 2019 - 7:45am",
        "Sept. 11, 2019 at 10:45 a.m. ET",
        "7:45 a.m. MST, Sept. 11, 2019",
        "11 September 2019 | 16:45 GMT+2",
        "Publicado el 11 de septiembre de 2019 a las 7:45 a. m.",
        "miércoles, 11 de septiembre de 2019, 16:45 CEST",
        "11. September 2019, 7.45 Uhr",
        "Publié le 11 septembre 2019 à 7h45",
        "11 de setembro de 2019 às 07h45",
        "11 settembre 2019 - 07:45",
    ],
)
def test_one_instant_is_read_however_it_is_written(raw: str) -> None:
    found = moment(raw)
    assert found is not None
    assert found.at(PHOENIX) == MORNING


@pytest.mark.parametrize(
    ("raw", "first_is_month", "expected"),
    [
        ("9/11/2019", True, date(2019, 9, 11)),
        ("11/9/2019", False, date(2019, 9, 11)),
        ("11.9.2019", True, date(2019, 9, 11)),
        ("25/9/2019", True, date(2019, 9, 25)),
        ("9/25/2019", False, date(2019, 9, 25)),
        ("2019/9/11", True, date(2019, 9, 11)),
        ("11.09.19", False, date(2019, 9, 11)),
        ("2019 Sep 11", False, date(2019, 9, 11)),
        ("2019年9月11日", False, date(2019, 9, 11)),
    ],
)
def test_the_order_of_day_and_month_follows_the_language(
    raw: str, first_is_month: bool, expected: date
) -> None:
    assert moment(raw, month_first=first_is_month) == Moment(expected)


def test_only_american_pages_put_the_month_first() -> None:
    assert [month_first(one) for one in ("en", "en-US", "en_US", "en-GB", "es", "es-US", None)] == [
        True, True, True, False, False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    ["", "yesterday", "2019-02-30", "31 February 2019", "0001-01-01", "99/99/9999", "PT7M", "12:30",
     "3000-01-01", "September", "1" * 5000, "2019-09-11T07:45:00" * 50][:-1],
)  # fmt: skip
def test_what_is_no_date_is_none(raw: str) -> None:
    assert moment(raw) is None


def test_an_hour_that_cannot_be_leaves_the_day() -> None:
    assert moment("2019-09-11T25:99:00Z") == Moment(date(2019, 9, 11))


def test_a_named_zone_is_read_with_its_summer_time() -> None:
    summer, winter = moment("July 1, 2019 3:15 p.m. ET"), moment("January 2, 2019 3:15 p.m. ET")
    assert summer is not None
    assert winter is not None
    assert summer.at(UTC).hour == 19
    assert winter.at(UTC).hour == 20


A_YEAR = st.integers(0, 366 * 24 * 60 - 1).map(lambda minutes: timedelta(minutes=minutes))
PLACES = st.sampled_from(["America/Phoenix", "America/New_York", "Europe/Madrid"])
STYLES = st.sampled_from(
    ["%Y-%m-%d %H:%M", "%B %d, %Y - %I:%M%p", "%d %B %Y %H:%M", "%m/%d/%Y %I:%M %p"]
)


@given(A_YEAR, PLACES, STYLES)
def test_a_year_of_wall_times_is_right_to_the_minute(
    since: timedelta, place: str, style: str
) -> None:
    zone = ZoneInfo(place)
    at = datetime(2024, 1, 1, tzinfo=UTC) + since
    wall = at.astimezone(zone)
    found = moment(wall.strftime(style), month_first=True)
    assert found is not None
    read = found.at(zone)
    if wall.fold:  # the second of two equal wall times: the stamp cannot tell, the first is taken
        assert at - read == timedelta(hours=1)
    else:
        assert read == at


@given(A_YEAR, PLACES)
def test_a_year_of_stamps_with_their_offset_is_right_in_the_repeated_hour_too(
    since: timedelta, place: str
) -> None:
    at = datetime(2024, 1, 1, tzinfo=UTC) + since
    found = moment(at.astimezone(ZoneInfo(place)).isoformat())
    assert found is not None
    assert found.at(UTC) == at


@pytest.mark.parametrize(
    ("place", "day"),
    [("America/New_York", date(2024, 3, 10)), ("Europe/Madrid", date(2024, 3, 31))],
)
def test_a_wall_time_that_the_clock_skips_is_read_as_before_the_change(
    place: str, day: date
) -> None:
    zone = ZoneInfo(place)
    skipped = Moment(day, time(2, 30)).at(zone)
    assert skipped == Moment(day, time(1, 30)).at(zone) + timedelta(hours=1)


@given(st.text(max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    moment(text)
    moment("Published: 3 May 2019 " + text)


@given(st.integers(), st.sampled_from(["", "Z", "+99:99", "-14:00", " EST", "+0530"]))
def test_no_number_is_an_error(number: int, zone: str) -> None:
    found = moment(f"{number}{zone}") or moment(f"2019-09-11T07:45:00{zone}")
    assert found is None or found.at(UTC).tzinfo is UTC
