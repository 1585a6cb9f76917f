"""The stamps that feeds were seen to write."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.core.dates.feed_dates import instant


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
    ],
)
def test_a_stamp_is_read_as_its_writer_meant_it(text: str, expected: str):
    assert instant(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


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
def test_what_leaves_a_doubt_is_not_read(text: str):
    assert instant(text) is None


def test_a_stamp_that_names_a_zone_keeps_it():
    zone = timezone(timedelta(hours=-7))
    assert instant("2019-09-11 07:45", zone) == datetime(2019, 9, 11, 14, 45, tzinfo=UTC)
    assert instant("2019-09-11 14:45 GMT", zone) == datetime(2019, 9, 11, 14, 45, tzinfo=UTC)
