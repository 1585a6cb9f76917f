import gzip
import random
import zlib

import brotli
import pytest
from backports import zstd

from monitor.net.content_encoding import PIECE_BYTES, BodyTooLarge, BrokenEncoding, Inflater

TEXT = b"".join(b"line %d of a page\n" % number for number in range(20_000))
NOISE = random.Random(1).randbytes(300_000)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "utf-8": bytes,
    "": bytes,
}


def unpacked(encoding: str, packed: bytes, step: int = 65_536, limit: int = 10_000_000) -> bytes:
    inflater = Inflater(encoding, limit)
    pieces = [
        piece
        for start in range(0, len(packed), step)
        for piece in inflater.feed(packed[start : start + step])
    ]
    inflater.finish()
    return b"".join(pieces)


@pytest.mark.parametrize("encoding", PACKERS)
@pytest.mark.parametrize("data", [b"", b"x", TEXT, NOISE], ids=["empty", "short", "text", "noise"])
@pytest.mark.parametrize("step", [1_009, 65_536])
def test_what_was_packed_comes_back(encoding: str, data: bytes, step: int) -> None:
    assert unpacked(encoding, PACKERS[encoding](data), step) == data


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_byte_at_a_time_is_enough(encoding: str) -> None:
    assert unpacked(encoding, PACKERS[encoding](TEXT[:2_000]), 1) == TEXT[:2_000]


def test_layers_are_undone_from_the_last_to_the_first() -> None:
    assert unpacked("br, gzip, zstd", zstd.compress(gzip.compress(brotli.compress(TEXT)))) == TEXT


def test_several_members_are_one_body() -> None:
    assert unpacked("gzip", gzip.compress(TEXT) + gzip.compress(b"more"), 1_009) == TEXT + b"more"
    assert unpacked("zstd", zstd.compress(TEXT) + zstd.compress(b"more"), 1_009) == TEXT + b"more"


def test_what_follows_a_gzip_body_is_ignored() -> None:
    assert unpacked("gzip", gzip.compress(TEXT) + bytes(100)) == TEXT
    assert unpacked("gzip", gzip.compress(TEXT) + bytes(100), 7) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "Deflate", "br", "zstd"])
def test_a_body_cut_short_is_an_error(encoding: str) -> None:
    packed = PACKERS[encoding](TEXT)
    for kept in (1, 2, len(packed) // 2, len(packed) - 1):
        with pytest.raises(BrokenEncoding):
            unpacked(encoding, packed[:kept])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_not_packed_is_an_error(encoding: str) -> None:
    with pytest.raises(BrokenEncoding):
        unpacked(encoding, b"<?xml version='1.0'?><rss/>" * 10)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_left_at_the_limit(encoding: str) -> None:
    packed = PACKERS[encoding](bytes(20_000_000))
    held: list[int] = []
    with pytest.raises(BodyTooLarge):
        held.extend(len(piece) for piece in Inflater(encoding, 1_000_000).feed(packed))
    assert sum(held) <= 1_000_000
    assert max(held) <= 2 * PIECE_BYTES  # brotli takes its bound for an advice


def test_a_bomb_that_ends_in_nothing_is_left_too() -> None:
    empties = gzip.compress(b"") * 100_000  # unpacked once: 2 MB; twice: nothing
    with pytest.raises((BodyTooLarge, BrokenEncoding)):
        unpacked("gzip, gzip", gzip.compress(empties), limit=1_000_000)


@pytest.mark.parametrize("empty", [gzip.compress(b""), zstd.compress(b"")], ids=["gzip", "zstd"])
def test_members_without_number_are_refused(empty: bytes) -> None:
    encoding = "gzip" if empty.startswith(b"\x1f") else "zstd"
    with pytest.raises(BrokenEncoding, match="more than 1000"):
        unpacked(encoding, empty * 2_000)


def test_a_zstd_window_beyond_http_is_refused() -> None:
    huge: dict[int, int] = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.checksum_flag: 0,
    }
    packer = zstd.ZstdCompressor(options=huge)
    packed = packer.compress(TEXT) + packer.flush()
    with pytest.raises(BrokenEncoding):
        unpacked("zstd", packed)


def test_more_than_three_layers_are_refused() -> None:
    with pytest.raises(BrokenEncoding, match="4 times"):
        Inflater("gzip, gzip, gzip, gzip", 1)
