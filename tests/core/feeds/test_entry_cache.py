"""The entry cache: parsing only changed entries has the same result as parsing all."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from core.feeds.written_feeds import histories
from monitor.core.feeds.entry_cache import split_feed
from monitor.core.feeds.parse import parse
from monitor.core.feeds.preprocess import entry_starts
from monitor.errors import ParseError
from monitor.model import Entry, Feed

URL = "https://news.test/feed"


def item(number: int, title: str = "", link: str = "") -> str:
    link = link or f"/{number}"
    return (
        f'<item><guid isPermaLink="false">{number}</guid><title>{title or number}</title>'
        f"<link>{link}</link><pubDate>{number:02} Sep 2019 07:45:00 GMT</pubDate></item>\n"
    )


def rss(*items: str, head: str = "<title>Ledger</title>", tail: str = "") -> bytes:
    return f'<rss version="2.0"><channel>{head}{"".join(items)}{tail}</channel></rss>'.encode()


def atom(*numbers: int) -> bytes:
    """An Atom feed; the content of entry 1 has an xml:base of its own."""
    base = "<content type='html' xml:base='http://x.test/'>x</content>"
    entries = "".join(
        f"<entry><id>{n}</id><link href='/{n}'/>{base if n == 1 else ''}</entry>" for n in numbers
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{entries}</feed>'.encode()


def read(body: bytes, cache: bytes = b"", url: str = URL) -> Feed:
    return parse(body, url=url, cache=cache)


def after(first: bytes, then: bytes) -> Feed:
    return read(then, read(first).entry_cache)


class StoredSource:
    """Digests that the store holds of one source's entries."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}

    def settle(self, feed: Feed) -> tuple[list[tuple[Entry, bool]], set[str], set[object]]:
        """Return the entries to write (with whether the link is theirs alone), keys and dates."""
        times = Counter(entry.link for entry in feed.entries)
        listed = {
            entry.key: (entry, times[entry.link] == 1 and entry.link not in feed.unchanged.links)
            if entry.link
            else (entry, False)
            for entry in feed.entries
        }
        written = [each for key, each in listed.items() if self.digests.get(key) != each[0].digest]
        self.digests |= {entry.key: entry.digest for entry, _ in written}
        dates = {entry.published for entry in feed.entries if entry.published}
        return written, {*listed, *feed.unchanged.keys}, dates | feed.unchanged.published


@given(histories())
@settings(max_examples=60, deadline=None)
def test_polls_with_and_without_the_cache_store_the_same(bodies: list[bytes]) -> None:
    cache, full, partial = b"", StoredSource(), StoredSource()
    for body in bodies:
        try:
            everything = read(body)
        except ParseError:
            return
        changed = read(body, cache)
        cache = changed.entry_cache
        assert partial.settle(changed) == full.settle(everything)
        rest: dict[str, Any] = {"entries": (), "unchanged": everything.unchanged, "parser": ""}
        assert replace(changed, **rest) == replace(everything, **rest)


def test_only_new_and_edited_entries_are_parsed() -> None:
    feed = after(rss(item(1), item(2), item(3)), rss(item(4), item(1), item(2, "edited")))
    assert [entry.id for entry in feed.entries] == ["4", "2"]
    assert feed.unchanged.keys == ("1",)
    assert [at.day for at in feed.unchanged.published] == [1]


def test_a_changed_text_in_the_head_keeps_the_cache_valid() -> None:
    stamp = "<title>Ledger {0}</title><!-- made at {0} --><lastBuildDate>{0}</lastBuildDate>"
    feed = after(
        rss(item(1), head=stamp.format("10 Sep 2019")),
        rss(item(1), head=stamp.format("11 Sep 2019")),
    )
    assert (feed.entries, feed.unchanged.keys) == ((), ("1",))
    assert feed.title == "Ledger 11 Sep 2019"
    assert feed.updated is not None
    assert feed.updated.day == 11


def test_an_entry_that_is_edited_back_is_parsed_again() -> None:
    first = read(rss(item(1), item(2)))
    edited = read(rss(item(1, "other"), item(2)), first.entry_cache)
    back = read(rss(item(1), item(2)), edited.entry_cache)
    assert [entry.title for entry in back.entries] == ["1"]


def test_links_that_new_entries_share_with_unchanged_ones_are_reported() -> None:
    feed = after(rss(item(1)), rss(item(1), item(2, link="/1"), item(3)))
    assert feed.unchanged.links == {"https://news.test/1"}


BOTH = "<item><guid>1</guid><summary>a</summary><description>b</description></item>"
TITLE = "<title>Another</title>"
HEAD = "<own><![CDATA[<!--]]></own><x a='{}'/><own><![CDATA[-->]]></own>"
JSON_FEED = '{{"version": "https://jsonfeed.org/version/1.1", "items": [{}]}}'


