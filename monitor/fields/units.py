"""Lengths of time and sizes as people write them."""

import re
from datetime import timedelta

from monitor.fields.hints import shown

LONGEST = timedelta(days=3650)
LARGEST = 10**12  # bytes

_DURATION = re.compile(r"([0-9]{1,9}) ?([smhd])")
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|[kKMG]i?B)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `7d`. Raises ValueError with the remedy."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{shown(text)} is no duration: {_duration_meant(text)}")
    length = timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    if length > LONGEST:
        raise ValueError(f"{shown(text)} is too long: write at most {LONGEST.days}d")
    return length


def size(text: str) -> int:
    """`10MB` (decimal) or `64KiB` (binary), in bytes. Raises ValueError with the remedy."""
    found = _SIZE.fullmatch(text)
    if not found:
        meant = f"{text}B, {text}kB or {text}MB" if _bare(text) else "64kB, 10MB or 1GB"
        raise ValueError(f"{shown(text)} is no size: write {meant}")
    unit = found[2].replace("K", "k") if "i" not in found[2] else found[2].replace("k", "K")
    count = int(found[1]) * _BYTES[unit]
    if count > LARGEST:
        raise ValueError(f"{shown(text)} is too large")
    return count


def duration_text(length: timedelta) -> str:
    """The shortest way to write this duration, down to seconds."""
    seconds = round(length.total_seconds())
    unit = next(
        unit for unit in "dhms" if (seconds % _SECONDS[unit] == 0 and seconds) or unit == "s"
    )
    return f"{seconds // _SECONDS[unit]}{unit}"


def size_text(count: int) -> str:
    """The shortest way to write this size."""
    unit = next(unit for unit in ("GB", "MB", "kB", "B") if count % _BYTES[unit] == 0)
    return f"{count // _BYTES[unit]}{unit}"


def _duration_meant(text: str) -> str:
    if _bare(text):
        return f"write {text}s, {text}m, {text}h or {text}d"
    return "write a number and s, m, h or d, as 90s, 15m, 2h, 7d"


def _bare(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
