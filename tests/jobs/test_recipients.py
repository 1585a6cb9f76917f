"""A recipient that accepted a message is not sent it again, whatever later attempts bring."""

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


async def accept_by_one(outbox: Deliveries) -> None:
    """Bring about a message that Ana accepted and Ben deferred; it is due again."""
    outbox.sink.refusals = {BEN: [LATER]}
    await outbox.owe()
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,)]
    outbox.advance(minutes=1)


async def test_a_refused_message_does_not_forget_who_accepted_it(
    outbox: Deliveries,
) -> None:
    await accept_by_one(outbox)
    outbox.sink.data_answers = [MAYBE_LATER]
    await outbox.attempt()
    outbox.advance(minutes=1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_an_unreachable_server_does_not_make_us_forget_who_accepted_it(
    outbox: Deliveries,
) -> None:
    await accept_by_one(outbox)
    outbox.port = 1
    await outbox.attempt()
    outbox.port = None
    outbox.advance(minutes=1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_a_refused_sender_does_not_make_us_forget_who_accepted_it(outbox: Deliveries) -> None:
    await accept_by_one(outbox)
    outbox.sink.sender_answers = ["451 4.1.8 sender address rejected, try later"]
    await outbox.attempt()
    outbox.advance(minutes=1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_accepting_recipients_are_remembered_over_many_attempts(tmp_path: Path) -> None:
    async with deliveries(tmp_path, to=(ANA, BEN, CLEO)) as outbox:
        outbox.sink.refusals = {BEN: [LATER], CLEO: [LATER, LATER]}
        await outbox.owe()
        for _ in range(3):
            await outbox.attempt()
            outbox.advance(minutes=1)
        assert outbox.recipients() == [(ANA,), (BEN,), (CLEO,)]


async def test_a_crash_and_an_unexpected_error_do_not_forget_who_accepted_it(
    outbox: Deliveries,
) -> None:
    await accept_by_one(outbox)
    [taken] = await outbox.store.take_deliveries("desk", 1)
    await outbox.store.give_back(taken.lease, outbox.now, "ZeroDivisionError")
    await outbox.store.take_deliveries("desk", 1)  # and nobody settles it
    outbox.advance(minutes=31)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,)]


async def test_a_retried_dead_message_goes_to_the_recipients_that_did_not_accept_it(
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


async def test_a_retried_sent_message_goes_to_all_recipients(outbox: Deliveries) -> None:
    await accept_by_one(outbox)
    await outbox.attempt()
    outbox.retry(1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (BEN,), (ANA, BEN)]


async def test_a_corrected_address_gets_the_message(
    outbox: Deliveries,
) -> None:
    outbox.sink.refusals = {BEN: ["550 5.1.1 no such user"]}
    await outbox.owe()
    await outbox.attempt()
    outbox.to = (ANA, CLEO)
    outbox.retry()
    await outbox.attempt()
    assert outbox.recipients() == [(ANA,), (CLEO,)]


async def test_a_message_without_remaining_recipients_is_sent(outbox: Deliveries) -> None:
    await accept_by_one(outbox)
    outbox.to = (ANA,)
    outcome = await outbox.attempt()
    assert outcome is not None
    assert outcome.result == "sent"
    assert outbox.recipients() == [(ANA,)]
    outbox.advance(days=7)
    assert await outbox.attempt() is None


async def test_an_attempt_that_no_recipient_accepted_is_retried_with_all(
    outbox: Deliveries,
) -> None:
    outbox.sink.data_answers = [MAYBE_LATER]
    await outbox.owe()
    await outbox.attempt()
    outbox.now += timedelta(minutes=1)
    await outbox.attempt()
    assert outbox.recipients() == [(ANA, BEN)]
