"""Read worker: what it claims, and how it gives articles back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from plans import plan

from monitor.contracts import Visit
from monitor.errors import StoreError
from monitor.jobs.read import ReadWorker
from monitor.model import EntryId
from monitor.settings import Plan, Source

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


class FakeStore:
    """Records claims and what is given back."""

    def __init__(self) -> None:
        self.claims: list[tuple[int, tuple[str, ...], int]] = []  # limit, busy, per site
        self.given_back: list[tuple[str, datetime, str | None]] = []

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        self.given_back.append((lease, due_at, error))

    async def take_reads(self, limit: int, busy: Iterable[str], per_site: int) -> list[Visit]:
        self.claims.append((limit, tuple(busy), per_site))
        return []


class FakeLimiter:
    """Has one busy site."""

    def busy(self) -> frozenset[str]:
        return frozenset({"busy.test"})


def worker(store: FakeStore, changed: Plan) -> ReadWorker:
    nothing = Any
    return ReadWorker(
        store=store,  # type: ignore[arg-type]
        fetcher=nothing,  # type: ignore[arg-type]
        limiter=FakeLimiter(),  # type: ignore[arg-type]
        cpu_pool=nothing,  # type: ignore[arg-type]
        notifier=nothing,  # type: ignore[arg-type]
        clock=lambda: NOW,
        plan=lambda: changed,
    )


def of_kjzz() -> Plan:
    return plan(sources=(Source(name="kjzz", url="http://x.test/", every=timedelta(minutes=15)),))


def delayed(delay: timedelta, connections: int) -> Plan:
    changed = of_kjzz()
    network = replace(changed.settings.network, host_delay=delay, host_connections=connections)
    return replace(changed, settings=replace(changed.settings, network=network))


async def test_an_article_whose_source_was_renamed_meanwhile_is_given_back() -> None:
    """It would be read without the source's time zone and language."""
    store = FakeStore()
    read_worker = worker(store, of_kjzz())
    visit = Visit(lease="1:1", source="old", entry_id=EntryId(1), url="http://x.test/a", site="x")
    outcome = await read_worker.work(visit)
    assert outcome.result == "late"
    assert store.given_back == [("1:1", NOW + timedelta(seconds=10), None)]


@pytest.mark.parametrize(
    ("delay", "per_site"),
    [(timedelta(seconds=5), 1), (timedelta(milliseconds=1), 1), (timedelta(0), 4)],
)
async def test_one_article_is_claimed_of_a_site_with_a_delay_and_else_one_for_each_connection(
    delay: timedelta, per_site: int
) -> None:
    """More would only wait for a slot, and keep articles of other sites from being claimed."""
    store = FakeStore()
    await worker(store, delayed(delay, connections=4)).take(50)
    assert store.claims == [(50, ("busy.test",), per_site)]


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 5), (1, 30), (4, 1440), (5, 1440)])
async def test_an_unexpected_error_in_a_first_read_backs_off(attempts: int, minutes: int) -> None:
    store = FakeStore()
    visit = Visit(lease="1", source="kjzz", entry_id=EntryId(1), attempts=attempts)
    await worker(store, of_kjzz()).failed(visit, ValueError("a defect"))
    assert store.given_back == [("1", NOW + timedelta(minutes=minutes), "ValueError: a defect")]


async def test_a_later_read_waits_a_day_after_a_defect_and_ten_seconds_for_the_database() -> None:
    store, visit = FakeStore(), Visit(lease="1", source="kjzz")
    read_worker = worker(store, of_kjzz())
    await read_worker.failed(visit, ValueError("a defect"))
    await read_worker.failed(visit, StoreError("locked"))
    assert store.given_back == [
        ("1", NOW + timedelta(days=1), "ValueError: a defect"),
        ("1", NOW + timedelta(seconds=10), None),
    ]
