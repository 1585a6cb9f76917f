"""Decoding of Content-Encoding: every coding, truncated and hostile bodies."""

import gzip
import random
import zlib

import brotli
import pytest
from backports import zstd

from monitor.net.content_encoding import PIECE_BYTES, BodyTooLarge, BrokenEncoding, ContentDecoder

TEXT = b"".join(b"line %d of a page\n" % number for number in range(20_000))
NOISE = random.Random(1).randbytes(300_000)


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "utf-8": bytes,
    "": bytes,
}


def decoded(encoding: str, encoded: bytes, step: int = 65_536, limit: int = 10_000_000) -> bytes:
    decoder = ContentDecoder(encoding, limit)
    pieces = [
        piece
        for start in range(0, len(encoded), step)
        for piece in decoder.feed(encoded[start : start + step])
    ]
    decoder.finish()
    return b"".join(pieces)


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("data", [b"", b"x", TEXT, NOISE], ids=["empty", "short", "text", "noise"])
@pytest.mark.parametrize("step", [1_009, 65_536])
def test_what_was_encoded_is_decoded(encoding: str, data: bytes, step: int) -> None:
    assert decoded(encoding, ENCODERS[encoding](data), step) == data


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_body_may_arrive_byte_by_byte(encoding: str) -> None:
    assert decoded(encoding, ENCODERS[encoding](TEXT[:2_000]), 1) == TEXT[:2_000]


def test_codings_are_decoded_from_the_last_to_the_first() -> None:
    assert decoded("br, gzip, zstd", zstd.compress(gzip.compress(brotli.compress(TEXT)))) == TEXT


def test_several_members_are_one_body() -> None:
    assert decoded("gzip", gzip.compress(TEXT) + gzip.compress(b"more"), 1_009) == TEXT + b"more"
    assert decoded("zstd", zstd.compress(TEXT) + zstd.compress(b"more"), 1_009) == TEXT + b"more"


def test_data_after_a_gzip_body_is_ignored() -> None:
    assert decoded("gzip", gzip.compress(TEXT) + bytes(100)) == TEXT
    assert decoded("gzip", gzip.compress(TEXT) + bytes(100), 7) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "Deflate", "br", "zstd"])
def test_a_truncated_body_is_an_error(encoding: str) -> None:
    encoded = ENCODERS[encoding](TEXT)
    for length in (1, 2, len(encoded) // 2, len(encoded) - 1):
        with pytest.raises(BrokenEncoding):
            decoded(encoding, encoded[:length])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_not_encoded_as_declared_is_an_error(encoding: str) -> None:
    with pytest.raises(BrokenEncoding):
        decoded(encoding, b"<?xml version='1.0'?><rss/>" * 10)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_decompression_bomb_is_refused_at_the_limit(encoding: str) -> None:
    encoded = ENCODERS[encoding](bytes(20_000_000))
    sizes: list[int] = []
    with pytest.raises(BodyTooLarge):
        sizes.extend(len(piece) for piece in ContentDecoder(encoding, 1_000_000).feed(encoded))
    assert sum(sizes) <= 1_000_000
    assert max(sizes) <= 2 * PIECE_BYTES  # brotli may exceed its output limit


def test_a_bomb_that_decodes_to_nothing_is_refused_too() -> None:
    empties = gzip.compress(b"") * 100_000  # decoded once: 2 MB; twice: nothing
    with pytest.raises((BodyTooLarge, BrokenEncoding)):
        decoded("gzip, gzip", gzip.compress(empties), limit=1_000_000)


@pytest.mark.parametrize("empty", [gzip.compress(b""), zstd.compress(b"")], ids=["gzip", "zstd"])
def test_endless_gzip_members_and_zstd_frames_are_refused(empty: bytes) -> None:
    encoding = "gzip" if empty.startswith(b"\x1f") else "zstd"
    with pytest.raises(BrokenEncoding, match="more than 1000"):
        decoded(encoding, empty * 2_000)


def test_a_zstd_window_larger_than_http_allows_is_refused() -> None:
    huge: dict[int, int] = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.checksum_flag: 0,
    }
    compressor = zstd.ZstdCompressor(options=huge)
    encoded = compressor.compress(TEXT) + compressor.flush()
    with pytest.raises(BrokenEncoding):
        decoded("zstd", encoded)


def test_more_than_three_codings_are_refused() -> None:
    with pytest.raises(BrokenEncoding, match="4 times"):
        ContentDecoder("gzip, gzip, gzip, gzip", 1)
