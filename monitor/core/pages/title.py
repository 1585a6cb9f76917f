"""Which of a page's titles is the headline."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.core.pages import json_ld
from monitor.core.pages.metadata import Declared

_SEPARATOR = re.compile(r"\s+(?:[|–—·•»:›-]|::|//)\s+|\s*[|｜]\s*|\s+@\s+")
_WORD = re.compile(r"[^\W_]+")
_ALIKE = 0.6  # share of common words from which two titles are of one story
_LONGEST = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """Where the headline may stand: h1 elements in page order, and what the page declares."""

    headings: tuple[str, ...]
    declared: tuple[str, ...]  # the most telling first; may end in the name of the site
    site_names: frozenset[str]  # as `words` gives them, joined


def titles_of(page: Declared, headings: Iterable[str], site: str) -> Titles:
    """`site` is the registered domain, or empty."""
    article = page.articles[0] if page.articles else {}
    microdata = [value for name, value in page.microdata if name == "headline"]
    declared = [
        *json_ld.texts(article.get("headline"), "@value")[:1],
        *page.all("og:title")[:1],
        *microdata[:1],
        *page.all("twitter:title")[:1],
        *([page.title] if page.title else []),
    ]
    return Titles(
        headings=tuple(_line(one) for one in headings if one.strip()),
        declared=tuple(_line(one) for one in declared if one.strip()),
        site_names=_site_names(page, site),
    )


def headline(titles: Titles) -> str:
    """The h1 that a declared title agrees with, else the first declared one, less the site.

    Empty when the page has none.
    """
    declared = [without_site(one, titles.site_names) for one in titles.declared]
    told = [(likeness(heading, one), heading) for heading in titles.headings for one in declared]
    best = max(told, key=lambda pair: pair[0], default=(0.0, ""))
    if best[0] >= _ALIKE:
        return best[1]
    if declared:
        return declared[0]
    return next((one for one in titles.headings if _joined(one) not in titles.site_names), "")


def without_site(title: str, site_names: frozenset[str]) -> str:
    """The title without the name of the site before or after it."""
    cuts = list(_SEPARATOR.finditer(title))
    for cut in cuts:
        if _joined(title[cut.end() :]) in site_names and _joined(title[: cut.start()]):
            return title[: cut.start()]
        if _joined(title[: cut.start()]) in site_names and _joined(title[cut.end() :]):
            return title[cut.end() :]
    if cuts and "|" in cuts[-1][0] and len(words(title[: cuts[-1].start()])) >= 3:
        return title[: cuts[-1].start()]
    return title


def likeness(one: str, other: str) -> float:
    """From 0 to 1: the share of words that both have."""
    first, second = words(one), words(other)
    common = len(set(first) & set(second))
    return 2 * common / (len(set(first)) + len(set(second))) if common else 0.0


def words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _joined(text: str) -> str:
    return "".join(words(text))


def _line(text: str) -> str:
    return " ".join(text[: 4 * _LONGEST].split())[:_LONGEST]


def _site_names(page: Declared, site: str) -> frozenset[str]:
    article = page.articles[0] if page.articles else {}
    names: Sequence[str] = [
        *page.all("og:site_name", "application-name", "apple-mobile-web-app-title"),
        *json_ld.texts(article.get("publisher"), "name"),
        site,
        site.partition(".")[0],
    ]
    return frozenset(filter(None, (_joined(name) for name in names)))
