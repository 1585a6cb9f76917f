"""Messages to the operator about a channel."""

from datetime import UTC, datetime

import pytest

from monitor.contracts import ClaimedDelivery, NotSent
from monitor.core.alerts.operator_messages import failed_delivery_message, removed_channel_message
from monitor.model import DeliveryId, Message, MessageKind

MESSAGE = Message(kind=MessageKind.ARTICLE, id="1", created_at=datetime(2026, 1, 5, tzinfo=UTC))
CLAIMED = ClaimedDelivery(id=DeliveryId(7), lease="1", channel="desk", attempts=8, message=MESSAGE)


@pytest.mark.parametrize(
    ("count", "messages"), [(1, "1 message"), (2, "2 messages"), (12_345, "12,345 messages")]
)
def test_a_removed_channel_is_reported_with_its_unsent_messages(count: int, messages: str) -> None:
    assert removed_channel_message("desk", count) == (
        f"The channel 'desk' left the configuration with {messages} that it had not sent."
        " They are dead now, and are sent by themselves if a channel of this name and kind returns."
        " To list them: news-monitor deliveries --state dead"
    )


def test_a_disabled_channel_is_reported_with_the_command_to_retry() -> None:
    refused = NotSent(error="HTTP 410", due_at=None, disable_channel=True)
    assert failed_delivery_message(CLAIMED, refused) == (
        "The channel 'desk' was disabled: HTTP 410. Its messages wait."
        " It works again once its address changes, or after: news-monitor deliveries retry 7"
    )


def test_a_message_that_was_given_up_is_reported_with_its_attempts() -> None:
    assert failed_delivery_message(CLAIMED, NotSent(error="HTTP 500", due_at=None)) == (
        "The channel 'desk' could not deliver a message and gave it up after 9 attempts: HTTP 500."
        " Others may follow; this is reported once until the channel works again."
        " To list them: news-monitor deliveries --state dead."
        " To send them again: news-monitor deliveries retry --dead"
    )
