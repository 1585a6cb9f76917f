"""HTTP/1.1 client connection on aiohttp's protocol and parser, which bounds what a server may send.

A server may send faster than any task runs, and with uvloop many buffers arrive before one does. So
whatever would collect is bounded inside `data_received`: the answer's head with the informational
answers before it, how many these are, the framing of the body, and what follows the answer.
"""

import asyncio
import select
from collections.abc import Callable
from typing import Any

from aiohttp import ClientPayloadError, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError, RawResponseMessage

from monitor.core.addresses import AddressPolicy

BUFFER_BYTES = 32_768  # read ahead of whoever reads the body
MAX_LINE_BYTES = 8_190
MAX_FIELD_BYTES = 16_384
MAX_FIELDS = 256
MAX_HEAD_BYTES = 65_536  # status line and headers, informational answers included
MAX_INFORMATIONAL = 32  # answers of status 1xx to one request (RFC 9110, 15.2)
MAX_FRAMING_BYTES = 1_000_000  # chunk sizes, chunk extensions and trailers of one body
PIECE_BYTES = 16_384  # parsed at a time; one buffer of a socket can hold thousands of answers

Message = tuple[RawResponseMessage, StreamReader]


class Connection(ResponseHandler):
    """Queues one answer to a request: the final one. What exceeds a bound ends the connection.

    While it is idle, between two requests, any byte ends it: aiohttp would take it for the answer
    to the next request. It is used again only if nothing waits in its socket, not even its end, and
    `policy` still allows its address.
    """

    _body: StreamReader | None  # of the final answer, once its head is there

    def __init__(
        self, loop: asyncio.AbstractEventLoop, policy: Callable[[], AddressPolicy]
    ) -> None:
        super().__init__(loop)
        self._policy = policy
        self._begin_request()

    @property
    def is_idle(self) -> bool:
        """Whether its last answer was read to the end, and no request followed."""
        return self._body is not None and self._body.is_eof()

    def is_reusable(self) -> bool:
        return self.is_idle and self.is_connected()

    def is_connected(self) -> bool:
        """Asked by aiohttp's pool before it uses an idle connection again."""
        return super().is_connected() and (not self.is_idle or self._is_silent_and_allowed())

    def _is_silent_and_allowed(self) -> bool:
        assert self.transport is not None
        waiting = select.poll()
        waiting.register(self.transport.get_extra_info("socket"), select.POLLIN)
        peer = self.transport.get_extra_info("peername")
        return not waiting.poll(0) and peer is not None and self._policy().allows(peer[0])

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go of what was received: errors and pools may hold a connection that ended."""
        super().connection_lost(exc)
        self._body = None

    def set_response_params(self, **params: Any) -> None:
        """Called once for each request."""
        self._begin_request()
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        if data and self.is_idle:
            self.abort()
            return
        parsed = 0
        while True:  # once also for b"", with which aiohttp resumes a parser that paused
            piece = data[parsed : parsed + self._allowance()]
            parsed += len(piece)
            self._received += len(piece)
            super().data_received(piece)
            self._check_bounds()
            if parsed == len(data) or not super().is_connected():
                return

    def feed_data(self, data: Message, size: int = 0) -> None:
        """Called by the parser for each head; informational answers are counted and dropped."""
        message, body = data
        if self._body is not None:
            self._end()  # a second answer, which nobody asked for
        elif 100 <= message.code < 200 and message.code != 101:
            self._informational += 1
            if self._informational > MAX_INFORMATIONAL:
                self._refuse(f"more than {MAX_INFORMATIONAL} informational (1xx) answers")
        else:
            self._body = body
            super().feed_data(data, size)

    def _begin_request(self) -> None:
        self._received = 0  # bytes, since the request
        self._informational = 0
        self._body = None

    def _allowance(self) -> int:
        """How many bytes may be parsed before the bounds are checked again."""
        if self._body is not None or self._parser is None:
            return PIECE_BYTES
        return min(PIECE_BYTES, MAX_HEAD_BYTES - self._received)

    def _check_bounds(self) -> None:
        if self._body is None:
            if self._received >= MAX_HEAD_BYTES and self._parser is not None:
                self._refuse(f"the headers are larger than {MAX_HEAD_BYTES // 1024} kB")
        elif self._received - self._body.total_bytes > MAX_HEAD_BYTES + MAX_FRAMING_BYTES:
            self._body.set_exception(ClientPayloadError("more framing than body"))
            self._end()

    def _refuse(self, message: str) -> None:
        if self.exception() is None:
            self.set_exception(HttpProcessingError(message=message))
        self._end()

    def _end(self) -> None:
        """Closes the socket; an answer that is already there can still be read."""
        self.force_close()
        if self.transport is not None:
            self.transport.abort()
