"""Wording shared by the messages about values: how they are quoted, and what was meant."""

from collections.abc import Iterable


def quoted(value: object, limit: int = 60) -> str:
    """Return a value in quotes, cut and printable, for a message."""
    text = str(value)
    printable = "".join(c if c.isprintable() else "�" for c in text[:limit])
    return f"'{printable}{'…' if len(text) > limit else ''}'"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'url'?`, or the known words when none is near and they are few."""
    import difflib

    words = sorted(known)
    if near := difflib.get_close_matches(word[:100], words, n=1):
        return f"; did you mean '{near[0]}'?"
    return f" (known: {', '.join(words)})" if 0 < len(words) <= 12 else ""
