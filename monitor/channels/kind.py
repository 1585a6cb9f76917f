"""The parts of a channel kind that the product uses: model, checks, target, opening."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Generic, TypeVar

from monitor.channels.config import ChannelConfig
from monitor.ports import Channel, Clock

if TYPE_CHECKING:  # slow to import, and no command but those that send needs it
    from aiohttp import ClientSession

C = TypeVar("C", bound=ChannelConfig)
Networks = Sequence[str]  # CIDRs that may be reached although they are private
Connect = Callable[[str, int, float], Awaitable[socket]]  # host, port, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error or warning about a channel that depends on more than one field's own value."""

    path: tuple[str | int, ...]  # keys and indices, from the channel down to the value
    message: str
    line: int | None = None  # within the value's own text, from 1
    warning: bool = False  # True: the configuration is accepted all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What a check may look at besides the channel itself."""

    folder: Path  # of the configuration file
    refusal: Callable[[str, Networks], str | None]  # why an address may not be visited


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelContext:
    """What an open channel may use: the reader's zone, a clock, guarded connections."""

    zone: str  # an IANA name
    folder: Path  # of the configuration file
    clock: Clock
    connect: Callable[[Networks], Connect]
    session: Callable[[Networks], "AbstractAsyncContextManager[ClientSession]"]


def no_problems(config: ChannelConfig, context: CheckContext) -> Iterable[Problem]:
    """Find nothing: every error is one of a single field."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind(Generic[C]):
    """A kind of channel.

    `open` imports the sender, so that reading a configuration does not load it.
    """

    config: type[C]
    target: Callable[[C], str]  # where messages go: only a digest of it is stored
    open: Callable[[C, ChannelContext], AbstractAsyncContextManager[Channel]]
    problems: Callable[[C, CheckContext], Iterable[Problem]] = no_problems
