"""Parsing of feeds: corrections of feedparser, hostile feeds, and limits."""

import pickle
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.core.feeds.parse import parse
from monitor.errors import ParseError
from monitor.model import Entry, Feed

NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def rss(items: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {NAMESPACES}><channel>'
        f"<title>Ledger</title>{head}{items}</channel></rss>"
    ).encode()


def atom(entries: str, head: str = "") -> bytes:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Ledger</title>{head}{entries}</feed>'
    ).encode()


def read(body: bytes, url: str = "https://news.test/feed") -> Feed:
    return parse(body, url=url)


def only(body: bytes, url: str = "https://news.test/feed") -> Entry:
    (entry,) = read(body, url).entries
    return entry


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ── what a feed says ─────────────────────────────────────────────────────────────────────


def test_an_rss_item_gives_every_field() -> None:
    entry = only(
        rss(
            '<item><guid isPermaLink="false">a-1</guid><link>/one</link><title>One</title>'
            "<pubDate>Wed, 11 Sep 2019 07:45:00 -0700</pubDate><dc:creator>Ada</dc:creator>"
            "<description>&lt;p&gt;Short&lt;/p&gt;</description>"
            "<content:encoded><![CDATA[<p>Long</p>]]></content:encoded>"
            "<category>trade</category><category>ports</category>"
            '<enclosure url="/a.mp3" type="audio/mpeg" length="1"/></item>'
        )
    )
    assert entry.id == entry.key == "a-1"
    assert entry.link == "https://news.test/one"
    assert entry.title == "One"
    assert entry.published == at("2019-09-11T14:45:00")
    assert entry.updated is None
    assert entry.authors == ("Ada",)
    assert entry.summary == "<p>Short</p>"
    assert entry.content == ("<p>Long</p>",)
    assert entry.categories == ("trade", "ports")
    assert entry.enclosures == ("https://news.test/a.mp3",)


def test_the_fields_of_the_feed_are_parsed() -> None:
    feed = read(
        rss(
            "<item><guid>1</guid></item>",
            "<link>https://news.test/</link><language>es-MX</language><ttl>30</ttl>"
            "<lastBuildDate>Wed, 11 Sep 2019 14:45:00 GMT</lastBuildDate>"
            '<atom:link rel="self" href="/feed"/><atom:link rel="hub" href="https://hub.test/"/>',
        )
    )
    assert (feed.format, feed.title, feed.link) == ("rss20", "Ledger", "https://news.test/")
    assert (feed.language, feed.ttl, feed.updated) == ("es-MX", 30, at("2019-09-11T14:45:00"))
    assert (feed.self_url, feed.hubs) == ("https://news.test/feed", ("https://hub.test/",))


def test_updated_is_none_unless_the_feed_states_it() -> None:
    published = "<published>2020-01-01T00:00:00Z</published>"
    assert only(atom(f"<entry><id>1</id>{published}</entry>")).updated is None
    both = only(
        atom(f"<entry><id>1</id>{published}<updated>2020-01-02T00:00:00Z</updated></entry>")
    )
    assert (both.published, both.updated) == (at("2020-01-01"), at("2020-01-02"))


def test_the_only_date_of_rss_one_is_the_publication() -> None:
    entry = only(rss("<item><guid>1</guid><dc:date>2020-01-01T10:00:00Z</dc:date></item>"))
    assert entry.published == at("2020-01-01T10:00:00")


def test_related_stories_do_not_replace_the_link_of_an_item() -> None:
    entry = only(
        rss(
            "<item><link>https://news.test/story</link>"
            '<atom:link href="https://news.test/related"/></item>'
        )
    )
    assert entry.link == "https://news.test/story"


def test_a_guid_that_is_no_url_is_no_link() -> None:
    assert only(rss("<item><guid>4711</guid><title>A</title></item>")).link is None
    linked = only(rss("<item><guid>https://news.test/a</guid></item>"))
    assert linked.link == "https://news.test/a"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "http://[::1"])
def test_a_link_that_is_not_http_is_dropped(link: str) -> None:
    entry = only(rss(f"<item><guid isPermaLink='false'>1</guid><link>{link}</link></item>"))
    assert (entry.id, entry.link) == ("1", None)


def test_an_id_does_not_depend_on_where_the_feed_was_fetched() -> None:
    body = rss("<item><guid>/a</guid><link>/a</link></item>")
    assert only(body, "http://old.test/f").id == only(body, "https://new.test/f").id == "/a"


def test_without_a_feed_url_relative_links_stay_relative() -> None:
    assert only(rss("<item><link>/a</link></item>"), url="").link == "/a"


def test_the_description_of_a_picture_is_not_the_summary() -> None:
    entry = only(
        rss(
            "<item><guid>1</guid><media:content><media:title>Pic</media:title>"
            "<media:description>A harbour</media:description></media:content>"
            "<title>Story</title><description>The story</description></item>"
        )
    )
    assert (entry.title, entry.summary, entry.content) == ("Story", "The story", ())


