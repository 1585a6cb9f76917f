"""Fingerprints of a text: a digest, equal for texts that read the same, and a MinHash sketch.

Both ignore boilerplate and the spelling of quotes, dashes and spaces. The sketches of two texts
estimate how much of one is in the other (FracMinHash: Irber et al., 2022).
"""

import re
import unicodedata
from hashlib import sha256
from zlib import crc32

from monitor.core.revisions.boilerplate import strip_boilerplate
from monitor.model import Fingerprint

SHINGLE = 5  # words
SKETCH_BELOW = 1 << 29  # a sketch holds the 32-bit hashes below this, one in eight …
SKETCH_SIZE = 128  # … and of those at most so many, the smallest
# Copies of one report share half of their shingles or more, two reporters' stories of one event
# a quarter at most, a story that quotes another mostly under half (docs/accuracy.md).
MIN_STORY_OVERLAP = 0.6  # of the shorter text's shingles
MIN_TEXT_OVERLAP = 0.9  # of the longer text's shingles
MIN_SHARED_HASHES = 3  # fewer may be chance, or one sentence that two stories quote

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
_VARIANTS = re.compile(f"[{''.join(map(re.escape, _SPELLINGS))}]")
_DASHES = re.compile("--+")
_PUNCTUATION = bytes(c if chr(c).isalnum() or c > 127 else 32 for c in range(256))


def fingerprint(title: str, text: str) -> Fingerprint:
    """Fingerprint of an article: digest of title and text, sketch and word count of the text.

    Headlines differ between copies of one report, so the sketch leaves the title out.
    """
    body = normalize_text(text)
    words = _shingle_words(body)
    return Fingerprint(
        digest=_digest(normalize_line(title), body), sketch=_sketch(words), words=len(words)
    )


def normalize_text(text: str) -> str:
    """Reduce a text to what a reader compares: no boilerplate, one spelling of quotes and dashes.

    Paragraphs are separated by an empty line. Two texts that read the same differ at most in where
    their paragraphs end.
    """
    lines = [" ".join(line.split()) for line in _unify_spelling(text).split("\n")]
    return "\n\n".join(strip_boilerplate(lines))


def normalize_line(line: str) -> str:
    """Unify the spelling of a headline's quotes, dashes and spaces."""
    return " ".join(_unify_spelling(line).split())


def containment(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Share of the smaller sketch that is in the larger one, 0 to 1. Sketches are sorted."""
    one, other = _comparable(one, other)
    smaller = min(len(one), len(other))
    return len(set(one).intersection(other)) / smaller if smaller else 0.0


def is_same_story(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two sketches are of one report, possibly cut or extended."""
    one, other = _comparable(one, other)
    shared = len(set(one).intersection(other))
    return shared >= MIN_SHARED_HASHES and shared >= MIN_STORY_OVERLAP * min(len(one), len(other))


def is_same_text(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two sketches are of the same text with at most a few words changed."""
    one, other = _comparable(one, other)
    shared = len(set(one).intersection(other))
    return shared >= MIN_SHARED_HASHES and shared >= MIN_TEXT_OVERLAP * max(len(one), len(other))


def _unify_spelling(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        text = _VARIANTS.sub(lambda found: _SPELLINGS[found[0]], text)
    return _DASHES.sub(" - ", text.replace("''", '"'))


def _digest(title: str, body: str) -> str:
    read = f"{title}\n{' '.join(body.split())}"
    return sha256(read.encode("utf-8", "surrogatepass")).hexdigest()


def _shingle_words(body: str) -> list[bytes]:
    return body.lower().encode("utf-8", "surrogatepass").translate(_PUNCTUATION).split()


def _sketch(words: list[bytes]) -> tuple[int, ...]:
    """FracMinHash sketch: the hashes of word shingles that are below a bound, sorted.

    With one bound for all texts, the sketches of two of them sample the same shingles.
    """
    shingles = map(b" ".join, zip(*(words[i:] for i in range(SHINGLE)), strict=False))
    hashes = {value for value in map(crc32, shingles) if value < SKETCH_BELOW}
    return tuple(sorted(hashes)[:SKETCH_SIZE])


def _comparable(
    one: tuple[int, ...], other: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Cut both sketches at the lower bound, if one is full and so was cut below SKETCH_BELOW."""
    bound = min((sketch[-1] for sketch in (one, other) if len(sketch) == SKETCH_SIZE), default=None)
    if bound is None:
        return one, other
    return tuple(h for h in one if h <= bound), tuple(h for h in other if h <= bound)
