"""The address of an article: as the page declares it, if that makes sense, else where it was."""

import re
from urllib.parse import urlsplit

from monitor.core.pages import json_ld
from monitor.core.pages.metadata import Declared
from monitor.core.pages.title import words
from monitor.core.text import normalize_url, resolve_link, site_of, url_key

_NUMBER = re.compile(r"\d{4,}")
_DATE = re.compile(r"/((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)")
_NAMED_DATE = re.compile(r"/((?:19|20)\d\d)/([a-z]{3})/(0?[1-9]|[12]\d|3[01])(?=/)", re.IGNORECASE)
# 20190911, perhaps with the time and a counter behind it.
_RUN_TOGETHER = re.compile(
    r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d+)?(?!\d)"
)


def canonical_address(page: Declared, url: str | None, title: str) -> str | None:
    """The declared address where it is of this site and plausibly of this article."""
    said = [link for link in (page.canonical, page.first("og:url")) if link]
    candidates = [full for link in said if (full := resolve_link(url or "", link))]
    if url is None:
        return normalize_url(candidates[0]) if candidates else None
    agreed = {url_key(one) for one in candidates} if len(candidates) > 1 else set()
    for one in candidates:
        if _is_sane(one, url) and (len(agreed) == 1 or _same_article(one, url, page, title)):
            return normalize_url(one)
    return normalize_url(url)


def _is_sane(declared: str, url: str) -> bool:
    return site_of(declared) == site_of(url) and (not is_home(declared) or is_home(url))


def _same_article(declared: str, url: str, page: Declared, title: str) -> bool:
    """It names the same page, number or words, or the headline."""
    if url_key(declared) == url_key(url):
        return True
    mine, theirs = urlsplit(url), urlsplit(declared)
    if set(_NUMBER.findall(mine.path + mine.query)) & set(_NUMBER.findall(theirs.path)):
        return True
    slug = _slug(theirs.path)
    if len(slug & _slug(mine.path)) * 2 > len(slug):
        return True
    article = page.articles[0] if page.articles else {}
    named = json_ld.texts(article.get("mainEntityOfPage"), "@id", "url")
    if any(url_key(resolve_link(url, one) or "") == url_key(declared) for one in named):
        return True
    return len(slug & set(words(title))) * 2 > len(slug) > 1


def _slug(path: str) -> set[str]:
    return set(words(path.rstrip("/").rpartition("/")[2].partition(".")[0].replace("_", "-")))


def is_home(url: str) -> bool:
    """Whether the address is a site's front page."""
    parts = urlsplit(url) if url else None
    if parts is None or parts.query:
        return False
    return bool(re.fullmatch(r"/?(?:index\.\w+|home|[a-z]{2})?/?", parts.path, re.IGNORECASE))


def stamp_in_address(url: str) -> str | None:
    """The day in `/2019/09/11/`, `A20190911…` and the like, as a date is written."""
    path = url.partition("?")[0][:2000]
    if found := _DATE.search(path):
        return "-".join(found.groups())
    if found := _NAMED_DATE.search(path):
        return f"{found[3]} {found[2]} {found[1]}"
    if found := _RUN_TOGETHER.search(path):
        return "-".join(found.groups())
    return None
