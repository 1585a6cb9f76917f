"""Desk READ: what it does with a visit before it looks at any page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from plans import plan

from monitor.contracts import Visit
from monitor.jobs.read import ReadWorker
from monitor.model import EntryId
from monitor.settings import Source

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


class FakeStore:
    """Notes what is given back; nothing else is asked of it."""

    def __init__(self) -> None:
        self.given_back: list[tuple[str, datetime, str | None]] = []

    async def give_back(self, lease: str, due_at: datetime, error: str | None) -> None:
        self.given_back.append((lease, due_at, error))


async def test_a_visit_whose_source_was_renamed_meanwhile_is_taken_again() -> None:
    """Its page would be read without the source's time zone and language."""
    store, nothing = FakeStore(), Any
    made = plan(sources=(Source(name="new", url="http://x.test/", every=timedelta(minutes=15)),))
    desk = ReadWorker(
        store=store,  # type: ignore[arg-type]
        fetcher=nothing,  # type: ignore[arg-type]
        turns=nothing,  # type: ignore[arg-type]
        bench=nothing,  # type: ignore[arg-type]
        notifier=nothing,  # type: ignore[arg-type]
        clock=lambda: NOW,
        plan=lambda: made,
    )
    visit = Visit(lease="1:1", source="old", entry_id=EntryId(1), url="http://x.test/a", site="x")
    outcome = await desk.work(visit)
    assert outcome.result == "late"
    assert store.given_back == [("1:1", NOW + timedelta(seconds=10), None)]
