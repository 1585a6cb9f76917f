"""Claims and settlements: what is durable, what is leased, and what a crash leaves."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from monitor.contracts import (
    Address,
    ClaimedSource,
    Decision,
    Known,
    NotSent,
    OutgoingMessage,
    PendingAlert,
    Polled,
    PollFailed,
    Reading,
    Sent,
    Verdict,
)
from monitor.model import (
    Article,
    ChangeKind,
    Entry,
    Feed,
    Fingerprint,
    Hit,
    Place,
    Reason,
    Revision,
    Validators,
)
from monitor.settings import Source
from monitor.store.deliveries import retry
from monitor.store.store import SqliteStore

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = START + timedelta(hours=1)


class FakeClock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def source(name: str = "kjzz", url: str = "http://kjzz.test/rss") -> Source:
    return Source(name=name, url=url, every=timedelta(minutes=15))


def entry(key: str = "a", digest: str = "1", title: str = "Tariff rises") -> Entry:
    return Entry(key=key, id=key, link=f"http://kjzz.test/{key}", title=title, digest=digest)


def polled(*entries: Entry, sites: str | None = "kjzz.test") -> Polled:
    return Polled(
        validators=Validators(etag='"1"'),
        feed=Feed(format="rss20", title="KJZZ", entries=entries),
        body_digest="body",
        sites=tuple(sites for _ in entries),
        due_at=LATER,
    )


def reading(title: str = "Tariff rises", text: str = "A tariff.", key: str = "a") -> Reading:
    hit = Hit(topic="tariff", place=Place.BODY, start=2, end=8, excerpt=text, excerpt_at=0)
    return Reading(
        source="kjzz",
        guid=key,
        article=Article(url=f"http://kjzz.test/{key}", title=title, text=text),
        fingerprint=Fingerprint(digest=f"{title}|{text}", words=2),
        site="kjzz.test",
        addresses=(Address(url=f"http://kjzz.test/{key}", key=f"kjzz.test/{key}"),),
        hits=(hit,),
    )


def found_new(read: Reading, *channels: str) -> Decision:
    due = PendingAlert(topic="tariff", reason=Reason.NEW)
    return Decision(
        verdict=Verdict.NEW,
        revision=Revision(
            number=1,
            title=read.article.title,
            text=read.article.text,
            digest=read.fingerprint.digest,
            seen_at=START,
            change=ChangeKind.FIRST,
        ),
        alerts=(due,),
        messages=tuple(OutgoingMessage(channel=name, alerts=(due,)) for name in channels),
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "news.db", clock)
    await made.start()
    await made.sync([source()], {"desk": "d", "hook": "h"})
    yield made
    await made.close()


def _decided(known: Known, *, finding: Decision) -> Decision:
    return finding


def rows_of(store: SqliteStore) -> list[int]:
    with closing(sqlite3.connect(store.path)) as conn:
        return [row[0] for row in conn.execute("SELECT id FROM articles ORDER BY id")]


async def polled_once(store: SqliteStore, *entries: Entry) -> ClaimedSource:
    [watch] = await store.take_polls(10)
    await store.settle_poll(watch, polled(*entries))
    return watch


async def alerted_once(store: SqliteStore, *channels: str) -> None:
    await polled_once(store, entry())
    [visit] = await store.take_reads(10, (), 1)
    read = reading()
    await store.settle_read(visit, read, lambda known: found_new(read, *channels))


async def test_a_claimed_source_is_not_claimed_again(store: SqliteStore) -> None:
    assert len(await store.take_polls(10)) == 1
    assert await store.take_polls(10) == []


async def test_a_worker_whose_lease_expired_settles_nothing(
    store: SqliteStore, clock: FakeClock
) -> None:
    [late] = await store.take_polls(10)
    clock.advance(minutes=31)
    [again] = await store.take_polls(10)
    assert await store.settle_poll(late, polled(entry())) is None
    announced = await store.settle_poll(again, polled(entry()))
    assert announced is not None
    assert announced.new == 1


async def test_a_new_epoch_claims_what_the_last_one_left(
    store: SqliteStore, tmp_path: Path, clock: FakeClock
) -> None:
    await store.take_polls(10)
    successor = SqliteStore(tmp_path / "news.db", clock)
    await successor.start()
    assert len(await successor.take_polls(10)) == 1
    await successor.close()


async def test_validators_and_entries_are_stored_together(
    store: SqliteStore, clock: FakeClock
) -> None:
    await polled_once(store, entry())
    clock.advance(hours=2)
    [watch] = await store.take_polls(10)
    assert watch.validators == Validators(etag='"1"')
    assert watch.body_digest == "body"
    assert [v.entry and v.entry.title for v in await store.take_reads(10, (), 1)] == [
        "Tariff rises"
    ]


async def test_article_ids_are_not_reused_although_sqlite_sequence_is_lost(
    store: SqliteStore,
) -> None:
    """As in a recovered database: the articles are there, sqlite_sequence is not."""
    await polled_once(store, entry(), entry("b"))
    for key, read in (("a", reading()), ("b", reading("Another", "A duty.", key="b"))):
        [visit] = await store.take_reads(1, (), 1)
        found = found_new(read)
        assert await store.settle_read(visit, read, partial(_decided, finding=found)), key
        with closing(sqlite3.connect(store.path)) as conn, conn:
            conn.execute("DELETE FROM sqlite_sequence WHERE name = 'articles'")
    assert rows_of(store) == [1, 2]


async def test_an_entry_cache_is_stored_with_its_poll(store: SqliteStore) -> None:
    assert await store.entry_cache("kjzz") == b""
    [watch] = await store.take_polls(10)
    feed = Feed(format="rss20", entries=(), entry_cache=b"digests")
    await store.settle_poll(watch, Polled(validators=Validators(), feed=feed, due_at=LATER))
    assert await store.entry_cache("kjzz") == b"digests"


async def test_an_entry_listed_twice_is_stored_once_and_read_again_when_it_changes(
    store: SqliteStore, clock: FakeClock
) -> None:
    await polled_once(store, entry(), entry("b"))
    clock.advance(hours=2)
    [watch] = await store.take_polls(10)
    announced = await store.settle_poll(watch, polled(entry(), entry("b", digest="2")))
    assert announced is not None
    assert (announced.new, announced.changed) == (0, 1)


async def test_failures_count_up_and_a_success_resets_them(
    store: SqliteStore, clock: FakeClock
) -> None:
    for expected in (0, 1):
        [watch] = await store.take_polls(10)
        assert watch.failures == expected
        await store.settle_poll(watch, PollFailed(error="HTTP 500", due_at=clock.now))
    [watch] = await store.take_polls(10)
    await store.settle_poll(watch, polled())
    clock.advance(hours=2)
    [watch] = await store.take_polls(10)
    assert watch.failures == 0


async def test_a_removed_source_is_not_polled_and_keeps_its_state(
    store: SqliteStore, clock: FakeClock
) -> None:
    await polled_once(store, entry())
    await store.sync([], {})
    clock.advance(hours=2)
    assert await store.take_polls(10) == []
    await store.sync([source()], {})
    [watch] = await store.take_polls(10)
    assert watch.body_digest == "body"


async def test_a_pass_polls_a_new_source_at_once(store: SqliteStore, clock: FakeClock) -> None:
    await polled_once(store)
    known, new = source(), source(name="reuters", url="http://reuters.test/rss")
    later = timedelta(minutes=10)
    await store.sync([known, new], {}, lambda place, of, every, now: now + later)
    assert await store.take_polls(10) == []
    await store.make_new_due()
    assert [watch.source for watch in await store.take_polls(10)] == ["reuters"]


async def test_another_url_drops_the_validators(store: SqliteStore, clock: FakeClock) -> None:
    await polled_once(store, entry())
    await store.sync([source(url="http://kjzz.test/new")], {})
    [watch] = await store.take_polls(10)
    assert (watch.url, watch.validators) == ("http://kjzz.test/new", Validators())


async def test_a_permanent_redirect_counts_once_it_repeats(
    store: SqliteStore, clock: FakeClock
) -> None:
    moved = polled()
    for expected in ("http://kjzz.test/rss", "http://kjzz.test/rss", "http://kjzz.test/moved"):
        [watch] = await store.take_polls(10)
        assert watch.url == expected
        outcome = Polled(
            validators=moved.validators, moved_to="http://kjzz.test/moved", due_at=clock.now
        )
        await store.settle_poll(watch, outcome)


async def test_a_busy_site_waits_and_another_is_read_first(store: SqliteStore) -> None:
    [watch] = await store.take_polls(10)
    outcome = polled(entry("a"), entry("b"), entry("c"))
    await store.settle_poll(
        watch,
        Polled(
            validators=outcome.validators,
            feed=outcome.feed,
            body_digest="x",
            sites=("one.test", "one.test", "two.test"),
            due_at=LATER,
        ),
    )
    visits = await store.take_reads(10, {"two.test"}, 1)
    assert [visit.url for visit in visits] == ["http://kjzz.test/a"]
    assert [v.url for v in await store.take_reads(10, {"one.test"}, 1)] == ["http://kjzz.test/c"]


async def test_new_entries_are_read_before_a_backlog(store: SqliteStore, clock: FakeClock) -> None:
    await polled_once(store, entry("old"))
    clock.advance(hours=2)
    [watch] = await store.take_polls(10)
    await store.settle_poll(watch, polled(entry("old"), entry("fresh")))
    [visit] = await store.take_reads(1, (), 1)
    assert visit.url == "http://kjzz.test/fresh"


async def test_one_settlement_writes_the_article_the_alert_and_a_message_per_channel(
    store: SqliteStore,
) -> None:
    await alerted_once(store, "desk", "hook")
    [desk] = await store.take_deliveries("desk", 10)
    [hook] = await store.take_deliveries("hook", 10)
    assert desk.message.items[0].story.title == "Tariff rises"
    assert [alert.topic for alert in desk.message.items[0].alerts] == ["tariff"]
    assert [hit.excerpt for hit in hook.message.items[0].hits] == ["A tariff."]
    assert desk.message.id != hook.message.id


async def test_an_alert_is_stored_once_whichever_visit_finds_it(
    store: SqliteStore, clock: FakeClock
) -> None:
    await alerted_once(store, "desk")
    [delivery] = await store.take_deliveries("desk", 10)
    await store.settle_delivery(delivery, Sent(at=clock.now))
    clock.advance(hours=2)
    [watch] = await store.take_polls(10)
    await store.settle_poll(watch, polled(entry(digest="2")))
    [visit] = await store.take_reads(10, (), 1)
    read = reading()

    def same_again(known: Known) -> Decision:
        assert known.by_guid is not None
        due = PendingAlert(topic="tariff", reason=Reason.NEW)
        return Decision(
            verdict=Verdict.SAME,
            article_id=known.by_guid.id,
            alerts=(due,),
            messages=(OutgoingMessage(channel="desk", alerts=(due,)),),
        )

    await store.settle_read(visit, read, same_again)
    assert await store.take_deliveries("desk", 10) == []


async def test_a_known_article_is_found_by_any_of_its_addresses(store: SqliteStore) -> None:
    await polled_once(store, entry("a"), entry("b"))
    seen: list[Known] = []
    for visit in await store.take_reads(10, (), 2):
        read = reading()

        def decide(known: Known, read: Reading = read) -> Decision:
            seen.append(known)
            if known.by_address:
                return Decision(verdict=Verdict.SAME, article_id=known.by_address[0].id)
            return found_new(read)

        await store.settle_read(visit, read, decide)
    assert [len(known.by_address) for known in seen] == [0, 1]


async def test_a_message_keeps_its_id_over_all_attempts(
    store: SqliteStore, clock: FakeClock
) -> None:
    await alerted_once(store, "desk")
    [first] = await store.take_deliveries("desk", 10)
    failed = NotSent(error="451 try later", due_at=clock.now, served=("a@b.test",))
    await store.settle_delivery(first, failed)
    [second] = await store.take_deliveries("desk", 10)
    assert (second.message.id, second.attempts) == (first.message.id, 1)
    assert second.message.served == {"a@b.test"}


async def test_a_late_worker_cannot_reopen_a_sent_message(
    store: SqliteStore, clock: FakeClock
) -> None:
    await alerted_once(store, "desk")
    [late] = await store.take_deliveries("desk", 10)
    clock.advance(minutes=31)
    [again] = await store.take_deliveries("desk", 10)
    assert await store.settle_delivery(again, Sent(at=clock.now))
    assert not await store.settle_delivery(late, NotSent(error="slow", due_at=clock.now))
    assert (await store.backlog(["desk"])).deliveries_waiting == 0


async def test_a_disabled_channel_holds_its_messages_until_its_address_changes(
    store: SqliteStore, clock: FakeClock
) -> None:
    await alerted_once(store, "hook")
    [delivery] = await store.take_deliveries("hook", 10)
    gone = NotSent(error="410 Gone", due_at=clock.now, disable_channel=True)
    await store.settle_delivery(delivery, gone)
    assert await store.take_deliveries("hook", 10) == []
    await store.sync([source()], {"hook": "elsewhere"})
    assert len(await store.take_deliveries("hook", 10)) == 1


async def test_a_step_of_the_clock_shifts_future_due_times(
    store: SqliteStore, clock: FakeClock
) -> None:
    await polled_once(store, entry())  # due again in an hour
    clock.advance(days=365)
    await store.shift(timedelta(days=365))
    assert await store.take_polls(10) == []
    clock.advance(hours=1, minutes=1)
    assert len(await store.take_polls(10)) == 1


async def test_a_clock_set_back_does_not_postpone_a_poll(
    store: SqliteStore, clock: FakeClock
) -> None:
    await polled_once(store, entry())
    clock.advance(days=-2)
    await store.shift(timedelta(days=-2))
    clock.advance(hours=1, minutes=1)
    assert len(await store.take_polls(10)) == 1


async def test_what_was_due_when_the_clock_was_set_back_is_due_still(
    store: SqliteStore, clock: FakeClock
) -> None:
    await polled_once(store, entry())
    clock.advance(hours=1, minutes=1)
    clock.advance(days=-2)
    await store.shift(timedelta(days=-2))
    assert len(await store.take_polls(10)) == 1


async def test_only_a_complete_body_renews_the_trust_in_a_304(
    store: SqliteStore, clock: FakeClock
) -> None:
    await polled_once(store)
    validated: list[datetime | None] = []
    for body_digest in (None, "another body", None):  # None: the answer was 304
        clock.now = LATER + timedelta(hours=len(validated))
        [watch] = await store.take_polls(10)
        validated.append(watch.validated_at)
        await store.settle_poll(watch, replace(polled(), feed=None, body_digest=body_digest))
    assert validated == [START, START, LATER + timedelta(hours=1)]


async def test_a_row_that_is_given_back_is_due_at_the_given_time(
    store: SqliteStore, clock: FakeClock
) -> None:
    [watch] = await store.take_polls(10)
    await store.give_back(watch.lease, clock.now + timedelta(minutes=5), "ZeroDivisionError")
    assert await store.take_polls(10) == []
    clock.advance(minutes=5)
    assert len(await store.take_polls(10)) == 1


async def test_an_unexpected_error_counts_as_an_attempt_and_a_locked_database_does_not(
    store: SqliteStore, clock: FakeClock
) -> None:
    await polled_once(store, entry())
    for error, attempts in ((None, 0), ("ZeroDivisionError", 0), (None, 1)):
        [visit] = await store.take_reads(10, (), 1)
        assert visit.attempts == attempts
        await store.give_back(visit.lease, clock.now, error)


async def test_a_message_being_sent_cannot_be_retried(store: SqliteStore) -> None:
    await alerted_once(store, "desk")
    [delivery] = await store.take_deliveries("desk", 10)
    with closing(sqlite3.connect(store.path)) as conn:
        conn.row_factory = sqlite3.Row
        assert retry(conn, [delivery.id], START) == ([], [delivery.id])
