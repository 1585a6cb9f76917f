"""The lxml parser: its result equals feedparser's, and it declines whatever it cannot parse so."""

from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from core.feeds.written_feeds import NAMESPACES, feeds
from monitor.core.feeds import lxml_parser
from monitor.core.feeds.parse import parse
from monitor.errors import ParseError
from monitor.model import Feed


def rss(items: str, head: str = "", root: str = "") -> bytes:
    channel = f"<channel><title>Ledger</title>{head}{items}</channel>"
    return f'<rss version="2.0"{NAMESPACES}{root}>{channel}</rss>'.encode()


def read(body: bytes) -> Feed | str:
    try:
        return parse(body, url="https://news.test/feed")
    except ParseError as error:
        return str(error)


def read_by_feedparser(body: bytes) -> Feed | str:
    with patch.object(lxml_parser, "parse_document", lambda *_: "not asked"):
        return read(body)


def is_equal_by_both(body: bytes) -> bool:
    """Whether both parsers agree, but for `parser` and the entry cache, which only lxml fills."""
    ours, theirs = (
        replace(result, parser="", entry_cache=b"") if isinstance(result, Feed) else result
        for result in (read(body), read_by_feedparser(body))
    )
    return ours == theirs


@given(feeds())
@settings(max_examples=100, deadline=None)
def test_both_parsers_agree_on_any_feed(body: bytes) -> None:
    assert is_equal_by_both(body)


ITEM = (
    '<item><title>One &amp;amp; two</title><link>/a</link><guid isPermaLink="false">1</guid>'
    "<pubDate>Wed, 11 Sep 2019 07:45:00 -0700</pubDate><dc:creator>Ada</dc:creator>"
    "<category>trade</category><description>&lt;p&gt;Short&lt;/p&gt;</description>"
    "<content:encoded><![CDATA[<p>Long</p>]]></content:encoded>"
    '<enclosure url="/a.mp3" type="audio/mpeg" length="1"/>'
    '<media:content url="/i.png"><media:description>Seen</media:description></media:content>'
    "<own:note>x</own:note></item>"
)


def test_an_ordinary_rss_feed_is_parsed_by_lxml() -> None:
    feed = read(rss(ITEM, "<ttl>30</ttl><managingEditor>a@b.test (A)</managingEditor>"))
    assert isinstance(feed, Feed)
    assert feed.parser == "lxml"
    assert feed.entries[0].content == ("<p>Long</p>",)
    assert is_equal_by_both(rss(ITEM))


def test_an_ordinary_atom_feed_is_parsed_by_lxml() -> None:
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es_MX"><title>T</title>'
        b"<id>urn:1</id><entry><id>1</id><title type='html'>a &lt;b></title>"
        b"<link rel='alternate' href='/a'/><author><name>Ada</name><uri>/ada</uri></author>"
        b"<published>2020-01-01T00:00:00Z</published><content type='html'>x</content></entry>"
        b"</feed>"
    )
    feed = read(body.replace(b"&lt;b>", b"&lt;b&gt;"))
    assert isinstance(feed, Feed)
    assert (feed.parser, feed.language, feed.entries[0].authors) == ("lxml", "es-MX", ("Ada",))
    assert is_equal_by_both(body)


@pytest.mark.parametrize(
    "item",
    [
        "<title>a</title><title>b</title>",
        "<title>a<b>c</b></title>",
        "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a</div></title>",
        "<description>a</description><summary>b</summary>",
        "<pubDate>yesterday, at noon</pubDate>",
        "<link>http:////news.test/a</link>",
        "<link href='/a'>/b</link>",
        "<author><email>ada@news.test</email></author>",
        "<author>Ben</author><author><name>Ada</name></author>",
        "<content src='/a'/>",
        "<own:box><title>within</title></own:box>",
        "<dc:description>a</dc:description>",
        "<svg/>&nbsp;",
        "<own2:a/>",
        "<title xmlns:media='urn:not-media'>a</title>",
        "<date>2020-01-01</date>",
        "<own:x base='http://x.test/'/><link>/a</link>",
        "<pubDate xml:base='http://x.test/'>2020-01-01T00:00:00Z</pubDate><link>/a</link>",
        "<enclosure><title>a</title></enclosure>",
        "<source><media:description>x</media:description></source>",
        "<copyright><media:description>x</media:description></copyright>",
        "<rights><rights>u</rights></rights><title>1 &lt;b 2 > 3</title>",
        "<source><title><title>u</title></title></source><title>1 &lt;b 2 > 3</title>",
        "<itunes:summary xmlns:xlink='http://www.w3.org/1999/xlink'>x</itunes:summary>",
        "<pubDate>New Year</pubDate><dc:date>2020-01-01T00:00:00Z</dc:date>",
        "<contributors>x</contributors>",
        "<author_detail>x</author_detail>",
        "<ⁱ/><description><![CDATA[<br/>]]></description>",
        "<own:a ⁱ=''/>",
    ],
)
def test_unusual_markup_is_left_to_feedparser(item: str) -> None:
    feed = read(rss(f"<item><guid>https://news.test/1</guid>{item}</item>"))
    assert isinstance(feed, Feed)
    assert feed.parser == "feedparser"


