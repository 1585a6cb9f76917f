"""Messages to the operator about a channel that fails or was removed, for another channel."""

from monitor.contracts import ClaimedDelivery, NotSent


def removed_channel_message(channel: str, count: int) -> str:
    """Text about a channel that was removed from the configuration with `count` unsent messages."""
    messages = "1 message" if count == 1 else f"{count:,} messages"
    return (
        f"The channel '{channel}' left the configuration with {messages} that it had not sent."
        " They are dead now, and are sent by themselves if a channel of this name and kind returns."
        " To list them: news-monitor deliveries --state dead"
    )


def failed_delivery_message(delivery: ClaimedDelivery, outcome: NotSent) -> str:
    """Text about a message that was given up, or about a channel that its failure disabled."""
    if outcome.disable_channel:
        return (
            f"The channel '{delivery.channel}' was disabled: {outcome.error}. Its messages wait."
            " It works again once its address changes, or after: news-monitor deliveries retry"
            f" {delivery.id}"
        )
    return (
        f"The channel '{delivery.channel}' could not deliver a message and gave it up after"
        f" {delivery.attempts + 1} attempts: {outcome.error}. Others may follow; this is reported"
        " once until the channel works again. To list them: news-monitor deliveries --state dead."
        " To send them again: news-monitor deliveries retry --dead"
    )
