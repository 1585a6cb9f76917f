"""What ends a lease writes its own row once, and no other; a lease that was lost writes nothing."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.contracts import NotSent, PollFailed, Sent
from monitor.model import SilenceKind
from monitor.store import silences
from monitor.store.deliveries import retry
from monitor.store.rows import LEASE
from store.test_store import alerted_once
from store.watched import EVERY, START, Watched, entry, source

COLON = source("a:b:c", url="http://colon.test/rss")  # a name may hold what parts a lease
KJZZ = source("kjzz")


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with Watched(tmp_path / "news.db").open(COLON, KJZZ) as opened:
        yield opened


def write(watched: Watched, sql: str) -> None:
    with closing(sqlite3.connect(watched.path)) as conn, conn:
        conn.execute(sql)


# ── given back and requeued ──────────────────────────────────────────────────────────────


async def test_a_lease_given_back_leaves_all_others(watched: Watched) -> None:
    await watched.store.make_due(None)
    leases = {each.source: each.lease for each in await watched.store.take_polls(10)}
    later = watched.now + timedelta(minutes=5)
    await watched.store.give_back(leases["a:b:c"], later, "ZeroDivisionError")
    assert dict(watched.rows("SELECT name, lease FROM sources")) == {
        "a:b:c": None,
        "kjzz": leases["kjzz"],
    }
    [(due, error)] = watched.rows("SELECT due_at, last_error FROM sources WHERE name = 'a:b:c'")
    assert (due[:19], error) == ("2026-01-05T12:05:00", "ZeroDivisionError")


async def test_a_lease_that_another_has_taken_over_ends_nothing(watched: Watched) -> None:
    lost = await watched.due("kjzz")
    watched.now += LEASE
    taken_over = await watched.due("kjzz")
    assert lost.lease != taken_over.lease
    await watched.store.give_back(lost.lease, watched.now, "ZeroDivisionError")
    rows = watched.rows("SELECT lease, last_error FROM sources WHERE name = 'kjzz'")
    assert rows == [(taken_over.lease, None)]


async def test_work_that_is_requeued_is_due_now_with_its_attempts(watched: Watched) -> None:
    await watched.poll(entry("a"))
    [visit] = await watched.take()
    await watched.store.requeue([visit.lease])
    [again] = await watched.take()
    assert (again.attempts, watched.rows("SELECT last_error FROM entries")) == (0, [(None,)])


async def test_an_error_in_a_later_visit_is_no_attempt_of_its_entry(watched: Watched) -> None:
    await watched.poll(entry("a"))
    await watched.read_all()
    watched.advance(hours=3)
    [visit] = await watched.take()
    before = watched.rows("SELECT attempts, last_error FROM entries")
    await watched.store.give_back(visit.lease, watched.now, "ZeroDivisionError")
    assert watched.rows("SELECT attempts, last_error FROM entries") == before
    assert len(await watched.take()) == 1


# ── failed polls ─────────────────────────────────────────────────────────────────────────


def failed(**of: Any) -> PollFailed:
    return PollFailed(error="HTTP 500", due_at=START + EVERY, **of)


async def test_a_failed_poll_is_counted_and_released_and_leaves_the_other_source(
    watched: Watched,
) -> None:
    claimed = await watched.due("kjzz")
    assert await watched.store.settle_poll(claimed, failed()) is not None
    columns = "lease, failures, last_error, substr(last_polled_at, 1, 19)"
    rows = {name: rest for name, *rest in watched.rows(f"SELECT name, {columns} FROM sources")}
    assert rows["kjzz"] == [None, 1, "HTTP 500", "2026-01-05T12:00:00"]
    assert rows["a:b:c"][1:] == [0, None, None]


async def test_a_failed_poll_whose_lease_was_lost_writes_nothing(watched: Watched) -> None:
    claimed = await watched.due("kjzz")
    lost = replace(claimed, lease="9:9:sources:kjzz")
    poll = failed(trouble="fails", operator_channels=("desk",))
    assert await watched.store.settle_poll(lost, poll) is None
    assert watched.rows("SELECT failures, lease FROM sources WHERE name = 'kjzz'") == [
        (0, claimed.lease)
    ]
    assert watched.rows("SELECT count(*) FROM deliveries") == [(0,)]


@pytest.mark.parametrize(("forgotten", "moved"), [(False, "http://new.test/"), (True, None)])
async def test_a_failed_poll_forgets_a_redirect_it_met_once_and_on_request_the_move(
    watched: Watched, forgotten: bool, moved: str | None
) -> None:
    write(watched, "UPDATE sources SET moved_to = 'http://new.test/', moving_to = 'http://x.test/'")
    await watched.store.settle_poll(await watched.due("kjzz"), failed(forget_move=forgotten))
    rows = watched.rows("SELECT moved_to, moving_to FROM sources WHERE name = 'kjzz'")
    assert rows == [(moved, None)]


async def test_the_operator_is_warned_when_a_source_gets_into_trouble_and_when_it_is_out(
    watched: Watched,
) -> None:
    for trouble in ("has failed for 7 hours", "has failed for 8 hours", None, None):
        claimed = await watched.due("kjzz")
        await watched.store.settle_poll(
            claimed, failed(trouble=trouble, operator_channels=("desk",))
        )
    texts = [text for (text,) in watched.rows("SELECT text FROM deliveries ORDER BY id")]
    assert len(texts) == 2
    assert "has failed for 7 hours" in texts[0]
    assert "has failed" not in texts[1]


# ── deliveries ───────────────────────────────────────────────────────────────────────────


WARNING = NotSent(error="HTTP 500", due_at=None, operator_channels=("hook",), trouble="It fails.")


def warnings(watched: Watched) -> list[tuple[Any, ...]]:
    return watched.rows("SELECT channel, text FROM deliveries WHERE kind = 'operator' ORDER BY id")


async def dead_delivery(watched: Watched) -> int:
    """A message that the channel desk gave up. Returns its id."""
    claimed = (await watched.store.take_deliveries("desk", 1))[0]
    assert await watched.store.settle_delivery(claimed, WARNING)
    return int(claimed.id)


async def test_a_channel_in_trouble_is_reported_once_until_it_works_again(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "news.db")
    async with watched.open():
        await watched.store.sync([source()], {"desk": "d", "hook": "h"})
        await alerted_once(watched.store, "desk", "desk")
        number = await dead_delivery(watched)
        assert warnings(watched) == [("hook", "It fails.")]
        retry_now(watched, number)
        await dead_delivery(watched)
        assert len(warnings(watched)) == 1
        retry_now(watched, number)
        claimed = (await watched.store.take_deliveries("desk", 1))[0]
        assert await watched.store.settle_delivery(claimed, Sent(at=watched.now))
        retry_now(watched, number)
        await dead_delivery(watched)
        assert len(warnings(watched)) == 2


def retry_now(watched: Watched, number: int) -> None:
    with closing(sqlite3.connect(watched.path)) as conn, conn:
        conn.row_factory = sqlite3.Row
        retry(conn, [number], watched.now)


async def test_a_retry_starts_the_schedule_anew_and_enables_its_channel_alone(
    tmp_path: Path,
) -> None:
    watched = Watched(tmp_path / "news.db")
    async with watched.open():
        await watched.store.sync([source()], {"desk": "d", "hook": "h"})
        await alerted_once(watched.store, "desk")
        number = await dead_delivery(watched)
        write(watched, "UPDATE channels SET disabled_at = '2026-01-05T12:00:00.000Z'")
        retry_now(watched, number)
        assert watched.rows(
            "SELECT state, attempts, lease FROM deliveries WHERE id = ?", number
        ) == [("pending", 0, None)]
        enabled = watched.rows("SELECT name FROM channels WHERE disabled_at IS NULL")
        assert enabled == [("desk",)]
        assert [int(each.id) for each in await watched.store.take_deliveries("desk", 9)] == [number]


# ── silences ─────────────────────────────────────────────────────────────────────────────


async def test_a_silence_is_kept_for_a_while_after_it_ended_and_removed_once(
    watched: Watched,
) -> None:
    kept = silences.KEEP_EXPIRED
    with closing(sqlite3.connect(watched.path)) as conn, conn:
        conn.row_factory = sqlite3.Row
        first, second = (
            silences.add(conn, SilenceKind.TOPIC, "a", START + timedelta(seconds=n), "", START)
            for n in (0, 1)
        )
        silences.prune(conn, START + kept)
        assert len(conn.execute("SELECT id FROM silences").fetchall()) == 2
        silences.prune(conn, START + kept + timedelta(seconds=1))
        assert [row["id"] for row in conn.execute("SELECT id FROM silences")] == [second]
        assert not silences.remove(conn, first)
        assert silences.remove(conn, second)
        assert not silences.remove(conn, second)
