"""Content-Encoding undone within a bound: no layer ever holds more than one small piece.

gzip and deflate by zlib (RFC 1950–1952), br (RFC 7932), zstd (RFC 8878), stacked up to three deep.
"""

import sys
import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE_BYTES = 65_536
MAX_LAYERS = 3
MAX_MEMBERS = 1_000  # of one gzip or zstd stream; each costs a new decompressor
ZSTD_WINDOW_LOG = 23  # 8 MiB, the most that RFC 9659 allows over HTTP


class BrokenEncoding(ValueError):
    """These bytes are not what Content-Encoding says, or end too early."""


class BodyTooLarge(ValueError):
    """A body, or what it decompresses to, exceeds the size limit."""


class Codec(Protocol):
    """One layer. `done`: the stream came to its own end."""

    done: bool

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class Inflater:
    """A stack of codecs. Feed it what comes; `finish` tells whether all of it came."""

    def __init__(self, content_encoding: str, limit: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        # What we do not know (`utf-8`, `none`: servers say so) is taken for plain.
        self._layers = [_Layer(CODECS[name]()) for name in reversed(names) if name in CODECS]
        if len(self._layers) > MAX_LAYERS:
            raise BrokenEncoding(f"packed {len(self._layers)} times over")
        self._limit = limit

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The next unpacked pieces. Raises BrokenEncoding, BodyTooLarge."""
        pieces: Iterable[bytes] = (data,)
        for layer in self._layers:
            pieces = layer.through(pieces, self._limit)
        yield from pieces

    def finish(self) -> None:
        """Raises BrokenEncoding when a layer was cut short."""
        if any(layer.fed and not layer.codec.done for layer in self._layers):
            raise BrokenEncoding("the packed body ends too early")


class _Layer:
    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.fed = 0
        self._size = 0

    def through(self, pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
        for piece in pieces:
            self.fed += len(piece)
            for unpacked in self._unpacked(piece):
                self._size += len(unpacked)
                if self._size > limit:  # of an inner layer too: it may end in very little
                    raise BodyTooLarge
                yield unpacked

    def _unpacked(self, piece: bytes) -> Iterator[bytes]:
        try:
            yield from self.codec.feed(piece)
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            raise BrokenEncoding(f"the body cannot be unpacked: {error}") from error


class Gzip:
    """One or more gzip members; what follows the last one is ignored, as browsers do."""

    def __init__(self) -> None:
        self.done = False
        self._members = 0
        self._stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self.done and not self._next_member(data):
                return
            yield from _inflate(self._stream, data)
            self.done = self._stream.eof
            if not self.done or not self._stream.unused_data:
                return
            data = self._stream.unused_data

    def _next_member(self, data: bytes) -> bool:
        if not data.startswith(b"\x1f"):
            return False
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise BrokenEncoding(f"more than {MAX_MEMBERS} gzip members")
        self._stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self.done = False
        return True


class Deflate:
    """The zlib format, or the raw stream that some servers send instead."""

    def __init__(self) -> None:
        self.done = False
        self._head = b""
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self.done:
            return
        if self._stream is None:
            self._head += data
            if len(self._head) < 2:
                return
            data, self._head = self._head, b""
            self._stream = zlib.decompressobj(wbits=_deflate_wbits(data))
        yield from _inflate(self._stream, data)
        self.done = self._stream.eof


class Brotli:
    def __init__(self) -> None:
        self.done = False
        self._stream = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        while not self.done:
            piece = self._stream.process(data, output_buffer_limit=PIECE_BYTES)
            data = b""
            self.done = self._stream.is_finished()
            if piece:
                yield piece
            elif self._stream.can_accept_more_data():
                return


class Zstd:
    def __init__(self) -> None:
        self.done = False
        self._frames = 0
        self._stream = _zstd_stream()

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self.done and not self._next_frame(data):
                return
            piece = self._stream.decompress(data, PIECE_BYTES)
            self.done = self._stream.eof
            data = self._stream.unused_data if self.done else b""
            if piece:
                yield piece
            if self._stream.needs_input or (self.done and not data):
                return

    def _next_frame(self, data: bytes) -> bool:
        if not data:
            return False
        self._frames += 1
        if self._frames > MAX_MEMBERS:
            raise BrokenEncoding(f"more than {MAX_MEMBERS} zstd frames")
        self._stream = _zstd_stream()
        self.done = False
        return True


CODECS: dict[str, type[Codec]] = {
    "gzip": Gzip,
    "x-gzip": Gzip,
    "deflate": Deflate,
    "br": Brotli,
    "zstd": Zstd,
}


def _inflate(stream: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    while True:
        piece = stream.decompress(data, PIECE_BYTES)
        data = stream.unconsumed_tail
        if piece:
            yield piece
        if stream.eof or (not data and len(piece) < PIECE_BYTES):
            return


def _deflate_wbits(head: bytes) -> int:
    is_zlib = head[0] & 0x0F == 8 and int.from_bytes(head[:2]) % 31 == 0  # RFC 1950, 2.2
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _zstd_stream() -> zstd.ZstdDecompressor:
    return zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
    )
