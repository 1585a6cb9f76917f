"""Messages of a channel that is removed from the configuration, and of one that is back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from delivering import BEN, SOURCE, START, Deliveries, deliveries

from monitor.core.alerts.operator_messages import removed_channel_message
from monitor.model import MessageKind
from monitor.settings import Retention
from monitor.store.channels import Removal
from monitor.store.store import SqliteStore

DESK, HOOK = "email:d", "webhook:h"
OPERATOR = Removal(operator=("desk", "hook"), report=removed_channel_message)


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Deliveries]:
    async with deliveries(tmp_path) as running:
        await configure(running, desk=DESK, hook=HOOK)
        yield running


async def configure(outbox: Deliveries, **targets: str) -> None:
    await outbox.store.sync([SOURCE], targets, removal=OPERATOR)


def states(outbox: Deliveries, channel: str = "desk") -> list[tuple[str, str | None]]:
    rows = outbox.rows(
        "SELECT state, last_error FROM deliveries WHERE channel = ? ORDER BY id", channel
    )
    return [(row["state"], row["last_error"]) for row in rows]


REMOVED = ("dead", "channel removed")


async def test_unsent_messages_of_a_removed_channel_are_dead(outbox: Deliveries) -> None:
    await outbox.owe(2)
    await outbox.attempt()
    await configure(outbox, hook=HOOK)
    assert states(outbox) == [("sent", None), REMOVED]
    assert (await outbox.store.backlog(["hook"])).deliveries_waiting == 0
    [row] = outbox.rows(
        "SELECT count(*) AS n FROM deliveries WHERE due_at NOT NULL AND channel='desk'"
    )
    assert row["n"] == 0


async def test_the_operator_is_informed_of_their_number_through_other_channels(
    outbox: Deliveries,
) -> None:
    await outbox.owe(3)
    await configure(outbox, hook=HOOK)
    [row] = outbox.rows("SELECT channel, kind, text FROM deliveries WHERE kind = 'operator'")
    assert (row["channel"], row["kind"]) == ("hook", MessageKind.OPERATOR.value)
    assert "'desk'" in row["text"]
    assert "3 messages" in row["text"]


async def test_the_removal_of_a_channel_without_unsent_messages_is_not_reported(
    outbox: Deliveries,
) -> None:
    await configure(outbox, hook=HOOK)
    assert outbox.rows("SELECT 1 FROM deliveries") == []


async def test_a_channel_that_returns_sends_exactly_what_its_removal_stopped(
    outbox: Deliveries,
) -> None:
    outbox.sink.data_answers = ["554 5.7.1 never"]
    await outbox.owe(3)
    await outbox.attempt()
    await outbox.attempt()
    assert states(outbox)[:2] == [
        ("dead", "email desk: localhost refused the message: 554 5.7.1 never"),
        ("sent", None),
    ]
    await configure(outbox, hook=HOOK)
    await configure(outbox, desk="email:elsewhere", hook=HOOK)
    assert [state for state, _ in states(outbox)] == ["dead", "sent", "pending"]
    await outbox.attempts()
    assert [state for state, _ in states(outbox)] == ["dead", "sent", "sent"]
    assert len(outbox.sink.mails) == 2


async def test_accepting_recipients_are_remembered_over_a_removal(outbox: Deliveries) -> None:
    outbox.sink.refusals = {BEN: ["450 later"]}
    await outbox.owe()
    await outbox.attempt()
    await configure(outbox, hook=HOOK)
    await configure(outbox, desk=DESK, hook=HOOK)
    await outbox.attempt()
    assert outbox.recipients() == [("ana@example.org",), (BEN,)]


async def test_a_channel_removed_while_the_program_was_off_is_noticed_at_the_start(
    outbox: Deliveries, tmp_path: Path
) -> None:
    await outbox.owe()
    await outbox.store.take_deliveries("desk", 1)  # and the program is killed
    again = SqliteStore(tmp_path / "news.db", lambda: outbox.now)
    await again.start()
    await again.sync([SOURCE], {"hook": HOOK}, removal=OPERATOR)
    await again.close()
    assert states(outbox) == [REMOVED]


async def test_a_channel_of_another_kind_with_the_same_name_inherits_no_messages(
    outbox: Deliveries,
) -> None:
    await outbox.owe(2)
    await configure(outbox, desk="webhook:x", hook=HOOK)
    assert states(outbox) == [REMOVED, REMOVED]
    [notice] = outbox.rows("SELECT channel FROM deliveries WHERE kind = 'operator'")
    assert notice["channel"] == "hook"
    await outbox.owe()
    await configure(outbox, desk=DESK, hook=HOOK)
    told = [state for state, _ in states(outbox)]
    assert told.count("pending") == 2
    assert told.count("dead") == len(told) - 2


async def test_a_digest_of_a_channel_that_returns_in_time_is_sent_on_time(
    outbox: Deliveries,
) -> None:
    await outbox.owe(2, hold_until=START + timedelta(hours=6))
    await configure(outbox, hook=HOOK)
    await configure(outbox, desk=DESK, hook=HOOK)
    assert await outbox.attempt() is None
    outbox.advance(hours=6)
    await outbox.attempts()
    assert len(outbox.sink.mails) == 1


async def test_a_message_queued_under_the_old_configuration_is_dead_at_once(
    outbox: Deliveries,
) -> None:
    await configure(outbox, hook=HOOK)
    await outbox.owe()  # by a settlement that began before the reload
    assert states(outbox) == [REMOVED]


async def test_a_message_of_a_removed_channel_cannot_be_retried(
    outbox: Deliveries,
) -> None:
    await outbox.owe()
    await configure(outbox, hook=HOOK)
    outbox.retry()
    outbox.retry(1)
    assert states(outbox) == [REMOVED]


async def test_a_message_of_a_removed_channel_keeps_no_article_from_being_deleted(
    outbox: Deliveries,
) -> None:
    await outbox.owe()
    await configure(outbox, hook=HOOK)
    outbox.advance(days=40)
    keep = Retention(unmatched=timedelta(days=30), matched=timedelta(days=30))
    assert await outbox.store.prune(keep) == 1
