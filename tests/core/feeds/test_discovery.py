import pytest

from monitor.core.feeds.discovery import MAX_FEEDS, DiscoveredFeed, discover_feeds

PAGE = "https://example.org/section/page"


def discovered(html: str, url: str = PAGE) -> list[str]:
    return [feed.url for feed in discover_feeds(html.encode(), url)]


def test_a_declared_feed_has_its_title_and_type() -> None:
    html = (
        b'<link rel=alternate type="application/atom+xml; charset=utf-8" href=/a title="A &amp; B">'
    )
    assert discover_feeds(html, PAGE) == (
        DiscoveredFeed(url="https://example.org/a", title="A & B", type="application/atom+xml"),
    )


@pytest.mark.parametrize(
    "kind", ["application/rss+xml", "application/feed+json", "APPLICATION/RDF+XML"]
)
def test_every_feed_type_is_recognized(kind: str) -> None:
    assert discovered(f'<link rel="alternate home" type="{kind}" href="x">') == [
        "https://example.org/section/x"
    ]


def test_links_resolve_against_the_base_element() -> None:
    html = '<base href="//cdn.example.net/b/"><link rel=alternate type=application/rss+xml href=f>'
    assert discovered(html) == ["https://cdn.example.net/b/f"]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate stylesheet" type="text/xml" href="/feed.xml">',
        '<link rel="alternate" hreflang="es" href="/es/">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed?format=rss">',
        '<link rel="stylesheet" type="application/rss+xml" href="/s">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml">',
        '<a href="/feedback">',
        '<a href="/sitemap.xml">',
        '<a href="mailto:rss@example.org">',
    ],
)
def test_a_link_to_no_feed_is_not_returned(link: str) -> None:
    assert discovered(link) == []


def test_declared_feeds_precede_guesses_and_comment_feeds_come_last_among_each() -> None:
    html = """
        <a href="/old/stuff.xml">data</a>
        <a href="https://other.example/rss">partner</a>
        <a href="/world/rss">World</a>
        <link rel=alternate type=application/rss+xml href=/comments/feed/ title=Comments>
        <link rel=alternate type=application/rss+xml href=/feed/ title=News>
    """
    assert discovered(html) == [
        "https://example.org/feed/",
        "https://example.org/comments/feed/",
        "https://example.org/world/rss",
        "https://example.org/old/stuff.xml",
        "https://other.example/rss",
    ]


def test_a_url_is_returned_once_with_its_declared_title() -> None:
    html = b"<a href=/rss>RSS</a><link rel=alternate type=application/rss+xml href=/rss title=News>"
    assert [feed.title for feed in discover_feeds(html, PAGE)] == ["News"]


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><!-- x --><rss version="2.0"></rss>',
        b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
        b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
    ],
)
def test_a_page_that_is_a_feed_is_the_only_result(body: bytes) -> None:
    assert discover_feeds(body, PAGE) == (DiscoveredFeed(url=PAGE),)


def test_a_page_that_links_to_the_json_feed_site_is_no_feed() -> None:
    assert discovered('<a href="https://jsonfeed.org/version/1">about</a>') == []


def test_a_page_of_ten_thousand_links_gives_a_bounded_result() -> None:
    html = "".join(f"<a href=/{number}/rss>x</a>" for number in range(10_000))
    assert len(discovered(html)) == MAX_FEEDS


@pytest.mark.parametrize(
    "html", ["", "<", "\0", "<a href='http://[/rss'>", "<base href='http://['>"]
)
def test_garbage_has_no_feeds(html: str) -> None:
    assert discovered(html) == []
