from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notices import NOW, notice
from sinks import receiver

from monitor.channels.webhook.channel import WebhookChannel
from monitor.channels.webhook.config import WebhookConfig
from monitor.core.addresses import AddressPolicy
from monitor.core.dates.retry_after import MAX_RETRY_AFTER, parse_retry_after
from monitor.errors import DeliveryError, Throttled
from monitor.net import response
from monitor.net.session import guarded_session

DAY = timedelta(hours=24)
TABLE = [  # NOW is Wednesday, 11 September 2019, 15:00:00 UTC
    ("120", timedelta(seconds=120)),
    (" 0 ", timedelta(0)),
    ("86400", DAY),
    ("86401", DAY),
    ("999999999", DAY),
    ("9" * 400, DAY),
    ("0" * 12 + "5", timedelta(seconds=5)),
    ("Wed, 11 Sep 2019 15:03:00 GMT", timedelta(minutes=3)),
    ("Wednesday, 11-Sep-19 15:03:00 GMT", timedelta(minutes=3)),
    ("Wed Sep 11 15:03:00 2019", timedelta(minutes=3)),
    ("Wed, 11 Sep 2019 17:03:00 +0200", timedelta(minutes=3)),
    ("Sat, 14 Sep 2019 15:00:00 GMT", DAY),
    ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
    ("Fri, 31 Dec 9999 23:59:59 -2359", DAY),
    ("Mon, 01 Jan 0001 00:00:00 +2359", None),
    ("Wed, 11 Sep 2019 15:00:00 GMT", None),
    ("Fri, 31 Dec 1999 23:59:59 GMT", None),
    ("Wed, 99 Sep 99999 12:10:00 GMT", None),
    ("-5", None),
    ("+5", None),
    ("1.5", None),
    ("1e9", None),
    ("0x10", None),
    ("5 seconds", None),
    ("60, 120", None),
    ("soon", None),
    ("", None),
    ("²", None),
    ("١٢", None),
]


@pytest.mark.parametrize(("value", "wait"), TABLE)
def test_retry_after_is_parsed_or_ignored_and_at_most_a_day(
    value: str, wait: timedelta | None
) -> None:
    assert parse_retry_after(value, NOW) == wait


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("value", "wait"), TABLE)
def test_the_header_of_a_site_is_parsed_as_in_the_table(
    status: int, value: str, wait: timedelta | None
) -> None:
    error = response.status_error(status, {"Retry-After": value}, "http://site.example/feed", NOW)
    assert isinstance(error, Throttled)
    assert error.retry_after == wait


async def test_the_header_of_a_webhook_receiver_is_parsed_as_in_the_table() -> None:
    async with (
        receiver() as sink,
        guarded_session(lambda: AddressPolicy(("127.0.0.0/8",))) as session,
    ):
        settings = WebhookConfig(type="webhook", name="hook", url=sink.url)
        hook = WebhookChannel(settings, session=session, clock=lambda: NOW)
        for status in (429, 503):
            for value, wait in TABLE:
                sink.answer(status, Retry_After=value)
                with pytest.raises(DeliveryError) as caught:
                    await hook.send(notice())
                assert (value, caught.value.retry_after) == (value, wait)
                assert not caught.value.permanent


def test_a_missing_header_gives_none() -> None:
    assert parse_retry_after(None, NOW) is None


@given(st.text() | st.datetimes().map(lambda at: at.strftime("%a, %d %b %Y %H:%M:%S GMT")))
def test_any_header_gives_a_wait_of_at_most_a_day_or_none(value: str) -> None:
    wait = parse_retry_after(value, NOW)
    assert wait is None or timedelta(0) <= wait <= MAX_RETRY_AFTER
