"""Send worker: sends the messages of one channel, one at a time and in order."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from monitor.contracts import ClaimedDelivery, NotSent, Outcome, Sent, TooLarge
from monitor.core.alerts import failed_delivery_message, next_attempt_at
from monitor.core.messages import diff_edit_run, with_change
from monitor.errors import DeliveryError, StoreError, WorkerError
from monitor.model import Item, Message, MessageKind
from monitor.ports import Channel, Clock, CpuPool, Jitter, Store
from monitor.settings import Plan

SETTLE_RETRIES_S = (0.5, 2, 10, 30)  # pauses between attempts to store a result
COMPARE_LIMIT = timedelta(seconds=10)  # processor time for the diff of one item
ERROR_RETRY = timedelta(minutes=5)  # after an unexpected error


class SendWorker:
    """Sends the messages of one channel. Implements ports.Worker."""

    def __init__(
        self,
        *,
        store: Store,
        channel: Channel,
        cpu_pool: CpuPool,
        retry: tuple[timedelta, ...],
        clock: Clock,
        jitter: Jitter,
        plan: Callable[[], Plan],
    ) -> None:
        self.name = f"send {channel.name}"
        self._store = store
        self._channel = channel
        self._cpu_pool = cpu_pool
        self._retry = retry
        self._clock = clock
        self._jitter = jitter
        self._plan = plan

    async def take(self, limit: int) -> list[ClaimedDelivery]:
        """Claim up to `limit` deliveries of the channel that are due."""
        return await self._store.take_deliveries(self._channel.name, limit)

    def pause(self) -> float | None:
        """Return None: nothing but `wake` and the tick makes more work due."""
        return None

    async def work(self, delivery: ClaimedDelivery) -> Outcome:
        """Send one message and store the result."""
        outcome = await self._send(delivery)
        await self._settle(delivery, outcome)
        return _outcome(delivery, outcome)

    async def requeue(self, taken: Sequence[ClaimedDelivery]) -> None:
        """Release claimed deliveries unsent; they are due now."""
        await self._store.requeue([each.lease for each in taken])

    async def failed(self, taken: ClaimedDelivery, error: Exception) -> None:
        """Schedule a retry after an unexpected error."""
        due_at = self._clock() + ERROR_RETRY
        await self._store.give_back(taken.lease, due_at, f"{type(error).__name__}: {error}")

    async def _settle(self, delivery: ClaimedDelivery, outcome: Sent | NotSent | TooLarge) -> None:
        """Store the result, with retries: a message accepted but not settled is sent twice."""
        for wait_s in SETTLE_RETRIES_S:
            try:
                await self._store.settle_delivery(delivery, outcome)
            except StoreError:
                await asyncio.sleep(wait_s)
            else:
                return
        await self._store.settle_delivery(delivery, outcome)

    async def _send(self, delivery: ClaimedDelivery) -> Sent | NotSent | TooLarge:
        try:
            await self._channel.send(
                await self._with_changes(self._with_timezones(delivery.message))
            )
        except DeliveryError as error:
            return self._failed(delivery, error)
        return Sent(at=self._clock())

    def _failed(self, delivery: ClaimedDelivery, error: DeliveryError) -> NotSent | TooLarge:
        if error.too_large and len(delivery.message.items) > 1:
            return TooLarge(error=str(error), served=error.served)
        now, jitter = self._clock(), self._jitter()
        outcome = NotSent(
            error=str(error),
            due_at=next_attempt_at(self._retry, delivery.attempts + 1, error, now, jitter),
            served=error.served,
            disable_channel=error.disable,
        )
        is_news = delivery.message.kind in (MessageKind.ARTICLE, MessageKind.DIGEST)
        if outcome.due_at is not None or not is_news:
            return outcome
        operator_channels = self._plan().operator
        return replace(
            outcome,
            operator_channels=tuple(name for name in operator_channels if name != delivery.channel),
            trouble=failed_delivery_message(delivery, outcome),
        )

    async def _with_changes(self, message: Message) -> Message:
        """Add the change of each run of edits, computed in the CPU pool."""
        if not any(item.run for item in message.items):
            return message
        return replace(
            message, items=tuple([await self._with_change(item) for item in message.items])
        )

    async def _with_change(self, item: Item) -> Item:
        if item.run is None:
            return item
        try:
            change = await self._cpu_pool.run(COMPARE_LIMIT, diff_edit_run, item.run)
        except WorkerError:
            change = None
        return with_change(item, change)

    def _with_timezones(self, message: Message) -> Message:
        """Add the time zone of each story's source, which the store does not know."""
        sources = self._plan().sources

        def with_timezone(item: Item) -> Item:
            source = sources.get(item.story.source)
            story = replace(item.story, timezone=source.timezone if source else None)
            return replace(item, story=story)

        return replace(message, items=tuple(with_timezone(item) for item in message.items))


def _outcome(delivery: ClaimedDelivery, outcome: Sent | NotSent | TooLarge) -> Outcome:
    items = delivery.message.items
    title = items[0].story.title if items else delivery.message.text
    if isinstance(outcome, Sent):
        raised = [alert.created_at for item in items for alert in item.alerts]
        lag = outcome.at - min(raised) if raised else None
        return Outcome(worker="send", subject=delivery.channel, result="sent", title=title, lag=lag)
    return Outcome(
        worker="send",
        subject=delivery.channel,
        result=_result(outcome),
        error=outcome.error,
        title=title,
    )


def _result(outcome: NotSent | TooLarge) -> str:
    if isinstance(outcome, TooLarge):
        return "split"
    return "retry" if outcome.due_at else "dead"
