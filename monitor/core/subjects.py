"""The tags that a page gives its article."""

import re
from collections.abc import Iterable

from monitor.core import json_ld
from monitor.core.declared import Declared

_LONGEST = 100  # characters of a tag
_MOST = 60


def declared_tags(page: Declared) -> list[str]:
    """From the first declaration that holds any; sections only where there are no keywords."""
    article = page.articles[0] if page.articles else {}
    said = (
        page.all("news_keywords"),
        page.all("keywords"),
        json_ld.texts(article.get("keywords"), "name"),
        page.all("article:tag", "og:article:tag", "parsely-tags", "sailthru.tags", "mrf:tags"),
        [value for name, value in page.microdata if name == "keywords"],
        json_ld.texts(article.get("about"), "name"),
    )
    return next((found for values in said if (found := _tags(values))), [])


def _tags(values: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for value in values:
        for tag in re.split(r"[,;|]", value[:5000]):
            tag = " ".join(tag.split()).strip(" #")
            if 1 < len(tag) <= _LONGEST:
                found.setdefault(tag.casefold(), tag)
    return list(found.values())[:_MOST]