def test_a_podcast_summary_is_used_if_there_is_no_other() -> None:
    entry = only(rss("<item><guid>1</guid><itunes:summary>Talk</itunes:summary></item>"))
    assert entry.summary == "Talk"


def test_elements_with_an_rss_prefix_are_parsed() -> None:
    body = (
        '<rss:rss xmlns:rss="http://purl.org/net/rss1.1#" version="2.0"><rss:channel>'
        "<rss:item><rss:title>One</rss:title><rss:link>https://news.test/1</rss:link></rss:item>"
        "</rss:channel></rss:rss>"
    )
    assert only(body.encode()).title == "One"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Fish &amp;amp; Chips", "Fish & Chips"),
        ("&lt;b&gt;Bold&lt;/b&gt; move", "Bold move"),
        ("5 &lt; 6", "5 < 6"),
        ("<![CDATA[Two\nlines  here]]>", "Two lines here"),
    ],
)
def test_an_rss_title_becomes_plain_text(title: str, text: str) -> None:
    assert only(rss(f"<item><guid>1</guid><title>{title}</title></item>")).title == text


def test_an_atom_text_title_is_taken_literally() -> None:
    entry = only(atom("<entry><id>1</id><title>Use &amp;amp; and &lt;b&gt;</title></entry>"))
    assert entry.title == "Use &amp; and <b>"


# ── identity and digest ──────────────────────────────────────────────────────────────────


def test_the_key_of_an_entry_is_its_guid_else_its_link_else_a_hash() -> None:
    assert only(rss("<item><guid>g</guid><link>https://a.test/</link></item>")).key == "g"
    assert only(rss("<item><link>https://a.test/</link></item>")).key == "https://a.test/"
    first = only(rss("<item><title>A</title></item>")).key
    assert first == only(rss("<item><title> A </title></item>")).key
    assert first != only(rss("<item><title>B</title></item>")).key


def test_two_articles_that_share_a_guid_have_different_keys() -> None:
    items = "".join(
        f"<item><guid isPermaLink='false'>same</guid><link>https://a.test/{n}</link></item>"
        for n in (1, 2)
    )
    one, two = read(rss(items)).entries
    assert one.id == two.id == "same"
    assert one.key != two.key


def test_an_article_listed_twice_has_one_key() -> None:
    item = "<item><guid isPermaLink='false'>g</guid><link>https://a.test/</link></item>"
    assert {entry.key for entry in read(rss(item * 2)).entries} == {"g"}


@pytest.mark.parametrize(
    "same",
    [
        "<description>&lt;p&gt;One\n  two&lt;/p&gt; 17 comments</description>",
        "<description>&lt;p class='x'&gt;One two&lt;/p&gt; 18 comments</description>",
        "<description>One two 19 comments</description><category>new</category>",
    ],
)
def test_markup_white_space_and_counters_do_not_change_the_digest(same: str) -> None:
    plain = only(rss("<item><guid>1</guid><description>One two 3 comments</description></item>"))
    assert only(rss(f"<item><guid>1</guid>{same}</item>")).digest == plain.digest


@pytest.mark.parametrize(
    "other",
    [
        "<title>New</title><description>One</description>",
        "<description>Two</description>",
        "<description>One</description><link>https://a.test/2</link>",
        "<description>One</description><pubDate>2020-01-01T00:00:00Z</pubDate>",
    ],
)
def test_a_visible_change_changes_the_digest(other: str) -> None:
    before = only(rss("<item><guid>1</guid><description>One</description></item>"))
    assert only(rss(f"<item><guid>1</guid>{other}</item>")).digest != before.digest


def test_parsing_is_deterministic_and_the_result_can_be_pickled() -> None:
    body = rss("<item><guid>1</guid><title>A</title></item>")
    assert read(body) == read(body) == pickle.loads(pickle.dumps(read(body)))


# ── dates without a zone ─────────────────────────────────────────────────────────────────


def test_a_date_without_a_zone_is_in_the_zone_of_its_source() -> None:
    body = rss("<item><guid>1</guid><pubDate>2019-09-11 07:45</pubDate></item>")
    (entry,) = parse(body, url="", zone=ZoneInfo("America/Phoenix")).entries
    assert entry.published == at("2019-09-11T14:45:00")


# ── charsets ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("declared", "encoding", "served_as"),
    [
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "utf-8", None),
        ("iso-8859-1", "iso-8859-1", None),
        ("windows-1251", "utf-8", "application/xml"),
        ("utf-16", "utf-16", None),
        ("utf-16", "utf-8", None),
    ],
)
def test_valid_utf8_overrides_the_declared_charset(
    declared: str, encoding: str, served_as: str | None
) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><rss version="2.0"><channel>'
    text += "<item><guid>1</guid><title>México — año</title></item></channel></rss>"
    if encoding == "iso-8859-1":
        text = text.replace("—", "-")
    (entry,) = parse(text.encode(encoding), url="", content_type=served_as).entries
    assert entry.title is not None
    assert entry.title.startswith("México")
    assert entry.title.endswith("año")


