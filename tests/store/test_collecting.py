"""Which message an alert may still join: none that was attempted, whatever the result."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from delivering import START, Deliveries, deliveries

EVENING = START + timedelta(hours=6)


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Deliveries]:
    async with deliveries(tmp_path) as running:
        yield running


async def test_a_digest_that_may_have_been_accepted_collects_no_more_articles(
    outbox: Deliveries,
) -> None:
    """The settlement failed, so the same message is sent again, under the same id."""
    await outbox.owe(3, hold_until=EVENING)
    outbox.advance(hours=6)
    [delivery] = await outbox.store.take_deliveries("desk", 1)
    later = outbox.now + timedelta(minutes=5)
    await outbox.store.give_back(delivery.lease, later, "StoreError: the disk is full")
    await outbox.owe(2, hold_until=EVENING + timedelta(days=1))
    outbox.advance(minutes=6)
    [again] = await outbox.store.take_deliveries("desk", 1)
    assert again.message.id == delivery.message.id
    assert len(again.message.items) == 3
    outbox.advance(days=1)
    taken = await outbox.store.take_deliveries("desk", 5)
    assert [len(delivery.message.items) for delivery in taken] == [3, 2]