def test_items_of_json_feeds_are_cached_too() -> None:
    one, two = ('{"id": "1", "title": "t"}', '{"id": "2", "title": "t"}')
    feed = after(JSON_FEED.format(one).encode(), JSON_FEED.format(f"{two},{one}").encode())
    assert ([entry.id for entry in feed.entries], feed.unchanged.keys) == (["2"], ("1",))
    assert feed.parser == "json"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(rss(item(1)), rss(item(1), item(1, "b", "/b")), id="one guid for two links"),
        pytest.param(rss(item(1)), rss(item(1), item(1, "b")), id="one guid twice"),
        pytest.param(rss(item(1)), rss(item(1), "<item/>"), id="an entry without an end tag"),
        pytest.param(rss(item(1)), rss(item(1), "<item></item>"), id="an empty entry"),
        pytest.param(
            rss(item(1)),
            rss(item(1)).replace(b"2.0", b"0.91"),
            id="another version",
        ),
        pytest.param(rss(item(1)), rss(item(1), item(2)) + b"<", id="not well-formed"),
        pytest.param(
            rss(item(1)), rss(item(1), "<item><title>\xe9\xff</title></item>"[:14]), id="cut short"
        ),
        pytest.param(
            rss(item(1)), rss(item(1), f"<item>{item(2)}</item>"), id="an entry in an entry"
        ),
        pytest.param(
            rss(item(1)),
            rss(item(1), f"<!-- {item(2)} -->"),
            id="an entry in a comment",
        ),
        pytest.param(
            rss(item(1)),
            rss(item(1), item(2)).replace(b"<title>2", b"<title>\xff2"),
            id="a byte that is no UTF-8",
        ),
        pytest.param(rss(item(1), tail=TITLE), rss(item(1), tail=TITLE), id="a title at the end"),
        pytest.param(
            rss("<item><guid>1</guid><a:creator xmlns:a='urn:u'>x</a:creator></item>"),
            rss(
                "<item><guid>1</guid><a:creator xmlns:a='urn:u'>x</a:creator></item>",
                "<item><guid>2</guid><dc:creator xmlns:dc='urn:u'>Bob</dc:creator></item>",
            ),
            id="a namespace of one entry alone",
        ),
        pytest.param(
            rss(item(1)),
            rss(item(1), item(2, "<![CDATA[<rss:channel>]]>")),
            id="text that looks like a prefixed root",
        ),
        pytest.param(
            rss(item(1), head=HEAD.format("one")),
            rss(item(1), item(2), head=HEAD.format("two")),
            id="markup between false comments",
        ),
        pytest.param(
            rss("<item><guid>1</guid><rights><rights>u</rights></rights></item>", item(2)),
            rss("<item><guid>1</guid><rights><rights>u</rights></rights></item>", item(2), item(3)),
            id="an entry that only feedparser may parse",
        ),
        pytest.param(atom(1, 2), atom(1, 3, 2), id="an xml:base that affects later links"),
        pytest.param(
            rss(BOTH, head=f"{TITLE}<content>x</content>"),
            rss(item(2), BOTH, head=f"{TITLE}<content>x</content>"),
            id="a head that changes the first entry",
        ),
        pytest.param(
            rss("<item><guid>9</guid><rss xml:lang='fr'/></item>", item(1)),
            rss("<item><guid>9</guid><rss xml:lang='fr'/></item>", item(1), item(2)),
            id="an entry that sets the feed's language",
        ),
    ],
)
def test_uncertain_boundaries_or_dependencies_cause_a_full_parse(first: bytes, then: bytes) -> None:
    feed = after(first, then)
    assert feed.unchanged.keys == ()
    assert replace(feed, entry_cache=b"") == replace(read(then), entry_cache=b"")


def test_a_damaged_cache_and_that_of_another_feed_are_ignored() -> None:
    body = rss(item(1), item(2))
    cache = read(body).entry_cache
    assert read(body, cache).entries == ()
    assert len(read(body, cache, url="https://other.test/feed").entries) == 2
    for index in range(0, len(cache), 7):
        damaged = cache[:index] + bytes([cache[index] ^ 1]) + cache[index + 1 :]
        assert len(read(body, damaged).entries) == 2
    assert len(read(body, cache[:-1]).entries) == 2


def test_an_entry_takes_few_bytes_in_the_cache() -> None:
    feed = read(rss(*(item(number) for number in range(1, 21))))
    assert len(feed.entry_cache) < 20 * 40


def test_a_split_feed_joins_to_the_original() -> None:
    body = rss(item(1), item(2), tail="<!-- cached -->")
    pieces = split_feed(body, [body.index(b"<item"), body.rindex(b"<item")])
    assert pieces is not None
    assert pieces.with_entries([0, 1]).replace(b"\n", b"") == body.replace(b"\n", b"")
    assert pieces.with_entries([]) == rss(tail="\n<!-- cached -->")


@pytest.mark.parametrize(
    "entries",
    [
        f"<item>{item(1)}</item>",
        f"{item(1)}<!-- {item(2)} -->",
        "<item><title><![CDATA[<item>]]></title></item>",
        "<item/><item></item>",
        "<item><title>\udce9</title></item>",
        "<item></item></channel><channel><item></item>",
    ],
)
def test_a_feed_with_uncertain_entry_boundaries_is_not_split(entries: str) -> None:
    body = f"<rss><channel>{entries}</channel></rss>".encode("utf-8", "surrogateescape")
    assert split_feed(body, entry_starts(body)) is None


def test_a_feed_of_many_unclosed_comments_is_split_in_a_moment() -> None:
    body = b"<rss><channel>" + b"-->" * 300_000 + b"<!--" * 300_000 + rss(item(1))
    pieces = split_feed(body, [body.index(b"<item")])
    assert pieces is not None
    assert pieces.context()
