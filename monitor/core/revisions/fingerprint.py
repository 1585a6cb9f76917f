"""What a text reads like, as a digest (equal) and as a sketch (nearly equal)."""

import re
import unicodedata
from hashlib import sha256
from zlib import crc32

from monitor.core.revisions.boilerplate import story_lines
from monitor.model import Fingerprint

SHINGLE = 5  # words
SKETCH_BELOW = 1 << 29  # of 32-bit hashes: one in eight is kept
SKETCH_SIZE = 128  # hashes at most, the smallest ones: 512 bytes
# Copies of one report share half of their shingles or more, two reporters' stories of one event
# a quarter at most, a story that quotes another mostly under half (docs/accuracy.md).
SAME_STORY = 0.6
SAME_TEXT = 0.9  # of both texts' shingles
LEAST_SHARED = 3  # hashes; fewer may be chance, or one sentence that two stories quote

_SPELLINGS = {
    **dict.fromkeys("‘’‚‛′´`ʼ‹›", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–−", "-"),
    **dict.fromkeys("—―", " - "),
    "…": "...",
    # invisible: soft hyphen, zero widths, directions, byte order mark
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
    **dict.fromkeys(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))), ""),
}
_SPELLED = re.compile(f"[{''.join(map(re.escape, _SPELLINGS))}]")
_DASHES = re.compile("--+")
_PUNCTUATION = bytes(c if chr(c).isalnum() or c > 127 else 32 for c in range(256))


def fingerprint(title: str, text: str) -> Fingerprint:
    """Digest of title and text as they read; sketch and word count of the text alone.

    Headlines differ between copies of one report, so the sketch leaves them out.
    """
    body = normalised(text)
    words = _shingle_words(body)
    return Fingerprint(
        digest=_digest(normalised_line(title), body), sketch=_sketch(words), words=len(words)
    )


def normalised(text: str) -> str:
    """The story's own words: paragraphs apart by an empty line, one spelling of quotes, dashes and
    spaces, without stamps, counters, notices and related links. Two texts that read the same
    differ at most in where their paragraphs end.
    """
    lines = story_lines([" ".join(line.split()) for line in _respelled(text).split("\n")])
    return "\n\n".join(lines)


def normalised_line(line: str) -> str:
    """A headline in one spelling."""
    return " ".join(_respelled(line).split())


def containment(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """How much of the smaller sketched text stands in the larger, 0 to 1 (sketches ascend)."""
    one, other = _comparable(one, other)
    least = min(len(one), len(other))
    return len(set(one).intersection(other)) / least if least else 0.0


def same_story(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Are these two copies of one report, perhaps cut or extended?"""
    one, other = _comparable(one, other)
    shared = len(set(one).intersection(other))
    return shared >= LEAST_SHARED and shared >= SAME_STORY * min(len(one), len(other))


def same_text(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Are these the same text, but for a word here and there?"""
    one, other = _comparable(one, other)
    shared = len(set(one).intersection(other))
    return shared >= LEAST_SHARED and shared >= SAME_TEXT * max(len(one), len(other))


def _respelled(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        text = _SPELLED.sub(lambda found: _SPELLINGS[found[0]], text)
    return _DASHES.sub(" - ", text.replace("''", '"'))


def _digest(title: str, body: str) -> str:
    read = f"{title}\n{' '.join(body.split())}"
    return sha256(read.encode("utf-8", "surrogatepass")).hexdigest()


def _shingle_words(body: str) -> list[bytes]:
    return body.lower().encode("utf-8", "surrogatepass").translate(_PUNCTUATION).split()


def _sketch(words: list[bytes]) -> tuple[int, ...]:
    """FracMinHash: of all shingles' hashes those below a bound, so that sketches of any two texts
    hold the same part of what they share.
    """
    shingles = map(b" ".join, zip(*(words[i:] for i in range(SHINGLE)), strict=False))
    kept = {hashed for hashed in map(crc32, shingles) if hashed < SKETCH_BELOW}
    return tuple(sorted(kept)[:SKETCH_SIZE])


def _comparable(
    one: tuple[int, ...], other: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Both cut at the bound of the longer text: a full sketch was cut below SKETCH_BELOW."""
    bound = min((sketch[-1] for sketch in (one, other) if len(sketch) == SKETCH_SIZE), default=None)
    if bound is None:
        return one, other
    return tuple(h for h in one if h <= bound), tuple(h for h in other if h <= bound)
