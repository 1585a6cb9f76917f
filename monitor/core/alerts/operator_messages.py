"""What the operator is told of his own channels, through another one."""

from monitor.contracts import ClaimedDelivery, NotSent


def channel_removed(channel: str, count: int) -> str:
    """A channel left the configuration while it still owed messages."""
    messages = "1 message" if count == 1 else f"{count:,} messages"
    return (
        f"The channel '{channel}' left the configuration with {messages} that it had not sent."
        " They are dead now, and are sent by themselves if a channel of this name and kind returns."
        " To list them: news-monitor deliveries --state dead"
    )


def trouble(delivery: ClaimedDelivery, outcome: NotSent) -> str:
    """A message that was given up, or a channel that was disabled."""
    if outcome.disable_channel:
        return (
            f"The channel '{delivery.channel}' was disabled: {outcome.error}. Its messages wait."
            " It works again once its address changes, or after: news-monitor deliveries retry"
            f" {delivery.id}"
        )
    return (
        f"The channel '{delivery.channel}' could not deliver a message and gave it up after"
        f" {delivery.attempts + 1} attempts: {outcome.error}. Others may follow; this is said once"
        " until the channel works again. To list them: news-monitor deliveries --state dead."
        " To send them again: news-monitor deliveries retry --dead"
    )