def test_one_bad_byte_does_not_turn_a_feed_into_another_charset() -> None:
    body = rss("<item><guid>1</guid><title>Año México ñandú #</title></item>")
    assert only(body.replace(b"#", b"\xe9")).title == "Año México ñandú \ufffd"


# ── hostile and broken feeds ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty body"),
        (b"\xef\xbb\xbf \n", "empty body"),
        (b"<!DOCTYPE html><title>Sign in</title>", "an HTML page"),
        (b"<!-- x -->\n<html lang=en><body><item>", "an HTML page"),
        (b"PK\x03\x04rest", "a zip archive"),
        (b"\x89PNG\r\n", "an image"),
        (b"just words", "no RSS"),
        (b"<urlset><url/></urlset>", "no RSS"),
        (b'{"a": 1}', "no JSON Feed"),
        (b'{"items": [', "broken JSON"),
        (b"[" * 100_000, "too deep"),
    ],
)
def test_a_body_that_is_no_feed_is_rejected_with_its_kind(body: bytes, why: str) -> None:
    with pytest.raises(ParseError, match=why):
        read(body)


def test_controls_and_invalid_characters_do_not_fail_the_feed() -> None:
    entries = read(
        rss(
            "<item><guid>1</guid><title>a\0\x1b[31mb&#0;&#x1b;&#xd800;&#99999999;c</title></item>"
            "<item><guid>2</guid><title>next</title></item>"
        )
    ).entries
    assert [entry.title for entry in entries] == ["a[31mbc", "next"]


def test_no_entity_is_expanded_and_no_file_read() -> None:
    head = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY a "aaaaaaaaaa">'
    head += "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)) + "]>"
    body = head + "<rss version='2.0'><channel><item><guid>1</guid><title>x&x;</title>"
    body += "<description>&a9;</description></item></channel></rss>"
    entry = only(body.encode())
    assert "root:" not in f"{entry}"
    assert len(f"{entry}") < 1000


def test_giant_fields_are_cut_and_the_next_entry_stays() -> None:
    big = "x" * 1_100_000
    entries = read(
        rss(
            f"<item><guid>1</guid><title>{big}</title><description>{big}</description></item>"
            f"<item><guid isPermaLink='false'>2</guid><link>https://a.test/{big}</link></item>"
            f"<item><guid>{big}</guid></item><item><guid>4</guid></item>"
        )
    )
    assert [entry.id for entry in entries.entries] == ["1", "2", "4"]
    assert len(entries.entries[0].title or "") == 2_000
    assert len(entries.entries[0].summary or "") == 1_000_000
    assert entries.entries[1].link is None
    assert entries.skipped == ("an entry whose id or link is longer than 4096 characters",)


def test_a_huge_feed_is_limited_to_ten_thousand_entries_with_a_message() -> None:
    items = ",".join(f'{{"id": {n}}}' for n in range(10_003))
    feed = read(f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{items}]}}'.encode())
    assert [len(feed.entries), feed.entries[-1].id] == [10_000, "9999"]
    assert feed.skipped == ("3 entries beyond the newest 10,000",)


@pytest.mark.parametrize(
    "hostile",
    [
        "<a>" * 300_000,
        "<item " + " ".join(f'a{n}="1"' for n in range(20_000)) + "/>",
        "<item " + " ".join(f'xmlns:a{n}="urn:{n}"' for n in range(20_000)) + "/>",
    ],
)
def test_floods_that_would_exhaust_the_parser_are_rejected(hostile: str) -> None:
    with pytest.raises(ParseError, match="not a feed: "):
        read(rss(hostile))


def test_a_very_long_author_is_parsed_quickly() -> None:
    body = rss(f"<item><guid>1</guid><author>{'a.' * 100_000}</author></item>")
    assert len(only(body).authors[0]) <= 300


def test_markup_on_which_feedparser_fails_is_a_clear_error() -> None:
    with pytest.raises(ParseError, match="too broken"):
        read(b"<?xml version='1.0' encoding='\xe9'?><rss version='2.0'><channel/></rss>")


def test_empty_items_of_wrong_nesting_are_dropped() -> None:
    assert [e.id for e in read(rss("<item><item><guid>1</guid></item></item>")).entries] == ["1"]


@pytest.mark.parametrize("name", ["date", "links", "authors", "enclosures"])
def test_an_unknown_element_does_not_replace_a_feedparser_field(name: str) -> None:
    entry = only(rss(f'<item><guid>https://news.test/1</guid><{name} id="1">x</{name}></item>'))
    assert (entry.link, entry.updated, entry.authors) == ("https://news.test/1", None, ())


def test_a_head_with_attributes_on_text_elements_is_parsed() -> None:
    feed = read(rss("<item><guid>1</guid></item>", '<ttl unit="min">30</ttl><date id="1"/>'))
    assert (feed.ttl, feed.updated) == (None, None)
