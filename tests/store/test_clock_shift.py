"""The wall clock is set, while a run goes on or between two runs: nothing waits longer for it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.model import utc_instant, utc_text
from monitor.store.outbox import recent_counts
from monitor.store.rows import due_text
from monitor.store.store import SqliteStore
from store.test_store import START, FakeClock, entry, polled_once, source, told_once

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
BOOTED = datetime(1970, 1, 1, 0, 5, tzinfo=UTC) - START  # a machine without a clock of its own
BACK = (-HOUR, -DAY, -YEAR, BOOTED)
STEPS = (*BACK, HOUR, DAY, YEAR)
COLUMNS = {  # what lies ahead, and how far
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
    """A database in which a row of every kind waits for an hour from now."""
    path = tmp_path / "news.db"
    ledger = await started(path, clock)
    await ledger.sync([source()], {"desk": "d"})
    await told_once(ledger, "desk")
    await ledger.close()
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
    ledger = SqliteStore(path, clock)
    await ledger.start()
    return ledger


def waits(path: Path, now: datetime) -> dict[str, timedelta]:
    """How long what waits longest still waits."""
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
async def test_a_step_while_it_runs_changes_no_wait(
    path: Path, clock: FakeClock, step: timedelta
) -> None:
    ledger = await started(path, clock)
    clock.now += step
    await ledger.shift(step)
    assert waits(path, clock.now) == COLUMNS
    assert silenced(path, clock.now) == ["x"]
    await ledger.close()


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
@pytest.mark.parametrize("step", BACK, ids=str)
async def test_a_clock_set_back_between_two_runs_changes_no_wait(
    path: Path, clock: FakeClock, step: timedelta, killed: bool
) -> None:
    ledger = await started(path, clock)
    if killed:
        ledger._writer.close()
    else:
        await ledger.close()
    clock.now += step
    ledger = await started(path, clock)
    assert waits(path, clock.now) == COLUMNS
    assert silenced(path, clock.now) == ["x"]
    await ledger.close()


@pytest.mark.parametrize("step", [HOUR, DAY, YEAR], ids=str)
async def test_a_clock_set_forward_between_two_runs_puts_nothing_off(
    path: Path, clock: FakeClock, step: timedelta
) -> None:
    clock.now += step
    ledger = await started(path, clock)
    assert max(waits(path, clock.now).values()) <= HOUR
    await ledger.close()


async def test_a_machine_that_boots_in_1970_and_is_set_later_keeps_every_wait(
    path: Path, clock: FakeClock
) -> None:
    clock.now = START + BOOTED
    ledger = await started(path, clock)
    clock.now = START + timedelta(minutes=10)
    await ledger.shift(-BOOTED + timedelta(minutes=10))
    assert waits(path, clock.now) == COLUMNS
    await ledger.close()


async def test_the_minute_between_two_notes_of_the_time_is_no_step(
    path: Path, clock: FakeClock
) -> None:
    clock.now -= timedelta(seconds=59)
    ledger = await started(path, clock)
    assert waits(path, clock.now)["sources.due_at"] == HOUR + timedelta(seconds=59)
    await ledger.close()


async def test_what_follows_the_calendar_is_held_until_its_hour_on_the_new_clock(
    path: Path, clock: FakeClock
) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("UPDATE deliveries SET held = 'quiet'")
    ledger = await started(path, clock)
    clock.now -= YEAR
    morning = clock.now + timedelta(hours=7)

    def rehold(channel: str, group: str, until: datetime, now: datetime) -> datetime:
        assert (channel, group, until, now) == ("desk", "quiet", START + HOUR, clock.now)
        return morning

    await ledger.shift(-YEAR, rehold)
    assert waits(path, clock.now)["deliveries.due_at"] == timedelta(hours=7)
    await ledger.close()


async def test_an_article_that_grew_old_under_a_clock_that_was_ahead_is_read_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    ledger = await started(tmp_path / "news.db", clock)
    await ledger.sync([source()], {})
    await polled_once(ledger, entry())
    await ledger.close()
    with closing(sqlite3.connect(tmp_path / "news.db")) as conn, conn:
        conn.execute(
            "INSERT INTO articles (source, title, text, site, first_seen_at, last_seen_at)"
            " VALUES ('kjzz', '', '', 'kjzz.test', ?, ?)",
            [utc_text(START - YEAR), utc_text(START)],
        )
    clock.now += -YEAR + HOUR
    ledger = await started(tmp_path / "news.db", clock)
    with closing(sqlite3.connect(tmp_path / "news.db")) as conn:
        assert conn.execute("SELECT due_at FROM articles").fetchone() == (due_text(clock.now),)
    await ledger.close()


async def test_messages_of_a_clock_that_was_ahead_use_up_no_hourly_limit(
    tmp_path: Path, clock: FakeClock
) -> None:
    ledger = await started(tmp_path / "news.db", clock)
    await ledger.sync([source()], {"desk": "d"})
    await told_once(ledger, "desk")
    await ledger.close()
    with closing(sqlite3.connect(ledger.path)) as conn:
        conn.row_factory = sqlite3.Row
        [topic] = [row[0] for row in conn.execute("SELECT topic FROM alerts")]
        assert recent_counts(conn, [topic], START) == {("desk", topic): 1}
        assert recent_counts(conn, [topic], START - YEAR) == {}
