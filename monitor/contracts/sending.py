"""What a send claims, and what it settles."""

from dataclasses import dataclass
from datetime import datetime

from monitor.model import DeliveryId, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that is due, with its message."""

    id: DeliveryId
    lease: str
    channel: str
    attempts: int
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The other side has accepted the message."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """A failed attempt. `due_at` None gives the delivery up: it is dead."""

    error: str
    due_at: datetime | None
    served: tuple[str, ...] = ()  # recipients that accepted it in this attempt
    disable_channel: bool = False
    operator_channels: tuple[str, ...] = ()  # channels through which the operator is warned, once
    trouble: str = ""  # the warning


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """A digest that the other side refuses for its size: it is split in two."""

    error: str
    served: tuple[str, ...] = ()  # recipients that accepted the whole of it
