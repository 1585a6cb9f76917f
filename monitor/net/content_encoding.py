"""Decodes Content-Encoding in small pieces and within a size limit, against decompression bombs.

gzip and deflate (RFC 1950 to 1952), br (RFC 7932) and zstd (RFC 8878), up to three codings stacked
(RFC 9110, 8.4).
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
MAX_MEMBERS = 1_000  # gzip members or zstd frames of one body; each costs a new decompressor
ZSTD_WINDOW_LOG = 23  # 8 MiB, the most that RFC 9659 allows over HTTP


class BrokenEncoding(ValueError):
    """A body that is invalid in its declared Content-Encoding, or truncated."""


class BodyTooLarge(ValueError):
    """A body that exceeds the size limit, encoded or decoded."""


class Codec(Protocol):
    """Decoder of one coding. `done`: the stream has reached its own end marker."""

    done: bool

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode the next encoded bytes; yield the decoded pieces."""


class ContentDecoder:
    """Decoder of a body with any stack of codings, at most `limit` bytes after each."""

    def __init__(self, content_encoding: str, limit: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        # Unknown codings are ignored: some servers send `utf-8` or `none`.
        self._layers = [_Layer(CODECS[name]()) for name in reversed(names) if name in CODECS]
        if len(self._layers) > MAX_LAYERS:
            raise BrokenEncoding(f"encoded {len(self._layers)} times over")
        self._limit = limit

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode the next bytes of the body. Raises BrokenEncoding, BodyTooLarge."""
        pieces: Iterable[bytes] = (data,)
        for layer in self._layers:
            pieces = layer.decode(pieces, self._limit)
        yield from pieces

    def finish(self) -> None:
        """Check that the body is complete. Raises BrokenEncoding."""
        if any(layer.fed and not layer.codec.done for layer in self._layers):
            raise BrokenEncoding("the encoded body ends too early")


class _Layer:
    """One coding of the stack, with the number of bytes before and after it."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.fed = 0
        self._size = 0

    def decode(self, pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
        for piece in pieces:
            self.fed += len(piece)
            for decoded in self._feed(piece):
                self._size += len(decoded)
                if self._size > limit:  # after each coding: a huge inner one may decode to nothing
                    raise BodyTooLarge
                yield decoded

    def _feed(self, piece: bytes) -> Iterator[bytes]:
        try:
            yield from self.codec.feed(piece)
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            raise BrokenEncoding(f"the body cannot be decoded: {error}") from error


class Gzip:
    """Decoder of one or more gzip members; data after the last one is ignored, as in browsers."""

    def __init__(self) -> None:
        self.done = False
        self._members = 0
        self._stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode the next encoded bytes; yield the decoded pieces."""
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
    """Decoder of the zlib format, or of the raw deflate stream that some servers send instead."""

    def __init__(self) -> None:
        self.done = False
        self._head = b""
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode the next encoded bytes; yield the decoded pieces."""
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
    """Decoder of a Brotli stream; data after its end is ignored."""

    def __init__(self) -> None:
        self.done = False
        self._stream = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode the next encoded bytes; yield the decoded pieces."""
        while not self.done:
            piece = self._stream.process(data, output_buffer_limit=PIECE_BYTES)
            data = b""
            self.done = self._stream.is_finished()
            if piece:
                yield piece
            elif self._stream.can_accept_more_data():
                return


class Zstd:
    """Decoder of one or more Zstandard frames."""

    def __init__(self) -> None:
        self.done = False
        self._frames = 0
        self._stream = _zstd_stream()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode the next encoded bytes; yield the decoded pieces."""
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
