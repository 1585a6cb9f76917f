import pytest

from monitor.core.feeds.discovery import MOST, FoundFeed, feeds_behind

PAGE = "https://example.org/section/page"


def found(html: str, url: str = PAGE) -> list[str]:
    return [feed.url for feed in feeds_behind(html.encode(), url)]


def test_an_announced_feed_comes_with_its_title_and_type() -> None:
    html = (
        b'<link rel=alternate type="application/atom+xml; charset=utf-8" href=/a title="A &amp; B">'
    )
    assert feeds_behind(html, PAGE) == (
        FoundFeed(url="https://example.org/a", title="A & B", type="application/atom+xml"),
    )


@pytest.mark.parametrize(
    "kind", ["application/rss+xml", "application/feed+json", "APPLICATION/RDF+XML"]
)
def test_every_feed_type_is_known(kind: str) -> None:
    assert found(f'<link rel="alternate home" type="{kind}" href="x">') == [
        "https://example.org/section/x"
    ]


def test_a_base_is_obeyed() -> None:
    html = '<base href="//cdn.example.net/b/"><link rel=alternate type=application/rss+xml href=f>'
    assert found(html) == ["https://cdn.example.net/b/f"]


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
def test_what_is_no_feed_is_not_found(link: str) -> None:
    assert found(link) == []


def test_announced_feeds_stand_before_guesses_and_comments_behind_their_likes() -> None:
    html = """
        <a href="/old/stuff.xml">data</a>
        <a href="https://other.example/rss">partner</a>
        <a href="/world/rss">World</a>
        <link rel=alternate type=application/rss+xml href=/comments/feed/ title=Comments>
        <link rel=alternate type=application/rss+xml href=/feed/ title=News>
    """
    assert found(html) == [
        "https://example.org/feed/",
        "https://example.org/comments/feed/",
        "https://example.org/world/rss",
        "https://example.org/old/stuff.xml",
        "https://other.example/rss",
    ]


def test_an_address_is_found_once_and_keeps_what_the_page_announced() -> None:
    html = b"<a href=/rss>RSS</a><link rel=alternate type=application/rss+xml href=/rss title=News>"
    assert [feed.title for feed in feeds_behind(html, PAGE)] == ["News"]


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><!-- x --><rss version="2.0"></rss>',
        b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
        b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
    ],
)
def test_a_page_that_is_a_feed_is_the_only_one(body: bytes) -> None:
    assert feeds_behind(body, PAGE) == (FoundFeed(url=PAGE),)


def test_a_page_that_links_to_the_json_feed_site_is_no_feed() -> None:
    assert found('<a href="https://jsonfeed.org/version/1">about</a>') == []


def test_a_page_of_ten_thousand_links_gives_a_bounded_answer() -> None:
    html = "".join(f"<a href=/{number}/rss>x</a>" for number in range(10_000))
    assert len(found(html)) == MOST


@pytest.mark.parametrize(
    "html", ["", "<", "\0", "<a href='http://[/rss'>", "<base href='http://['>"]
)
def test_garbage_has_no_feeds(html: str) -> None:
    assert found(html) == []
