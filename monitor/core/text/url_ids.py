"""Extracts the story ids in article URLs, which stay when headline and slug change.

Works on URL keys (`urls.url_key`), without network access. A URL without ids yields none.
"""

import re

_WORD = re.compile(r"[^-_.,~!:;@+]+")
_EXTENSION = re.compile(r"\.[A-Za-z]{2,5}$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[0-2]\d[0-5]\d(?:\d\d)?)?"
)
_PREFIXED = re.compile(r"[A-Za-z]{1,6}\d{5,}")  # rcna123456, a8812345
_ID_PARAMETER = re.compile(
    r"(?:.*_)?(?:id|p|nid|aid|(?:story|article|content|news|post|node)_?id)", re.I
)
# Least digits of a numeric id, by its place in a path segment.
_MIN_DIGITS_ALONE = 4  # the whole segment: /4711
_MIN_DIGITS_LAST = 5  # the last word of a slug: /lanes-close-12345
_MIN_DIGITS_INSIDE = 7  # any other word, where a number is more likely part of the headline
_MIN_MIXED_LENGTH = 8  # characters of an id that mixes letters and digits


def story_ids(key: str) -> tuple[str, ...]:
    """Return the ids in a URL key, in order; dates and years are not ids.

    `example.org/2026/11/24/nx-s1-5123456/old-slug` gives `("5123456",)`.
    """
    path, _, query = key.partition("?")
    found: list[str] = []
    for segment in path.split("/")[1:]:
        found += _segment_ids(segment)
    for parameter in query.split("&"):
        found += _parameter_ids(parameter)
    return tuple(found)


def have_same_story_ids(one: str, other: str) -> bool:
    """Whether two URL keys of one host carry the same ids, and at least one."""
    ids = story_ids(one)
    return bool(ids) and _host(one) == _host(other) and ids == story_ids(other)


def _host(key: str) -> str:
    return key.partition("/")[0]


def _segment_ids(segment: str) -> list[str]:
    words = _WORD.findall(_EXTENSION.sub("", segment))
    last = len(words) - 1
    return [word for index, word in enumerate(words) if _is_id(word, _min_digits(index, last))]


def _min_digits(index: int, last: int) -> int:
    if last == 0:
        return _MIN_DIGITS_ALONE
    return _MIN_DIGITS_LAST if index == last else _MIN_DIGITS_INSIDE


def _parameter_ids(parameter: str) -> list[str]:
    name, _, value = parameter.partition("=")
    if value.isdecimal() and _ID_PARAMETER.fullmatch(name):
        return [value]
    return [value] if _is_id(value, _MIN_DIGITS_LAST) else []


def _is_id(word: str, min_digits: int) -> bool:
    if word.isdecimal():
        return len(word) >= min_digits and not _YEAR.fullmatch(word) and not _DATE.fullmatch(word)
    return bool(_PREFIXED.fullmatch(word)) or _is_mixed(word)


def _is_mixed(word: str) -> bool:
    """Whether letters and digits alternate: two or more runs of digits, which no word has."""
    return (
        len(word) >= _MIN_MIXED_LENGTH
        and word.isalnum()
        and len(re.findall(r"\d+", word)) > 1
        and (re.search(r"[A-Za-z]", word) is not None)
    )
