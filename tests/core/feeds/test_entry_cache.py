"""Entry reuse: a poll that reads only what changed ends as one that reads everything."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from core.feeds.written_feeds import histories
from monitor.core.feeds import entry_cache as feed_reuse
from monitor.core.feeds.parse import parse
from monitor.core.feeds.preprocess import starts_of
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
    """The first entry's content has a base of its own."""
    base = "<content type='html' xml:base='http://x.test/'>x</content>"
    entries = "".join(
        f"<entry><id>{n}</id><link href='/{n}'/>{base if n == 1 else ''}</entry>" for n in numbers
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{entries}</feed>'.encode()


def read(body: bytes, known: bytes = b"", url: str = URL) -> Feed:
    return parse(body, url=url, known=known)


def after(first: bytes, then: bytes) -> Feed:
    return read(then, read(first).known)


class Memory:
    """What a store holds of one source, and what a poll would have it write."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}

    def settle(self, feed: Feed) -> tuple[list[tuple[Entry, bool]], set[str], set[object]]:
        """What is written, with whether its link is its own; what is listed; stamps."""
        times = Counter(entry.link for entry in feed.entries)
        told = {
            entry.key: (entry, times[entry.link] == 1 and entry.link not in feed.kept.links)
            if entry.link
            else (entry, False)
            for entry in feed.entries
        }
        written = [one for key, one in told.items() if self.digests.get(key) != one[0].digest]
        self.digests |= {entry.key: entry.digest for entry, _ in written}
        stamps = {entry.published for entry in feed.entries if entry.published}
        return written, {*told, *feed.kept.keys}, stamps | feed.kept.stamps


@given(histories())
@settings(max_examples=60, deadline=None)
def test_a_poll_that_reuses_ends_as_one_that_does_not(bodies: list[bytes]) -> None:
    known, whole, reused = b"", Memory(), Memory()
    for body in bodies:
        try:
            everything = read(body)
        except ParseError:
            return
        some = read(body, known)
        known = some.known
        assert reused.settle(some) == whole.settle(everything)
        rest: dict[str, Any] = {"entries": (), "kept": everything.kept, "lane": ""}
        assert replace(some, **rest) == replace(everything, **rest)


def test_only_what_is_new_or_edited_is_read() -> None:
    feed = after(rss(item(1), item(2), item(3)), rss(item(4), item(1), item(2, "edited")))
    assert [entry.id for entry in feed.entries] == ["4", "2"]
    assert feed.kept.keys == ("1",)
    assert [at.day for at in feed.kept.stamps] == [1]


def test_a_head_whose_words_moved_is_no_reason_to_read_all() -> None:
    stamp = "<title>Ledger {0}</title><!-- made at {0} --><lastBuildDate>{0}</lastBuildDate>"
    feed = after(
        rss(item(1), head=stamp.format("10 Sep 2019")),
        rss(item(1), head=stamp.format("11 Sep 2019")),
    )
    assert (feed.entries, feed.kept.keys) == ((), ("1",))
    assert feed.title == "Ledger 11 Sep 2019"
    assert feed.updated is not None
    assert feed.updated.day == 11


def test_what_was_edited_back_is_told_again() -> None:
    first = read(rss(item(1), item(2)))
    edited = read(rss(item(1, "other"), item(2)), first.known)
    back = read(rss(item(1), item(2)), edited.known)
    assert [entry.title for entry in back.entries] == ["1"]


def test_the_links_that_new_entries_share_with_kept_ones_are_told() -> None:
    feed = after(rss(item(1)), rss(item(1), item(2, link="/1"), item(3)))
    assert feed.kept.links == {"https://news.test/1"}


BOTH = "<item><guid>1</guid><summary>a</summary><description>b</description></item>"
TITLE = "<title>Another</title>"
HEAD = "<own><![CDATA[<!--]]></own><x a='{}'/><own><![CDATA[-->]]></own>"
JSON_FEED = '{{"version": "https://jsonfeed.org/version/1.1", "items": [{}]}}'


def test_items_of_json_feeds_are_reused_too() -> None:
    one, two = ('{"id": "1", "title": "t"}', '{"id": "2", "title": "t"}')
    feed = after(JSON_FEED.format(one).encode(), JSON_FEED.format(f"{two},{one}").encode())
    assert ([entry.id for entry in feed.entries], feed.kept.keys) == (["2"], ("1",))
    assert feed.lane == "json"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(rss(item(1)), rss(item(1), item(1, "b", "/b")), id="one guid for two links"),
        pytest.param(rss(item(1)), rss(item(1), item(1, "b")), id="one guid twice"),
        pytest.param(rss(item(1)), rss(item(1), "<item/>"), id="an entry without an end tag"),
        pytest.param(rss(item(1)), rss(item(1), "<item></item>"), id="an entry that says nothing"),
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
            id="what looks like a prefixed root",
        ),
        pytest.param(
            rss(item(1), head=HEAD.format("one")),
            rss(item(1), item(2), head=HEAD.format("two")),
            id="what stands between comments that are none",
        ),
        pytest.param(
            rss("<item><guid>1</guid><rights><rights>u</rights></rights></item>", item(2)),
            rss("<item><guid>1</guid><rights><rights>u</rights></rights></item>", item(2), item(3)),
            id="an entry that only feedparser may read",
        ),
        pytest.param(atom(1, 2), atom(1, 3, 2), id="an address that others are read by"),
        pytest.param(
            rss(BOTH, head=f"{TITLE}<content>x</content>"),
            rss(item(2), BOTH, head=f"{TITLE}<content>x</content>"),
            id="a head that the first entry is read by",
        ),
        pytest.param(
            rss("<item><guid>9</guid><rss xml:lang='fr'/></item>", item(1)),
            rss("<item><guid>9</guid><rss xml:lang='fr'/></item>", item(1), item(2)),
            id="an entry that says the feed's language",
        ),
    ],
)
def test_any_doubt_has_everything_read(first: bytes, then: bytes) -> None:
    feed = after(first, then)
    assert feed.kept.keys == ()
    assert replace(feed, known=b"") == replace(read(then), known=b"")


def test_what_is_known_of_another_feed_or_damaged_is_not_believed() -> None:
    body = rss(item(1), item(2))
    known = read(body).known
    assert read(body, known).entries == ()
    assert len(read(body, known, url="https://other.test/feed").entries) == 2
    for at in range(0, len(known), 7):
        damaged = known[:at] + bytes([known[at] ^ 1]) + known[at + 1 :]
        assert len(read(body, damaged).entries) == 2
    assert len(read(body, known[:-1]).entries) == 2


def test_an_entry_costs_a_few_bytes_to_remember() -> None:
    feed = read(rss(*(item(number) for number in range(1, 21))))
    assert len(feed.known) < 20 * 40


def test_a_cut_feed_is_whole_again() -> None:
    body = rss(item(1), item(2), tail="<!-- cached -->")
    pieces = feed_reuse.cut(body, [body.index(b"<item"), body.rindex(b"<item")])
    assert pieces is not None
    assert pieces.only([0, 1]).replace(b"\n", b"") == body.replace(b"\n", b"")
    assert pieces.only([]) == rss(tail="\n<!-- cached -->")


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
def test_what_may_not_be_an_entry_is_not_cut(entries: str) -> None:
    body = f"<rss><channel>{entries}</channel></rss>".encode("utf-8", "surrogateescape")
    assert feed_reuse.cut(body, starts_of(body)) is None


def test_a_thousand_open_comments_are_cut_in_a_moment() -> None:
    body = b"<rss><channel>" + b"-->" * 300_000 + b"<!--" * 300_000 + rss(item(1))
    pieces = feed_reuse.cut(body, [body.index(b"<item")])
    assert pieces is not None
    assert pieces.context()
