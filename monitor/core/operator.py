"""What the operator is told of his own channels, through another one."""

from monitor.work import NotSent, Parcel


def trouble(parcel: Parcel, outcome: NotSent) -> str:
    """A message that was given up, or a channel that was disabled."""
    if outcome.disable_channel:
        return (
            f"The channel '{parcel.channel}' was disabled: {outcome.error}. Its messages wait."
            " It works again once its address changes, or after: news-monitor deliveries retry"
            f" {parcel.id}"
        )
    return (
        f"The channel '{parcel.channel}' could not deliver a message and gave it up after"
        f" {parcel.attempts + 1} attempts: {outcome.error}. Others may follow; this is said once"
        " until the channel works again. To list them: news-monitor deliveries --state dead."
        " To send them again: news-monitor deliveries retry --dead"
    )
