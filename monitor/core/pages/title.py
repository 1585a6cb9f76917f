"""Chooses the headline among the titles of a page: headings, metadata and <title>."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.core.pages import json_ld
from monitor.core.pages.metadata import PageMetadata

_SEPARATOR = re.compile(r"\s+(?:[|–—·•»:›-]|::|//)\s+|\s*[|｜]\s*|\s+@\s+")
_WORD = re.compile(r"[^\W_]+")
_MIN_SIMILARITY = 0.6  # from which a heading and a declared title are of one article
_MAX_LENGTH = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleCandidates:
    """Possible headlines of a page, and the names of its site."""

    headings: tuple[str, ...]  # h1 elements in page order
    declared: tuple[str, ...]  # most reliable first; may contain the name of the site
    site_names: frozenset[str]  # case-folded, letters and digits only


def collect_titles(page: PageMetadata, headings: Iterable[str], site: str) -> TitleCandidates:
    """Collect the titles of a page. `site` is the registrable domain, or empty."""
    article = page.articles[0] if page.articles else {}
    microdata = [value for name, value in page.microdata if name == "headline"]
    declared = [
        *json_ld.string_values(article.get("headline"), "@value")[:1],
        *page.all("og:title")[:1],
        *microdata[:1],
        *page.all("twitter:title")[:1],
        *([page.title] if page.title else []),
    ]
    return TitleCandidates(
        headings=tuple(_clean(text) for text in headings if text.strip()),
        declared=tuple(_clean(text) for text in declared if text.strip()),
        site_names=_site_names(page, site),
    )


def choose_headline(titles: TitleCandidates) -> str:
    """Return the h1 most similar to a declared title, else the first declared title.

    The name of the site is stripped. Empty if the page has no title.
    """
    declared = [strip_site_name(title, titles.site_names) for title in titles.declared]
    scored = [
        (similarity(heading, title), heading) for heading in titles.headings for title in declared
    ]
    best_score, best_heading = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    if best_score >= _MIN_SIMILARITY:
        return best_heading
    if declared:
        return declared[0]
    headings = (text for text in titles.headings if _joined_words(text) not in titles.site_names)
    return next(headings, "")


def strip_site_name(title: str, site_names: frozenset[str]) -> str:
    """Strip the name of the site before or after a title."""
    cuts = list(_SEPARATOR.finditer(title))
    for cut in cuts:
        if _joined_words(title[cut.end() :]) in site_names and _joined_words(title[: cut.start()]):
            return title[: cut.start()]
        if _joined_words(title[: cut.start()]) in site_names and _joined_words(title[cut.end() :]):
            return title[cut.end() :]
    if cuts and "|" in cuts[-1][0] and len(words(title[: cuts[-1].start()])) >= 3:
        return title[: cuts[-1].start()]
    return title


def similarity(one: str, other: str) -> float:
    """Return the similarity of two titles from 0 to 1: the share of words that both contain."""
    first, second = words(one), words(other)
    common = len(set(first) & set(second))
    return 2 * common / (len(set(first)) + len(set(second))) if common else 0.0


def words(text: str) -> list[str]:
    """Return the case-folded words of a text, without punctuation."""
    return _WORD.findall(text.casefold())


def _joined_words(text: str) -> str:
    return "".join(words(text))


def _clean(text: str) -> str:
    return " ".join(text[: 4 * _MAX_LENGTH].split())[:_MAX_LENGTH]


def _site_names(page: PageMetadata, site: str) -> frozenset[str]:
    article = page.articles[0] if page.articles else {}
    names: Sequence[str] = [
        *page.all("og:site_name", "application-name", "apple-mobile-web-app-title"),
        *json_ld.string_values(article.get("publisher"), "name"),
        site,
        site.partition(".")[0],
    ]
    return frozenset(filter(None, (_joined_words(name) for name in names)))
