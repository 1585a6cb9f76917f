"""Poll worker: where a feed is parsed, what of it, and when a source is given back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from plans import plan

from monitor.contracts import Announced, ClaimedSource, Polled, PollFailed
from monitor.core.feeds.parse import FAST_MAX_BYTES, FAST_MAX_TAGS, parse
from monitor.errors import Gone, MonitorError, Unreachable
from monitor.jobs.poll import PollWorker
from monitor.model import Page, Request, Unchanged, Validators
from monitor.settings import Source

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
URL = "http://kjzz.test/rss"
MOVED = "http://radio.test/rss"  # where URL was redirected to for good
ITEM = (
    "<item><guid>http://kjzz.test/{0}</guid><link>http://kjzz.test/{0}</link>"
    "<title>Story {0}</title><description>{1}</description></item>"
)


class FakeStore:
    """Records settlements and what is given back."""

    def __init__(self) -> None:
        self.settled: list[Polled | PollFailed] = []
        self.runs_back: list[str] = []

    async def entry_cache(self, source: str) -> bytes:
        last = self.settled[-1] if self.settled else None
        return last.feed.entry_cache if isinstance(last, Polled) and last.feed else b""

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        self.runs_back.append(lease)

    async def settle_poll(self, watch: ClaimedSource, outcome: Polled | PollFailed) -> Announced:
        self.settled.append(outcome)
        return Announced()


class FakeFetcher:
    """Answers with `body` or fails with `error`; `lazy`: with 304 to any conditional request."""

    body = b""
    lazy = False
    error: MonitorError | None = None

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def get(self, request: Request) -> Page | Unchanged:
        self.requests.append(request)
        if self.error:
            raise self.error
        if self.lazy and request.validators:
            return Unchanged(url=request.url, validators=request.validators, fetched_at=NOW)
        return Page(url=request.url, body=self.body, content_type="text/xml", fetched_at=NOW)


class InlinePool:
    """CpuPool that runs work at once, and counts it."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self, limit: timedelta, work: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        self.runs += 1
        return work(*args, **kw)


class FakeNotifier:
    def wake(self, *names: str) -> None:
        return


class Setup:
    """The worker, with fakes around it."""

    def __init__(self) -> None:
        self.store, self.fetcher, self.cpu_pool = FakeStore(), FakeFetcher(), InlinePool()
        source = Source(name="kjzz", url=URL, every=timedelta(minutes=15))
        settings = plan(sources=(source,))
        self.worker = PollWorker(
            store=self.store,  # type: ignore[arg-type]
            fetcher=self.fetcher,
            cpu_pool=self.cpu_pool,
            notifier=FakeNotifier(),
            clock=lambda: NOW,
            jitter=lambda: 0.0,
            plan=lambda: settings,
        )

    async def poll(self, body: bytes, digest: str | None = None) -> Polled:
        self.fetcher.body = body
        await self.worker.work(ClaimedSource(source="kjzz", url=URL, lease="1", body_digest=digest))
        outcome = self.store.settled[-1]
        assert isinstance(outcome, Polled)
        return outcome


def rss(*items: str) -> bytes:
    return (
        f"<rss version='2.0'><channel><title>KJZZ</title>{''.join(items)}</channel></rss>".encode()
    )


async def test_a_small_plain_feed_is_parsed_without_the_cpu_pool() -> None:
    setup, body = Setup(), rss(ITEM.format(1, "A tariff"))
    outcome = await setup.poll(body)
    assert outcome.feed == parse(body, url=URL, content_type="text/xml")
    assert setup.cpu_pool.runs == 0


async def test_large_feeds_and_those_for_feedparser_are_parsed_in_the_cpu_pool() -> None:
    large = rss(ITEM.format(1, "a" * FAST_MAX_BYTES))
    many = rss(*(ITEM.format(number, "") for number in range(FAST_MAX_TAGS // 8)))
    broken = rss(ITEM.format(1, "A & B"))
    for body in (large, many, broken):
        setup = Setup()
        outcome = await setup.poll(body)
        assert outcome.feed == parse(body, url=URL, content_type="text/xml")
        assert setup.cpu_pool.runs == 1


async def test_only_the_new_entries_of_a_changed_feed_are_parsed() -> None:
    setup, old = Setup(), ITEM.format(1, "A tariff")
    first = await setup.poll(rss(old))
    digest = sha256(setup.fetcher.body).hexdigest()
    second = await setup.poll(rss(ITEM.format(2, "A border"), old), digest)
    assert first.feed is not None
    assert second.feed is not None
    assert [one.title for one in second.feed.entries] == ["Story 2"]
    assert list(second.feed.unchanged.keys) == [first.feed.entries[0].key]


async def test_an_unchanged_body_is_not_parsed() -> None:
    setup, body = Setup(), rss(ITEM.format(1, "A tariff"))
    outcome = await setup.poll(body, sha256(body).hexdigest())
    assert outcome.feed is None


async def test_a_source_that_is_being_removed_is_given_back_and_does_not_fail() -> None:
    setup = Setup()
    watch = ClaimedSource(source="renamed", url=URL, lease="1:1:renamed")
    outcome = await setup.worker.work(watch)
    assert outcome.result == "late"
    assert setup.store.settled == []
    assert setup.store.runs_back == ["1:1:renamed"]


@pytest.mark.parametrize(
    ("age", "is_trusted"),
    [
        (timedelta(0), True),
        (timedelta(hours=-24, seconds=1), True),
        (timedelta(hours=-24), False),
        (timedelta(hours=24, seconds=-1), True),
        (timedelta(days=365), False),
        (None, False),
    ],
    ids=str,
)
async def test_a_304_is_trusted_for_a_day_and_not_if_the_clock_was_ahead(
    age: timedelta | None, is_trusted: bool
) -> None:
    """The server answers 304 whenever a validator comes, whatever its feed says by now."""
    setup = Setup()
    setup.fetcher.body, setup.fetcher.lazy = rss(ITEM.format(1, "A tariff")), True
    at = None if age is None else NOW + age
    watch = ClaimedSource(source="kjzz", url=URL, lease="1", validators=Validators(etag='"1"'))
    outcome = await setup.worker.work(replace(watch, validated_at=at))
    assert (outcome.result == "unchanged") is is_trusted
    assert bool(setup.fetcher.requests[0].validators) is is_trusted


@pytest.mark.parametrize(
    ("url", "failures", "error", "forget_move"),
    [
        (MOVED, 1, Unreachable("no", url=MOVED), False),
        (MOVED, 2, Unreachable("no", url=MOVED), True),
        (MOVED, 0, Gone("gone", url=MOVED, permanent=True), True),
        (URL, 9, Unreachable("no", url=URL), False),
    ],
)
async def test_the_third_failure_after_a_move_returns_to_the_configured_address(
    url: str, failures: int, error: MonitorError, forget_move: bool
) -> None:
    setup = Setup()
    setup.fetcher.error = error
    await setup.worker.work(ClaimedSource(source="kjzz", url=url, lease="1", failures=failures))
    [outcome] = setup.store.settled
    assert isinstance(outcome, PollFailed)
    assert outcome.forget_move is forget_move
    assert outcome.due_at is not None


async def test_410_at_the_configured_address_stops_a_source() -> None:
    setup = Setup()
    setup.fetcher.error = Gone("gone", url=URL, permanent=True)
    await setup.worker.work(ClaimedSource(source="kjzz", url=URL, lease="1"))
    [outcome] = setup.store.settled
    assert isinstance(outcome, PollFailed)
    assert (outcome.due_at, outcome.forget_move) == (None, False)
