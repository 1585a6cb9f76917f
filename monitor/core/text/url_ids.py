"""The ids that a site puts into an article's address: they stay when headline and slug change.

Takes keys (`urls.key`). Total: an address without ids gives none.
"""

import re

_TOKEN = re.compile(r"[^-_.,~!:;@+]+")
_EXTENSION = re.compile(r"\.[A-Za-z]{2,5}$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[0-2]\d[0-5]\d(?:\d\d)?)?"
)
_PREFIXED = re.compile(r"[A-Za-z]{1,6}\d{5,}")  # rcna123456, a8812345
_ID_PARAMETER = re.compile(
    r"(?:.*_)?(?:id|p|nid|aid|(?:story|article|content|news|post|node)_?id)", re.I
)
_WHOLE, _LAST, _WITHIN = 4, 5, 7  # digits of an id: a whole segment, a slug's last word, any word
_MIXED = 8  # characters of an id of letters and digits


def story_ids(key: str) -> tuple[str, ...]:
    """`example.org/2026/11/24/nx-s1-5123456/old-slug` → `("5123456",)`; dates are none."""
    path, _, query = key.partition("?")
    found: list[str] = []
    for segment in path.split("/")[1:]:
        found += _in_segment(segment)
    for parameter in query.split("&"):
        found += _in_parameter(parameter)
    return tuple(found)


def same_ids(one: str, other: str) -> bool:
    """Whether two addresses of one site carry the same ids, and at least one."""
    ids = story_ids(one)
    return bool(ids) and _host(one) == _host(other) and ids == story_ids(other)


def _host(key: str) -> str:
    return key.partition("/")[0]


def _in_segment(segment: str) -> list[str]:
    words = _TOKEN.findall(_EXTENSION.sub("", segment))
    last = len(words) - 1
    return [word for place, word in enumerate(words) if _is_id(word, _least(last, place))]


def _least(last: int, place: int) -> int:
    if last == 0:
        return _WHOLE
    return _LAST if place == last else _WITHIN


def _in_parameter(parameter: str) -> list[str]:
    name, _, value = parameter.partition("=")
    if value.isdecimal() and _ID_PARAMETER.fullmatch(name):
        return [value]
    return [value] if _is_id(value, _LAST) else []


def _is_id(word: str, least: int) -> bool:
    if word.isdecimal():
        return len(word) >= least and not _YEAR.fullmatch(word) and not _DATE.fullmatch(word)
    return bool(_PREFIXED.fullmatch(word)) or _is_mixed(word)


def _is_mixed(word: str) -> bool:
    """Digits in at least two places between letters, as no word of a language has them."""
    return (
        len(word) >= _MIXED
        and word.isalnum()
        and len(re.findall(r"\d+", word)) > 1
        and (re.search(r"[A-Za-z]", word) is not None)
    )
