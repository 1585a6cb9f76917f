"""Discovers the feeds of a web page: those declared in <link>, then links that look like feeds.

Fetches nothing, so a guessed link may lead to an ordinary page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.core.pages import decode_html, parse_html
from monitor.core.text import clean_line, resolve_link, site_of

MAX_FEEDS = 100  # returned for one page
MAX_LINKS = 5_000  # examined in one page
MAX_TITLE_LENGTH = 200  # characters

_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)")
_GENERIC_TYPES = frozenset(
    {"application/json", "application/xml", "text/xml"}
)  # APIs and sitemaps too
_FEED_START = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?(?:<[?!][^>]*>\s*)*+<(?:rss|feed|rdf:RDF)[\s>]"
    rb"|\s*\{[^<]{0,1500}?jsonfeed\.org/version"
)

_FEED_PATH = re.compile(  # a path that ends like a feed's
    r"/(?:rss|atom|feed|feeds)(?:/?(?:index)?\.(?:xml|rdf|json))?/?$|\.(?:rss|atom|rdf)$"
    r"|/(?:index|rss2?|atom|feed)\.xml$"
)
_FEED_WORD = re.compile(r"[/._-](?:rss2?|atom|feeds?)(?:[/._-]|$)")
_FEED_QUERY = re.compile(r"(?:^|&)(?:feed|format|type|output|alt|fmt)=(?:rss2?|atom|feed)(?:&|$)")
_NOT_FEED = re.compile(r"sitemap|opensearch|wlwmanifest|/xmlrpc|/wp-json|oembed|\.xsd$|\.xsl$")
_COMMENTS = re.compile(r"comment|comentario|kommentar", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredFeed:
    """Feed URL found in a page, with the title and media type given there; guesses have no type."""

    url: str
    title: str | None = None
    type: str | None = None


def discover_feeds(html: bytes, url: str) -> tuple[DiscoveredFeed, ...]:
    """Return the feeds that a page links to, the likeliest first, at most `MAX_FEEDS`.

    `url` is the page's own, after redirects. URLs are absolute and distinct. For a page that is
    itself a feed, the result is that feed alone.
    """
    if _FEED_START.match(html[:2000]):
        return (DiscoveredFeed(url=url),)
    tree = parse_html(decode_html(html))
    base = _base_url(tree, url)
    declared = sorted(_declared_feeds(tree, base), key=_is_comment_feed)
    guessed = sorted(_guessed_feeds(tree, base), key=lambda feed: _guess_rank(feed, url))
    feeds: dict[str, DiscoveredFeed] = {}
    for feed in (*declared, *guessed):
        feeds.setdefault(feed.url, feed)
    return tuple(islice(feeds.values(), MAX_FEEDS))


def _base_url(tree: LexborHTMLParser, url: str) -> str:
    base = tree.css_first("base[href]")
    return resolve_link(url, _attribute(base, "href")) or url if base else url


def _declared_feeds(tree: LexborHTMLParser, base: str) -> Iterator[DiscoveredFeed]:
    """Yield the feeds of <link rel="alternate"> (HTML standard, section 4.6.7.1, autodiscovery)."""
    for node in tree.css("link[href]")[:MAX_LINKS]:
        rel = _attribute(node, "rel").lower().split()
        kind = _attribute(node, "type").lower().partition(";")[0].strip()
        link = resolve_link(base, _attribute(node, "href"))
        if link and not {"alternate", "feed"}.isdisjoint(rel) and _is_feed(kind, rel, link):
            yield DiscoveredFeed(
                url=link, title=_title(_attribute(node, "title")), type=kind or None
            )


def _is_feed(kind: str, rel: list[str], link: str) -> bool:
    if "stylesheet" in rel or "oembed" in kind:
        return False
    if _FEED_TYPE.fullmatch(kind) or ("feed" in rel and not kind):
        return True
    return kind in _GENERIC_TYPES and _looks_like_feed(link)


def _guessed_feeds(tree: LexborHTMLParser, base: str) -> Iterator[DiscoveredFeed]:
    for node in tree.css("a[href]")[:MAX_LINKS]:
        link = resolve_link(base, _attribute(node, "href"))
        if link and _looks_like_feed(link):
            title = node.text()[: 4 * MAX_TITLE_LENGTH].strip() or _attribute(node, "title")
            yield DiscoveredFeed(url=link, title=_title(title))


def _looks_like_feed(link: str) -> bool:
    parts = urlsplit(link.lower())
    if _NOT_FEED.search(f"{parts.path}?{parts.query}"):
        return False
    path = parts.path
    is_feed_like = (
        _FEED_PATH.search(path) or _FEED_WORD.search(path) or _FEED_QUERY.search(parts.query)
    )
    return (
        bool(is_feed_like) or path.endswith(".xml") or parts.netloc.startswith(("feeds.", "rss."))
    )


def _guess_rank(feed: DiscoveredFeed, page: str) -> tuple[bool, bool, bool]:
    """Sort key of a guess: comment feeds last, before them other sites, then unspecific URLs."""
    parts = urlsplit(feed.url.lower())
    is_named = _FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query)
    return _is_comment_feed(feed), site_of(feed.url) != site_of(page), not is_named


def _is_comment_feed(feed: DiscoveredFeed) -> bool:
    return _COMMENTS.search(f"{urlsplit(feed.url).path} {feed.title or ''}") is not None


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""


def _title(text: str) -> str | None:
    return clean_line(text, MAX_TITLE_LENGTH) or None
