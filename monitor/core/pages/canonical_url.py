"""Determines the canonical URL of an article: the declared one if plausible, else the fetched one.

Also recognizes front pages and dates in URLs.
"""

import re
from urllib.parse import urlsplit

from monitor.core.pages import json_ld
from monitor.core.pages.metadata import PageMetadata
from monitor.core.pages.title import words
from monitor.core.text import normalize_url, resolve_link, site_of, url_key

_NUMBER = re.compile(r"\d{4,}")
_DATE = re.compile(r"/((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)")
_MONTH_NAME_DATE = re.compile(
    r"/((?:19|20)\d\d)/([a-z]{3})/(0?[1-9]|[12]\d|3[01])(?=/)", re.IGNORECASE
)
# 20190911, optionally followed by a time and a counter.
_COMPACT_DATE = re.compile(
    r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d+)?(?!\d)"
)


def canonical_url(page: PageMetadata, url: str | None, title: str) -> str | None:
    """Return the declared URL if it is on this site and plausibly of this article.

    Else `url`, where the page was fetched. Without `url`, any declared URL is returned.
    """
    declared = [link for link in (page.canonical, page.first("og:url")) if link]
    candidates = [full for link in declared if (full := resolve_link(url or "", link))]
    if url is None:
        return normalize_url(candidates[0]) if candidates else None
    keys = {url_key(candidate) for candidate in candidates} if len(candidates) > 1 else set()
    for candidate in candidates:
        if not _is_same_site(candidate, url):
            continue
        if len(keys) == 1 or _is_same_article(candidate, url, page, title):
            return normalize_url(candidate)
    return normalize_url(url)


def _is_same_site(declared: str, url: str) -> bool:
    return site_of(declared) == site_of(url) and (not is_front_page(declared) or is_front_page(url))


def _is_same_article(declared: str, url: str, page: PageMetadata, title: str) -> bool:
    """Whether a declared URL matches the page by key, number, slug, mainEntityOfPage or title."""
    if url_key(declared) == url_key(url):
        return True
    own, other = urlsplit(url), urlsplit(declared)
    if set(_NUMBER.findall(own.path + own.query)) & set(_NUMBER.findall(other.path)):
        return True
    slug = _slug_words(other.path)
    if len(slug & _slug_words(own.path)) * 2 > len(slug):
        return True
    article = page.articles[0] if page.articles else {}
    urls = json_ld.string_values(article.get("mainEntityOfPage"), "@id", "url")
    if any(url_key(resolve_link(url, link) or "") == url_key(declared) for link in urls):
        return True
    return len(slug & set(words(title))) * 2 > len(slug) > 1


def _slug_words(path: str) -> set[str]:
    return set(words(path.rstrip("/").rpartition("/")[2].partition(".")[0].replace("_", "-")))


def is_front_page(url: str) -> bool:
    """Whether a URL is the front page of a site."""
    parts = urlsplit(url) if url else None
    if parts is None or parts.query:
        return False
    return bool(re.fullmatch(r"/?(?:index\.\w+|home|[a-z]{2})?/?", parts.path, re.IGNORECASE))


def date_in_url(url: str) -> str | None:
    """Return the date in a URL such as `/2019/09/11/` or `A20190911…`, as text to parse."""
    path = url.partition("?")[0][:2000]
    if found := _DATE.search(path):
        return "-".join(found.groups())
    if found := _MONTH_NAME_DATE.search(path):
        return f"{found[3]} {found[2]} {found[1]}"
    if found := _COMPACT_DATE.search(path):
        return "-".join(found.groups())
    return None
