"""The date parser that feeds and pages share."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.dates.parse import ParsedDate, is_month_first, parse_date, parse_instant
from monitor.core.dates.zones import zone_or_utc

MORNING = datetime(2019, 9, 11, 14, 45, tzinfo=UTC)
PHOENIX = zone_or_utc("America/Phoenix")


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
def test_an_instant_is_parsed_in_any_notation(raw: str) -> None:
    found = parse_date(raw)
    assert found is not None
    assert found.to_utc(PHOENIX) == MORNING


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
    assert parse_date(raw, month_first=first_is_month) == ParsedDate(expected)


def test_only_american_pages_put_the_month_first() -> None:
    assert all(is_month_first(tag) for tag in ("en", "en-US", "en_US", "es-US"))
    assert not any(is_month_first(tag) for tag in ("en-GB", "es", None))


@pytest.mark.parametrize(
    "raw",
    ["", "yesterday", "2019-02-30", "31 February 2019", "0001-01-01", "99/99/9999", "PT7M", "12:30",
     "3000-01-01", "September", "1" * 5000, "2019-09-11T07:45:00" * 50][:-1],
)  # fmt: skip
def test_a_text_without_a_date_gives_none(raw: str) -> None:
    assert parse_date(raw) is None


def test_an_impossible_time_leaves_the_day() -> None:
    assert parse_date("2019-09-11T25:99:00Z") == ParsedDate(date(2019, 9, 11))


def test_a_named_zone_follows_daylight_saving_time() -> None:
    summer, winter = (
        parse_date("July 1, 2019 3:15 p.m. ET"),
        parse_date("January 2, 2019 3:15 p.m. ET"),
    )
    assert summer is not None
    assert winter is not None
    assert summer.to_utc(UTC).hour == 19
    assert winter.to_utc(UTC).hour == 20


A_YEAR = st.integers(0, 366 * 24 * 60 - 1).map(lambda minutes: timedelta(minutes=minutes))
ZONE_NAMES = st.sampled_from(["America/Phoenix", "America/New_York", "Europe/Madrid"])
FORMATS = st.sampled_from(
    ["%Y-%m-%d %H:%M", "%B %d, %Y - %I:%M%p", "%d %B %Y %H:%M", "%m/%d/%Y %I:%M %p"]
)


@given(A_YEAR, ZONE_NAMES, FORMATS)
def test_any_wall_time_of_a_year_is_parsed_to_the_minute(
    since: timedelta, name: str, notation: str
) -> None:
    zone = ZoneInfo(name)
    at = datetime(2024, 1, 1, tzinfo=UTC) + since
    wall = at.astimezone(zone)
    found = parse_date(wall.strftime(notation), month_first=True)
    assert found is not None
    parsed = found.to_utc(zone)
    if wall.fold:  # the second of two equal wall times cannot be distinguished from the first
        assert at - parsed == timedelta(hours=1)
    else:
        assert parsed == at


@given(A_YEAR, ZONE_NAMES)
def test_a_date_with_its_offset_is_exact_even_in_the_repeated_hour(
    since: timedelta, name: str
) -> None:
    at = datetime(2024, 1, 1, tzinfo=UTC) + since
    found = parse_date(at.astimezone(ZoneInfo(name)).isoformat())
    assert found is not None
    assert found.to_utc(UTC) == at


@pytest.mark.parametrize(
    ("name", "day"),
    [("America/New_York", date(2024, 3, 10)), ("Europe/Madrid", date(2024, 3, 31))],
)
def test_a_wall_time_that_daylight_saving_skips_has_the_offset_before_the_change(
    name: str, day: date
) -> None:
    zone = ZoneInfo(name)
    skipped = ParsedDate(day, time(2, 30)).to_utc(zone)
    assert skipped == ParsedDate(day, time(1, 30)).to_utc(zone) + timedelta(hours=1)


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    parse_date(text)
    parse_date("Published: 3 May 2019 " + text)


@given(st.integers(), st.sampled_from(["", "Z", "+99:99", "-14:00", " EST", "+0530"]))
def test_no_number_raises(number: int, zone: str) -> None:
    found = parse_date(f"{number}{zone}") or parse_date(f"2019-09-11T07:45:00{zone}")
    assert found is None or found.to_utc(UTC).tzinfo is UTC


# ── dates that software writes ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wed, 11 Sep 2019 07:45:00 -0700", "2019-09-11T14:45:00"),
        ("Wed, 11 Sep 2019 14:45 GMT", "2019-09-11T14:45:00"),
        ("11 Sep 19 14:45:10 UT", "2019-09-11T14:45:10"),
        ("Thu, 01 Jan 87 00:00:00 GMT", "1987-01-01T00:00:00"),
        ("2019-09-11T14:45:00Z", "2019-09-11T14:45:00"),
        ("2019-09-11T16:45:00.250+02:00", "2019-09-11T14:45:00.250"),
        ("2019-09-11 14:45", "2019-09-11T14:45:00"),
        ("2019-09-11", "2019-09-11T00:00:00"),
        ("2020/1/10", "2020-01-10T00:00:00"),
        ("Sat, Dec 16 2023 02:02:33 PM", "2023-12-16T14:02:33"),
        ("Sat, Dec 16 2023 12:02:33 AM", "2023-12-16T00:02:33"),
        ("December 16, 2023 9:05 a.m. EST", "2023-12-16T14:05:00"),
        ("Sat Dec 16 14:02:33 2023", "2023-12-16T14:02:33"),
        ("Sat, 16 Dec 2023 14:02:33 CET", "2023-12-16T13:02:33"),
        ("Sun, 16 Jul 2023 14:02:33 CEST", "2023-07-16T12:02:33"),
        ("Sat, 16 Dec 2023 14:02:33 GMT+0200", "2023-12-16T12:02:33"),
        ("mer, 16 nov 2022 00:38:15 +0100", "2022-11-15T23:38:15"),
        ("Sa., 16. Dezember 2023 14:02:33 MEZ", "2023-12-16T13:02:33"),
        ("Mi, 01 Mär 2023 10:00:00 +0100", "2023-03-01T09:00:00"),
        ("mié, 11 de septiembre de 2019 14:45:00 +0000", "2019-09-11T14:45:00"),
        ("ven., 16 déc. 2022 10:00:00 +0100", "2022-12-16T09:00:00"),
        ("16 août 2022", "2022-08-16T00:00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59"),
        ("2019-09-11T24:00:00Z", "2019-09-12T00:00:00"),
        ("1568213100", "2019-09-11T14:45:00"),
        ("14 июля 2026 10:00 +0300", "2026-07-14T07:00:00"),
        ("Tue, 14 Jul 2026 10:00:00 EST", "2026-07-14T15:00:00"),
        ("2003-07-01 T01:55:07-05:00", "2003-07-01T06:55:07"),
    ],
)
def test_a_machine_date_is_parsed_as_meant(text: str, expected: str) -> None:
    assert parse_instant(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "10/11/2023",
        "31 Feb 2023 10:00:00 GMT",
        "2023-13-01",
        "2023-01-01T25:00:00Z",
        "0000-00-00",
        "9999-12-31T23:59:59-10:00",
        "0001-01-01T00:00:00Z",
        "16 Dec 2023 Jan 10:00",
        "1" * 1_000_000,
    ],
)
def test_an_ambiguous_or_malformed_machine_date_is_none(text: str) -> None:
    assert parse_instant(text) is None


def test_the_default_zone_applies_only_to_a_date_without_a_zone() -> None:
    zone = timezone(timedelta(hours=-7))
    assert parse_instant("2019-09-11 07:45", zone) == datetime(2019, 9, 11, 14, 45, tzinfo=UTC)
    assert parse_instant("2019-09-11 14:45 GMT", zone) == datetime(2019, 9, 11, 14, 45, tzinfo=UTC)


MACHINE_FORMATS = st.sampled_from(
    [
        "%a, %d %b %Y %H:%M:%S {}",
        "%d %b %Y %H:%M {}",
        "%d %B %Y %H:%M {}",
        "%B %d, %Y %I:%M %p {}",
        "%a %b %d %H:%M:%S {} %Y",
        "%Y-%m-%dT%H:%M:%S {}",
        "%Y-%m-%d %H:%M {}",
        "%Y/%m/%d %H:%M {}",
    ]
)
ZONES = (
    *("GMT", "UTC", "Z", "EST", "EDT", "CST", "PST", "PDT", "MST", "ET"),
    *("CET", "CEST", "MEZ", "BST", "AEST", "NZDT", "+0200", "-07:00", "GMT+2"),
)


@given(A_YEAR, MACHINE_FORMATS, st.sampled_from(ZONES))
def test_strict_and_free_parsing_agree_on_machine_dates(
    since: timedelta, form: str, zone: str
) -> None:
    text = (datetime(2026, 1, 1, tzinfo=UTC) + since).strftime(form).format(zone)
    strict, free = parse_date(text, strict=True), parse_date(text)
    assert strict is not None
    assert free is not None
    assert strict.to_utc(PHOENIX) == free.to_utc(PHOENIX)


@pytest.mark.parametrize(
    "text", ["7:45 a.m. West Sacramento, Sept. 11, 2019", "Sept. 11, 2019, 7:45 am. Cat rescued"]
)
def test_an_english_word_in_free_text_is_no_zone(text: str) -> None:
    found = parse_date(text)
    assert found == ParsedDate(date(2019, 9, 11), time(7, 45))