THREADS = ' xmlns:thr="http://purl.org/dc/elements/1.1/" xmlns:x="http://purl.org/rss/1.0/modules/threading/"'


@pytest.mark.parametrize(
    "body",
    [
        rss(ITEM, root=' xmlns:thr="urn:x"'),
        rss(ITEM, root=' xmlns:r="http://purl.org/rss/1.0/"'),
        rss(ITEM, root=' xml:base="https://other.test/"'),
        rss("<item xml:base='https://other.test/'><link>a</link></item>"),
        b"\xef\xbb\xbf" + rss(ITEM),
        b' <?xml version="1.0"?>' + rss(ITEM),
        b'<?xml version="1.1"?>' + rss(ITEM),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + rss("<item><title>\xe9</title></item>"),
        b'<?xml version="1.0" encoding="utf-16"?>' + rss(ITEM),
        b"<!DOCTYPE rss [<!ENTITY a 'b'>]>" + rss("<item><title>&a;</title></item>"),
        rss("<item><title>a]]>b</title></item>"),
        rss("<item><title>a</title><!-- -- --></item>"),
        rss("<item><image><title>p</title></image><title>a</title></item>"),
        rss("<item><title>encoding='cp037' ?></title></item>"),
        b"<?xml version='1.0'?>" + rss("<item><title>encoding='cp037' ?></title></item>"),
        b"<?foo encoding='cp037'?>" + rss(ITEM),
        rss("<item><x:creator>Bob</x:creator></item>", root=THREADS),
    ],
)
def test_both_parsers_agree_on_odd_documents(body: bytes) -> None:
    assert is_equal_by_both(body)


@pytest.mark.parametrize(
    "item",
    [
        "<link>/a</link><guid>https://news.test/1</guid>",
        "<link></link><guid>https://news.test/1</guid>",
        "<guid>https://news.test/1</guid><link></link>",
        "<guid>4711</guid>",
        "<content:encoded>a</content:encoded><description>b</description>",
        "<content:encoded>a</content:encoded>",
        "<description></description><content:encoded>a</content:encoded>",
        "<category domain='d'></category><category label='l'/><category>c</category>",
        "<author>ada@news.test (Ada)</author><dc:creator></dc:creator>",
        "<media:group><media:description>a</media:description></media:group>"
        "<media:description>b</media:description>",
        "<title>Ã©tÃ© &amp;lt; \u0093x\u0094</title>",
    ],
)
def test_quirks_of_feedparser_are_reproduced(item: str) -> None:
    body = rss(f"<item>{item}</item>")
    feed = read(body)
    assert isinstance(feed, Feed)
    assert feed.parser == "lxml"
    assert is_equal_by_both(body)


def test_a_prefix_of_two_namespaces_is_left_to_feedparser() -> None:
    body = rss('<item><own:a>x</own:a><own:a xmlns:own="urn:other">y</own:a></item>')
    assert lxml_parser.parse_document(body, "application/xml") == "a prefix of two namespaces"


def test_a_feed_of_too_many_namespaces_is_left_to_feedparser() -> None:
    declared = "".join(f" xmlns:x{number}='urn:{number}'" for number in range(60))
    body = rss(f"<item><own:a{declared}/></item>")
    assert lxml_parser.parse_document(body, "application/xml") == "an unusual root"


def test_a_million_entities_are_not_expanded() -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE rss [<!ENTITY l0 "x">{lol}]>'.encode() + rss(ITEM)
    assert lxml_parser.parse_document(body, "application/xml") == "a document type"


def test_an_external_entity_opens_no_file() -> None:
    for wide in ("utf-16", "utf-16-le"):
        text = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + rss(ITEM).decode()
        assert isinstance(lxml_parser.parse_document(text.encode(wide), "application/xml"), str)
