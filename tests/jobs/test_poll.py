"""Desk POLL: where a feed is read, and what of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from plans import plan

from monitor.contracts import Announced, ClaimedSource, Polled, PollFailed
from monitor.core.feeds.parse import FAST_MAX_BYTES, FAST_MAX_TAGS, parse
from monitor.jobs.poll import PollWorker
from monitor.model import Page, Request, Validators
from monitor.settings import Source

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
URL = "http://kjzz.test/rss"
ITEM = (
    "<item><guid>http://kjzz.test/{0}</guid><link>http://kjzz.test/{0}</link>"
    "<title>Story {0}</title><description>{1}</description></item>"
)


class FakeStore:
    """Holds what the last poll left."""

    def __init__(self) -> None:
        self.settled: list[Polled | PollFailed] = []
        self.given_back: list[str] = []

    async def listing(self, source: str) -> bytes:
        last = self.settled[-1] if self.settled else None
        return last.feed.entry_cache if isinstance(last, Polled) and last.feed else b""

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        self.given_back.append(lease)

    async def settle_poll(self, watch: ClaimedSource, outcome: Polled | PollFailed) -> Announced:
        self.settled.append(outcome)
        return Announced()


class FakeFetcher:
    """Answers with `body`."""

    body = b""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def get(self, request: Request) -> Page:
        self.requests.append(request)
        return Page(url=request.url, body=self.body, content_type="text/xml", fetched_at=NOW)


class FakeBench:
    """Works at once, and counts what it was given."""

    def __init__(self) -> None:
        self.given = 0

    async def run(self, limit: timedelta, work: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        self.given += 1
        return work(*args, **kw)


class FakeBell:
    def wake(self, *names: str) -> None:
        return


class Station:
    """The desk, and what it works with."""

    def __init__(self) -> None:
        self.store, self.fetcher, self.bench = FakeStore(), FakeFetcher(), FakeBench()
        source = Source(name="kjzz", url=URL, every=timedelta(minutes=15))
        made = plan(sources=(source,))
        self.desk = PollWorker(
            store=self.store,  # type: ignore[arg-type]
            fetcher=self.fetcher,
            bench=self.bench,
            notifier=FakeBell(),
            clock=lambda: NOW,
            jitter=lambda: 0.0,
            plan=lambda: made,
        )

    async def poll(self, body: bytes, digest: str | None = None) -> Polled:
        self.fetcher.body = body
        await self.desk.work(ClaimedSource(source="kjzz", url=URL, lease="1", body_digest=digest))
        outcome = self.store.settled[-1]
        assert isinstance(outcome, Polled)
        return outcome


def rss(*items: str) -> bytes:
    return (
        f"<rss version='2.0'><channel><title>KJZZ</title>{''.join(items)}</channel></rss>".encode()
    )


async def test_a_small_plain_feed_is_read_where_we_are() -> None:
    station, body = Station(), rss(ITEM.format(1, "A tariff"))
    outcome = await station.poll(body)
    assert outcome.feed == parse(body, url=URL, content_type="text/xml")
    assert station.bench.given == 0


async def test_a_large_feed_and_one_that_feedparser_must_read_go_to_a_worker() -> None:
    large = rss(ITEM.format(1, "a" * FAST_MAX_BYTES))
    many = rss(*(ITEM.format(number, "") for number in range(FAST_MAX_TAGS // 8)))
    broken = rss(ITEM.format(1, "A & B"))
    for body in (large, many, broken):
        station = Station()
        outcome = await station.poll(body)
        assert outcome.feed == parse(body, url=URL, content_type="text/xml")
        assert station.bench.given == 1


async def test_of_a_feed_that_changed_only_the_new_entry_is_read() -> None:
    station, old = Station(), ITEM.format(1, "A tariff")
    first = await station.poll(rss(old))
    digest = sha256(station.fetcher.body).hexdigest()
    second = await station.poll(rss(ITEM.format(2, "A border"), old), digest)
    assert first.feed is not None
    assert second.feed is not None
    assert [one.title for one in second.feed.entries] == ["Story 2"]
    assert list(second.feed.unchanged.keys) == [first.feed.entries[0].key]


async def test_a_body_that_did_not_change_is_not_read() -> None:
    station, body = Station(), rss(ITEM.format(1, "A tariff"))
    outcome = await station.poll(body, sha256(body).hexdigest())
    assert outcome.feed is None


async def test_a_source_that_is_just_leaving_is_given_back_and_does_not_fail() -> None:
    station = Station()
    watch = ClaimedSource(source="renamed", url=URL, lease="1:1:renamed")
    outcome = await station.desk.work(watch)
    assert outcome.result == "late"
    assert station.store.settled == []
    assert station.store.given_back == ["1:1:renamed"]


@pytest.mark.parametrize(
    ("validated", "conditional"),
    [(timedelta(hours=-1), True), (timedelta(hours=-25), False), (timedelta(days=365), False)],
    ids=str,
)
async def test_a_304_is_believed_for_a_day_and_not_for_a_clock_that_was_ahead(
    validated: timedelta, conditional: bool
) -> None:
    station = Station()
    station.fetcher.body = rss()
    watch = ClaimedSource(source="kjzz", url=URL, lease="1", validators=Validators(etag='"1"'))
    await station.desk.work(replace(watch, validated_at=NOW + validated))
    assert bool(station.fetcher.requests[0].validators) is conditional
