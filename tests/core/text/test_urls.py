import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.text.urls import (
    MAX_URL_LENGTH,
    normalize_url,
    redact_url,
    resolve_link,
    site_of,
    url_key,
)

PAGE = "https://www.example.org/2019/09/story"

garbage = st.one_of(
    st.text(max_size=80),
    st.text(alphabet=st.sampled_from("htps:/.@?#&=%[]\\;amp1aé \t\ud800"), max_size=60).map(
        "http://".__add__
    ),
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Example.ORG", "https://example.org/"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("http://example.org:443/a", "http://example.org:443/a"),
        ("https://example.org./a/./b/../c#top", "https://example.org/a/c"),
        ("https://example.org/../../a/..", "https://example.org/"),
        ("https://me:secret@example.org/a", "https://example.org/a"),
        (f"{PAGE}?utm_source=rss&b=2&UTM_Medium=x&a=1&fbclid=9", f"{PAGE}?b=2&a=1"),
        (f"{PAGE}?ref=rss&at_medium=RSS&at_campaign=KARANGA", PAGE),
        (f"{PAGE}?ref=chapter-2", f"{PAGE}?ref=chapter-2"),
        ("https://example.org/a%7eb%c3%b1?q=100%", "https://example.org/a~b%C3%B1?q=100%25"),
        ("https://example.org/niño pequeño", "https://example.org/ni%C3%B1o%20peque%C3%B1o"),
        (" https://example.org/a\n\tb\x00 ", "https://example.org/ab"),
        ("https://[2001:DB8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
    ],
)
def test_a_normalized_url_has_one_spelling(url: str, expected: str) -> None:
    assert normalize_url(url) == expected


@pytest.mark.parametrize(
    "variant",
    [
        "http://example.org/2019/09/story",
        "https://example.org:443/2019/09/story/",
        "https://m.example.org/2019/09/story",
        "https://amp.example.org/2019/09/story",
        "https://mobile.example.org/2019/09/story?m=1",
        f"{PAGE}/amp",
        f"{PAGE}/amp/",
        f"{PAGE}?amp",
        f"{PAGE}?amp=1",
        f"{PAGE}?outputType=amp",
        f"{PAGE}.amp.html",
        f"{PAGE}/amp.html",
        "https://www.example.org/amp/2019/09/story",
        "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/2019/09/story/amp/",
        "https://www.google.com/amp/s/www.example.org/2019/09/story?usqp=mq331AQ",
        f"{PAGE}/index.html",
        f"{PAGE};jsessionid=0A1B2C",
        f"{PAGE}?PHPSESSID=0123456789abcdef",
        f"{PAGE}?utm_source=x&utm_campaign=y#comments",
    ],
)
def test_variants_of_one_page_have_one_key(variant: str) -> None:
    assert url_key(variant) == url_key(PAGE) == "example.org/2019/09/story"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/s?b=2&a=1", "https://example.org/s?a=1&b=2"),
        ("https://example.org/s?q=a+b", "https://example.org/s?q=a%20b"),
        ("https://example.org/%c3%b1", "https://example.org/ñ"),
        ("https://españa.example.es/a", "https://xn--espaa-rta.example.es/a"),
        ("https://en.m.wikipedia.org/wiki/Tariff", "https://en.wikipedia.org/wiki/Tariff"),
    ],
)
def test_spellings_of_one_page_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/s?id=1", "https://example.org/s?id=2"),
        ("https://example.org/Story", "https://example.org/story"),
        ("https://news.example.org/s", "https://sport.example.org/s"),
        ("https://example.org/s", "https://example.org:8443/s"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/s?sid=12345", "https://example.org/s?sid=12346"),
        ("https://m.com/s", "https://amp.com/s"),
    ],
)
def test_different_pages_keep_different_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("https://rss.elpais.com:8443/", "elpais.com"),
        ("https://someone.github.io/feed", "someone.github.io"),
        ("http://127.0.0.1:8000/feed", "127.0.0.1:8000"),
        ("http://localhost/feed", "localhost:80"),
        ("https://[::1]/feed", "[::1]:443"),
        ("not an address", ""),
        ("ftp://example.org/", ""),
    ],
)
def test_a_site_is_the_registrable_domain_or_else_host_and_port(url: str, site: str) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://me:secret@example.org/a?token=abc&b=#x", "https://example.org/a?token=…&b"),
        ("http://me:sec@ret@example.org/", "http://example.org/"),
        ("me:secret@example.org/a", "me:example.org/a"),
        ("https://example.org/@someone/post", "https://example.org/@someone/post"),
        ("http://me:secret@[::1", "http://[::1"),
        ("https://example.org/\x1b[31m", "https://example.org/[31m"),
    ],
)
def test_a_redacted_url_contains_no_secret(url: str, redacted: str) -> None:
    assert redact_url(url) == redacted


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/b", "https://example.org/b"),
        ("  b\n c ", "https://example.org/a/b%20c"),
        ("?p=1#x", "https://example.org/a/page?p=1"),
        ("//other.example/x", "https://other.example/x"),
        ("HTTP://Other.example", "HTTP://Other.example"),
        ("ht\ntps://other.example/", "https://other.example/"),
        ("mailto:news@example.org", None),
        ("javascript:alert(1)", None),
        ("http://private\\@public.example/", None),
        ("http://example.org:99999/", None),
        ("http://[::1/", None),
        ("http:///path", None),
        ("", None),
        ("/" + "a" * MAX_URL_LENGTH, None),
    ],
)
def test_a_link_resolves_to_an_http_url_or_none(link: str, expected: str | None) -> None:
    assert resolve_link("https://example.org/a/page", link) == expected


@given(garbage)
@example("http://a/%%361")
def test_normalizing_garbage_is_idempotent_and_never_raises(url: str) -> None:
    once = normalize_url(url)
    assert normalize_url(once) == once
    assert url_key(once) == url_key(url)
    assert site_of(once) == site_of(url)
    assert isinstance(redact_url(url), str)


@given(garbage, garbage)
def test_a_garbage_link_resolves_to_an_http_url_or_none(base: str, link: str) -> None:
    found = resolve_link(base, link)
    assert found is None or (site_of(found) and len(found.split()) == 1)


def test_an_overlong_url_is_cut() -> None:
    overlong = "https://example.org/" + "/.." * 3_000_000
    assert len(url_key(overlong)) <= 2 * MAX_URL_LENGTH
    assert len(redact_url(overlong)) <= 2 * MAX_URL_LENGTH
