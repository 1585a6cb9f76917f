"""Send worker: results and retries of an attempt."""

from datetime import UTC, datetime, timedelta

import pytest
from delivering import AtOnce
from plans import plan

from monitor.channels.webhook.config import WebhookConfig
from monitor.contracts import ClaimedDelivery, NotSent, Sent
from monitor.errors import DeliveryError, StoreError
from monitor.jobs import send
from monitor.jobs.send import SendWorker
from monitor.model import DeliveryId, Message, MessageKind

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
RETRY = (timedelta(seconds=5), timedelta(minutes=5))


class FakeChannel:
    """Accepts every message, or fails with `error`."""

    name = "hook"

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.error: DeliveryError | None = None

    async def send(self, message: Message) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append(message)

    async def close(self) -> None:
        return


class FakeStore:
    """Records settlements; the first `failures` of them fail."""

    def __init__(self) -> None:
        self.settled: list[Sent | NotSent] = []
        self.failures = 0

    async def take_deliveries(self, channel: str, limit: int) -> list[ClaimedDelivery]:
        return []

    async def settle_delivery(self, delivery: ClaimedDelivery, outcome: Sent | NotSent) -> bool:
        if self.failures:
            self.failures -= 1
            raise StoreError("the database is locked")
        self.settled.append(outcome)
        return True


CHANNELS = tuple(
    WebhookConfig(type="webhook", name=name, url="https://h.example/")
    for name in ("hook", "newsroom", "pager")
)


def delivery(attempts: int = 0, kind: MessageKind = MessageKind.ARTICLE) -> ClaimedDelivery:
    return ClaimedDelivery(
        id=DeliveryId(1),
        lease="1:1:1",
        channel="hook",
        attempts=attempts,
        message=Message(kind=kind, id="msg_1", created_at=NOW),
    )


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def worker(channel: FakeChannel, store: FakeStore) -> SendWorker:
    return SendWorker(
        store=store,  # type: ignore[arg-type]
        channel=channel,
        cpu_pool=AtOnce(),
        retry=RETRY,
        clock=lambda: NOW,
        jitter=lambda: 0.0,
        plan=lambda: plan(channels=CHANNELS),
    )


async def test_an_accepted_message_is_sent(worker: SendWorker, store: FakeStore) -> None:
    outcome = await worker.work(delivery())
    assert outcome.result == "sent"
    assert store.settled == [Sent(at=NOW)]


async def test_a_refused_message_is_retried_on_schedule(
    worker: SendWorker, store: FakeStore, channel: FakeChannel
) -> None:
    channel.error = DeliveryError("HTTP 500", channel="hook", served=("a@b.test",))
    await worker.work(delivery())
    assert store.settled == [
        NotSent(error="HTTP 500", due_at=NOW + timedelta(seconds=5), served=("a@b.test",))
    ]


async def test_a_dead_message_is_reported_through_every_other_channel(
    worker: SendWorker, store: FakeStore, channel: FakeChannel
) -> None:
    channel.error = DeliveryError("HTTP 500", channel="hook")
    outcome = await worker.work(delivery(attempts=len(RETRY)))
    assert outcome.result == "dead"
    [settled] = store.settled
    assert isinstance(settled, NotSent)
    assert settled.operator_channels == ("newsroom", "pager")
    assert "gave it up after 3 attempts: HTTP 500" in settled.trouble


async def test_a_dead_operator_message_is_not_reported(
    worker: SendWorker, store: FakeStore, channel: FakeChannel
) -> None:
    channel.error = DeliveryError("HTTP 410", channel="hook", permanent=True, disable=True)
    await worker.work(delivery(kind=MessageKind.OPERATOR))
    [settled] = store.settled
    assert isinstance(settled, NotSent)
    assert (settled.due_at, settled.operator_channels) == (None, ())


async def test_settling_an_accepted_message_is_retried_after_a_database_error(
    worker: SendWorker, store: FakeStore, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "SETTLE_RETRIES_S", (0, 0, 0))
    store.failures = 3
    await worker.work(delivery())
    assert len(channel.sent) == 1
    assert store.settled == [Sent(at=NOW)]
