"""Whoever accepted a message is never sent it again, whatever the attempts after that bring."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from delivering import ANA, BEN, CLEO, Deliveries, deliveries

LATER = "450 4.2.0 mailbox busy"
MAYBE_LATER = "451 4.3.0 try again"


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Deliveries]:
    async with deliveries(tmp_path) as running:
        yield running


async def partly_served(outbox: Deliveries) -> None:
    """A message that Ana accepted and Ben put off; it is due again."""
    outbox.sink.refusals = {BEN: [LATER]}
    await outbox.owe()
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,)]
    outbox.advance(minutes=1)


async def test_a_message_refused_as_a_whole_forgets_nobody_who_was_served(
    outbox: Deliveries,
) -> None:
    await partly_served(outbox)
    outbox.sink.data_answers = [MAYBE_LATER]
    await outbox.attempt()
    outbox.advance(minutes=1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_a_server_that_cannot_be_reached_forgets_nobody_who_was_served(
    outbox: Deliveries,
) -> None:
    await partly_served(outbox)
    outbox.port = 1
    await outbox.attempt()
    outbox.port = None
    outbox.advance(minutes=1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_a_refused_sender_forgets_nobody_who_was_served(outbox: Deliveries) -> None:
    await partly_served(outbox)
    outbox.sink.sender_answers = ["451 4.1.8 sender address rejected, try later"]
    await outbox.attempt()
    outbox.advance(minutes=1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_who_was_served_is_remembered_over_many_attempts(tmp_path: Path) -> None:
    async with deliveries(tmp_path, to=(ANA, BEN, CLEO)) as outbox:
        outbox.sink.refusals = {BEN: [LATER], CLEO: [LATER, LATER]}
        await outbox.owe()
        for _ in range(3):
            await outbox.attempt()
            outbox.advance(minutes=1)
        assert outbox.recipients() == [(ANA,), (BEN,), (CLEO,)]


async def test_a_crash_and_a_defect_forget_nobody_who_was_served(outbox: Deliveries) -> None:
    await partly_served(outbox)
    [taken] = await outbox.ledger.take_deliveries("desk", 1)
    await outbox.ledger.give_back(taken.lease, outbox.now, "ZeroDivisionError")
    await outbox.ledger.take_deliveries("desk", 1)  # and nobody settles it
    outbox.advance(minutes=31)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_a_dead_message_sent_again_goes_to_those_it_did_not_reach(
    outbox: Deliveries,
) -> None:
    outbox.sink.refusals = {BEN: ["550 5.1.1 no such user"]}
    await outbox.owe()
    await outbox.attempt()
    outbox.retry()
    outbox.sink.data_answers = ["554 5.7.1 not today"]
    await outbox.attempt()
    outbox.retry()
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_a_message_that_reached_all_is_sent_again_to_all(outbox: Deliveries) -> None:
    await partly_served(outbox)
    await outbox.attempt()
    outbox.retry(1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,), (ANA, BEN)]


async def test_a_corrected_address_gets_the_message_that_its_misspelling_did_not(
    outbox: Deliveries,
) -> None:
    outbox.sink.refusals = {BEN: ["550 5.1.1 no such user"]}
    await outbox.owe()
    await outbox.attempt()
    outbox.to = (ANA, CLEO)
    outbox.retry()
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (CLEO,)]


async def test_a_message_whose_last_recipient_left_is_done(outbox: Deliveries) -> None:
    await partly_served(outbox)
    outbox.to = (ANA,)
    outcome = await outbox.attempt()
    assert outcome is not None
    assert outcome.result == "sent"
    assert outbox.recipients() == [(ANA,)]
    outbox.advance(days=7)
    assert await outbox.attempt() is None


async def test_an_attempt_that_reached_nobody_is_tried_with_everybody(outbox: Deliveries) -> None:
    outbox.sink.data_answers = [MAYBE_LATER]
    await outbox.owe()
    await outbox.attempt()
    outbox.now += timedelta(minutes=1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA, BEN)]
