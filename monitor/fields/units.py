"""Durations and sizes as people write them."""

import re
from datetime import timedelta

from monitor.fields.hints import quoted

MAX_DURATION = timedelta(days=3650)
MAX_SIZE = 10**12  # bytes

_DURATION = re.compile(r"([0-9]{1,9}) ?([smhd])")
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|[kKMG]i?B)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def parse_duration(text: str) -> timedelta:
    """Parse `90s`, `15m`, `2h` or `7d`. Raises ValueError with the remedy."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{quoted(text)} is no duration: {_duration_hint(text)}")
    length = timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    if length > MAX_DURATION:
        raise ValueError(f"{quoted(text)} is too long: write at most {MAX_DURATION.days}d")
    return length


def parse_size(text: str) -> int:
    """Parse `10MB` (decimal) or `64KiB` (binary) into bytes. Raises ValueError with the remedy."""
    found = _SIZE.fullmatch(text)
    if not found:
        meant = f"{text}B, {text}kB or {text}MB" if _is_bare_number(text) else "64kB, 10MB or 1GB"
        raise ValueError(f"{quoted(text)} is no size: write {meant}")
    unit = found[2].replace("K", "k") if "i" not in found[2] else found[2].replace("k", "K")
    count = int(found[1]) * _BYTES[unit]
    if count > MAX_SIZE:
        raise ValueError(f"{quoted(text)} is too large")
    return count


def format_duration(length: timedelta) -> str:
    """Write a duration in the largest unit that divides it, seconds at least."""
    seconds = round(length.total_seconds())
    unit = next(
        unit for unit in "dhms" if (seconds % _SECONDS[unit] == 0 and seconds) or unit == "s"
    )
    return f"{seconds // _SECONDS[unit]}{unit}"


def format_size(count: int) -> str:
    """Write a number of bytes in the largest decimal unit that divides it."""
    unit = next(unit for unit in ("GB", "MB", "kB", "B") if count % _BYTES[unit] == 0)
    return f"{count // _BYTES[unit]}{unit}"


def _duration_hint(text: str) -> str:
    if _is_bare_number(text):
        return f"write {text}s, {text}m, {text}h or {text}d"
    return "write a number and s, m, h or d, as 90s, 15m, 2h, 7d"


def _is_bare_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
