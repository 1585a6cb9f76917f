"""Steps of the wall clock, during a run or between two runs, change no wait."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.model import utc_instant, utc_text
from monitor.store.outbox import recent_counts
from monitor.store.rows import due_text
from monitor.store.store import SqliteStore
from store.test_store import START, FakeClock, alerted_once, entry, polled_once, source

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
BOOTED = datetime(1970, 1, 1, 0, 5, tzinfo=UTC) - START  # a machine without a hardware clock
BACK = (-HOUR, -DAY, -YEAR, BOOTED)
STEPS = (*BACK, HOUR, DAY, YEAR)
COLUMNS = {  # future rows, and their waits
    "sources.due_at": HOUR,
    "entries.due_at": HOUR,
    "articles.due_at": HOUR,
    "deliveries.due_at": HOUR,
    "deliveries.hold_until": HOUR,
    "silences.until": HOUR,
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def path(tmp_path: Path, clock: FakeClock) -> Path:
    """A database with a row of every kind that is due in an hour."""
    path = tmp_path / "news.db"
    store = await started(path, clock)
    await store.sync([source()], {"desk": "d"})
    await alerted_once(store, "desk")
    await store.close()
    due, until = due_text(START + HOUR), utc_text(START + HOUR)
    with closing(sqlite3.connect(path)) as conn, conn:
        for table in ("sources", "entries", "articles", "deliveries"):
            conn.execute(f"UPDATE {table} SET due_at = ?", [due])
        conn.execute("UPDATE deliveries SET held = 'surplus', hold_until = ?", [due])
        conn.execute(
            "INSERT INTO silences (kind, value, until, created_at) VALUES ('topic', 'x', ?, ?),"
            " ('topic', 'over', ?, ?)",
            [until, utc_text(START), utc_text(START - HOUR / 2), utc_text(START - DAY)],
        )
    return path


async def started(path: Path, clock: FakeClock) -> SqliteStore:
    store = SqliteStore(path, clock)
    await store.start()
    return store


def waits(path: Path, now: datetime) -> dict[str, timedelta]:
    """Longest remaining wait of each kind."""
    with closing(sqlite3.connect(path)) as conn:
        return {
            name: utc_instant(conn.execute(f"SELECT max({c}) FROM {t}").fetchone()[0]) - now
            for name in COLUMNS
            for t, _, c in [name.partition(".")]
        }


def silenced(path: Path, now: datetime) -> list[str]:
    with closing(sqlite3.connect(path)) as conn:
        rows = conn.execute("SELECT value FROM silences WHERE until > ?", [utc_text(now)])
        return [row[0] for row in rows]


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_clock_step_during_a_run_changes_no_wait(
    path: Path, clock: FakeClock, step: timedelta
) -> None:
    store = await started(path, clock)
    clock.now += step
    await store.shift(step)
    assert waits(path, clock.now) == COLUMNS
    assert silenced(path, clock.now) == ["x"]
    await store.close()


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
@pytest.mark.parametrize("step", BACK, ids=str)
async def test_a_clock_set_back_between_two_runs_changes_no_wait(
    path: Path, clock: FakeClock, step: timedelta, killed: bool
) -> None:
    store = await started(path, clock)
    if killed:
        store._writer.close()
    else:
        await store.close()
    clock.now += step
    store = await started(path, clock)
    assert waits(path, clock.now) == COLUMNS
    assert silenced(path, clock.now) == ["x"]
    await store.close()


@pytest.mark.parametrize("step", [HOUR, DAY, YEAR], ids=str)
async def test_a_clock_set_forward_between_two_runs_postpones_nothing(
    path: Path, clock: FakeClock, step: timedelta
) -> None:
    clock.now += step
    store = await started(path, clock)
    assert max(waits(path, clock.now).values()) <= HOUR
    await store.close()


async def test_a_machine_that_boots_in_1970_and_is_set_later_keeps_every_wait(
    path: Path, clock: FakeClock
) -> None:
    clock.now = START + BOOTED
    store = await started(path, clock)
    clock.now = START + timedelta(minutes=10)
    await store.shift(-BOOTED + timedelta(minutes=10))
    assert waits(path, clock.now) == COLUMNS
    await store.close()


async def test_the_minute_between_two_recorded_instants_is_no_step(
    path: Path, clock: FakeClock
) -> None:
    clock.now -= timedelta(seconds=59)
    store = await started(path, clock)
    assert waits(path, clock.now)["sources.due_at"] == HOUR + timedelta(seconds=59)
    await store.close()


async def test_a_hold_until_a_time_of_day_ends_at_that_time_of_the_new_clock(
    path: Path, clock: FakeClock
) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("UPDATE deliveries SET held = 'quiet'")
    store = await started(path, clock)
    clock.now -= YEAR
    morning = clock.now + timedelta(hours=7)

    def rehold(channel: str, group: str, until: datetime, now: datetime) -> datetime:
        assert (channel, group, until, now) == ("desk", "quiet", START + HOUR, clock.now)
        return morning

    await store.shift(-YEAR, rehold)
    assert waits(path, clock.now)["deliveries.due_at"] == timedelta(hours=7)
    await store.close()


async def test_an_article_that_aged_under_a_clock_that_was_ahead_is_read_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await started(tmp_path / "news.db", clock)
    await store.sync([source()], {})
    await polled_once(store, entry())
    await store.close()
    with closing(sqlite3.connect(tmp_path / "news.db")) as conn, conn:
        conn.execute(
            "INSERT INTO articles (source, title, text, site, first_seen_at, last_seen_at)"
            " VALUES ('kjzz', '', '', 'kjzz.test', ?, ?)",
            [utc_text(START - YEAR), utc_text(START)],
        )
    clock.now += -YEAR + HOUR
    store = await started(tmp_path / "news.db", clock)
    with closing(sqlite3.connect(tmp_path / "news.db")) as conn:
        assert conn.execute("SELECT due_at FROM articles").fetchone() == (due_text(clock.now),)
    await store.close()


async def test_messages_sent_under_a_clock_that_was_ahead_do_not_count_towards_the_hourly_limit(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await started(tmp_path / "news.db", clock)
    await store.sync([source()], {"desk": "d"})
    await alerted_once(store, "desk")
    await store.close()
    with closing(sqlite3.connect(store.path)) as conn:
        conn.row_factory = sqlite3.Row
        [topic] = [row[0] for row in conn.execute("SELECT topic FROM alerts")]
        assert recent_counts(conn, [topic], START) == {("desk", topic): 1}
        assert recent_counts(conn, [topic], START - YEAR) == {}
