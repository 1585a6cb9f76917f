"""HTTP/1.1 client connection that bounds what a server may send, on aiohttp's protocol and parser.

The bounds are checked inside `data_received`, since no task may run in time: a server can send
faster than the loop schedules tasks, and uvloop delivers many buffers before it runs one. Bounded
are the head of the response, the informational responses before it, the framing of the body, and
data after the response. The body itself is flow-controlled by aiohttp and limited by `body`.
"""

import asyncio
import select
from collections.abc import Callable
from typing import Any

from aiohttp import ClientPayloadError, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError, RawResponseMessage

from monitor.core.addresses import AddressPolicy

BUFFER_BYTES = 32_768  # buffered ahead of the reader of the body
MAX_LINE_BYTES = 8_190
MAX_FIELD_BYTES = 16_384
MAX_FIELDS = 256
MAX_HEAD_BYTES = 65_536  # status line and headers, informational responses included
MAX_INFORMATIONAL = 32  # responses of status 1xx to one request (RFC 9110, 15.2)
MAX_FRAMING_BYTES = 1_000_000  # chunk sizes, chunk extensions and trailers of one body
PIECE_BYTES = 16_384  # parsed at a time; one socket read can hold thousands of responses

Message = tuple[RawResponseMessage, StreamReader]


class Connection(ResponseHandler):
    """Connection that delivers the final response of each request, and closes past a bound.

    Any data received while it is idle closes it: aiohttp would take the data for the response to
    the next request. It is reused only if its socket has nothing to read, not even end-of-file,
    and `policy` still permits its address.
    """

    _body: StreamReader | None  # of the final response, once its head was parsed

    def __init__(
        self, loop: asyncio.AbstractEventLoop, policy: Callable[[], AddressPolicy]
    ) -> None:
        super().__init__(loop)
        self._policy = policy
        self._begin_request()

    @property
    def is_idle(self) -> bool:
        """Whether the last response was read to its end and no request followed."""
        return self._body is not None and self._body.is_eof()

    def is_reusable(self) -> bool:
        """Return whether the connection is idle and can carry another request."""
        return self.is_idle and self.is_connected()

    def is_connected(self) -> bool:
        """Return whether it is open; called by aiohttp's pool before an idle one is reused."""
        return super().is_connected() and (not self.is_idle or self._has_no_input_and_is_allowed())

    def _has_no_input_and_is_allowed(self) -> bool:
        assert self.transport is not None
        poller = select.poll()
        poller.register(self.transport.get_extra_info("socket"), select.POLLIN)
        peer = self.transport.get_extra_info("peername")
        return not poller.poll(0) and peer is not None and self._policy().allows(peer[0])

    def connection_lost(self, exc: BaseException | None) -> None:
        """Release the received body: errors and pools may still refer to this connection."""
        super().connection_lost(exc)
        self._body = None

    def set_response_params(self, **params: Any) -> None:
        """Prepare for the response to a new request; called by aiohttp."""
        self._begin_request()
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes piece by piece, and check the bounds after each piece."""
        if data and self.is_idle:
            self.abort()
            return
        parsed = 0
        while True:  # also once for b"", by which aiohttp resumes a paused parser
            piece = data[parsed : parsed + self._allowance()]
            parsed += len(piece)
            self._received += len(piece)
            super().data_received(piece)
            self._check_bounds()
            if parsed == len(data) or not super().is_connected():
                return

    def feed_data(self, data: Message, size: int = 0) -> None:
        """Count and drop an informational response, deliver a final one; called by the parser."""
        message, body = data
        if self._body is not None:
            self._abort_keeping_response()  # a second response to one request
        elif 100 <= message.code < 200 and message.code != 101:
            self._informational += 1
            if self._informational > MAX_INFORMATIONAL:
                self._fail(f"more than {MAX_INFORMATIONAL} informational (1xx) answers")
        else:
            self._body = body
            super().feed_data(data, size)

    def _begin_request(self) -> None:
        self._received = 0  # bytes since the request
        self._informational = 0
        self._body = None

    def _allowance(self) -> int:
        """Number of bytes that may be parsed before the bounds are checked again."""
        if self._body is not None or self._parser is None:
            return PIECE_BYTES
        return min(PIECE_BYTES, MAX_HEAD_BYTES - self._received)

    def _check_bounds(self) -> None:
        if self._body is None:
            if self._received >= MAX_HEAD_BYTES and self._parser is not None:
                self._fail(f"the headers are larger than {MAX_HEAD_BYTES // 1024} kB")
        elif self._received - self._body.total_bytes > MAX_HEAD_BYTES + MAX_FRAMING_BYTES:
            self._body.set_exception(ClientPayloadError("more framing than body"))
            self._abort_keeping_response()

    def _fail(self, message: str) -> None:
        if self.exception() is None:
            self.set_exception(HttpProcessingError(message=message))
        self._abort_keeping_response()

    def _abort_keeping_response(self) -> None:
        """Close the socket at once; a response that was already parsed can still be read."""
        self.force_close()
        if self.transport is not None:
            self.transport.abort()
