"""Which feeds stand behind a page: those it announces, then the links that look like one.

Nothing is fetched here, so a guess may lead to an ordinary page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.core.pages import decoded, tree_of
from monitor.core.text import clean_line, resolve_link, site_of

MOST = 100  # feeds of one page
LINKS = 5_000  # looked at, of one page
TITLE = 200

_ANNOUNCED = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)")
_PERHAPS = frozenset({"application/json", "application/xml", "text/xml"})  # also of APIs, sitemaps
_IS_FEED = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?(?:<[?!][^>]*>\s*)*+<(?:rss|feed|rdf:RDF)[\s>]"
    rb"|\s*\{[^<]{0,1500}?jsonfeed\.org/version"
)

_NAMED = re.compile(  # the path ends as those of feeds do
    r"/(?:rss|atom|feed|feeds)(?:/?(?:index)?\.(?:xml|rdf|json))?/?$|\.(?:rss|atom|rdf)$"
    r"|/(?:index|rss2?|atom|feed)\.xml$"
)
_HINTED = re.compile(r"[/._-](?:rss2?|atom|feeds?)(?:[/._-]|$)")
_QUERY = re.compile(r"(?:^|&)(?:feed|format|type|output|alt|fmt)=(?:rss2?|atom|feed)(?:&|$)")
_NO_FEED = re.compile(r"sitemap|opensearch|wlwmanifest|/xmlrpc|/wp-json|oembed|\.xsd$|\.xsl$")
_COMMENTS = re.compile(r"comment|comentario|kommentar", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """`title` and `type` are the page's words for it; a guess has no type."""

    url: str
    title: str | None = None
    type: str | None = None


def feeds_behind(html: bytes, url: str) -> tuple[FoundFeed, ...]:
    """At most 100 feeds, the likeliest first, each address once and absolute.

    `url` is the page's own (after redirects). A page that is a feed itself is the only one found.
    """
    if _IS_FEED.match(html[:2000]):
        return (FoundFeed(url=url),)
    tree = tree_of(decoded(html))
    base = _base(tree, url)
    announced = sorted(_announced(tree, base), key=_is_of_comments)
    guessed = sorted(_guessed(tree, base), key=lambda feed: _unlikeliness(feed, url))
    found: dict[str, FoundFeed] = {}
    for feed in (*announced, *guessed):
        found.setdefault(feed.url, feed)
    return tuple(islice(found.values(), MOST))


def _base(tree: LexborHTMLParser, url: str) -> str:
    base = tree.css_first("base[href]")
    return resolve_link(url, _attribute(base, "href")) or url if base else url


def _announced(tree: LexborHTMLParser, base: str) -> Iterator[FoundFeed]:
    """<link rel="alternate">, as the HTML standard, section 4.6.7.1, and feed readers read it."""
    for node in tree.css("link[href]")[:LINKS]:
        rel = _attribute(node, "rel").lower().split()
        kind = _attribute(node, "type").lower().partition(";")[0].strip()
        link = resolve_link(base, _attribute(node, "href"))
        if link and not {"alternate", "feed"}.isdisjoint(rel) and _is_feed(kind, rel, link):
            yield FoundFeed(url=link, title=_title(_attribute(node, "title")), type=kind or None)


def _is_feed(kind: str, rel: list[str], link: str) -> bool:
    if "stylesheet" in rel or "oembed" in kind:
        return False
    if _ANNOUNCED.fullmatch(kind) or ("feed" in rel and not kind):
        return True
    return kind in _PERHAPS and _looks_like_feed(link)


def _guessed(tree: LexborHTMLParser, base: str) -> Iterator[FoundFeed]:
    for node in tree.css("a[href]")[:LINKS]:
        link = resolve_link(base, _attribute(node, "href"))
        if link and _looks_like_feed(link):
            title = node.text()[: 4 * TITLE].strip() or _attribute(node, "title")
            yield FoundFeed(url=link, title=_title(title))


def _looks_like_feed(link: str) -> bool:
    parts = urlsplit(link.lower())
    if _NO_FEED.search(f"{parts.path}?{parts.query}"):
        return False
    path = parts.path
    hinted = _NAMED.search(path) or _HINTED.search(path) or _QUERY.search(parts.query)
    return bool(hinted) or path.endswith(".xml") or parts.netloc.startswith(("feeds.", "rss."))


def _unlikeliness(feed: FoundFeed, page: str) -> tuple[bool, bool, bool]:
    """Sorts guesses: comments last, then other sites, then vague names."""
    parts = urlsplit(feed.url.lower())
    named = _NAMED.search(parts.path) or _QUERY.search(parts.query)
    return _is_of_comments(feed), site_of(feed.url) != site_of(page), not named


def _is_of_comments(feed: FoundFeed) -> bool:
    return _COMMENTS.search(f"{urlsplit(feed.url).path} {feed.title or ''}") is not None


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""


def _title(text: str) -> str | None:
    return clean_line(text, TITLE) or None
