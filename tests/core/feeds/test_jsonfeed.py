"""JSON Feed 1.0 and 1.1."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.core.feeds.parse import parse
from monitor.model import Feed


def read(*items: dict[str, Any], **top: Any) -> Feed:
    version = {"version": "https://jsonfeed.org/version/1.1"}
    body = json.dumps(version | top | {"items": items}).encode()
    return parse(body, url="https://news.test/feed.json")


def test_an_item_gives_every_field() -> None:
    (entry,) = read(
        {
            "id": "a",
            "url": "/a",
            "title": "One & <two>",
            "date_published": "2020-01-01T10:00:00+01:00",
            "date_modified": "2020-01-02T10:00:00Z",
            "authors": [{"name": "Ada"}, {"url": "https://x.test"}],
            "summary": "a < b",
            "content_html": "<p>Long</p>",
            "tags": ["trade", None],
            "attachments": [{"url": "/a.mp3"}],
            "language": "es",
        }
    ).entries
    assert (entry.key, entry.link, entry.title) == ("a", "https://news.test/a", "One & <two>")
    assert entry.published == datetime(2020, 1, 1, 9, tzinfo=UTC)
    assert entry.updated == datetime(2020, 1, 2, 10, tzinfo=UTC)
    assert (entry.authors, entry.categories) == (("Ada",), ("trade",))
    assert (entry.summary, entry.content) == ("a &lt; b", ("<p>Long</p>",))
    assert (entry.enclosures, entry.language) == (("https://news.test/a.mp3",), "es")


def test_the_fields_of_the_feed_are_parsed() -> None:
    feed = read(
        title="Ledger",
        home_page_url="/",
        feed_url="https://news.test/f",
        language="en",
        hubs=[{"type": "WebSub", "url": "https://hub.test/"}],
    )
    assert (feed.format, feed.title, feed.language) == ("json11", "Ledger", "en")
    assert (feed.link, feed.self_url) == ("https://news.test/", "https://news.test/f")
    assert feed.hubs == ("https://hub.test/",)


def test_version_one_and_its_single_author_are_parsed() -> None:
    feed = read({"id": "1", "author": {"name": "Ada"}}, version="https://jsonfeed.org/version/1")
    assert (feed.format, feed.entries[0].authors) == ("json10", ("Ada",))


def test_numeric_ids_are_accepted_without_conversion() -> None:
    body = b'{"items": [{"id": 7}, {"id": %s}]}' % (b"1" * 1_000_000)
    feed = parse(body, url="")
    assert [entry.id for entry in feed.entries] == ["7"]
    assert len(feed.skipped) == 1


@pytest.mark.parametrize(
    "item",
    [
        {"id": ["x"], "title": {"a": 1}, "authors": "Ada", "tags": {"a": 1}, "attachments": 3},
        {"id": "1", "url": "http://[", "authors": [None, "x"], "content_text": 5},
        {"id": "\ud800a\u0000", "title": "\ud800b"},
    ],
)
def test_wrong_types_and_broken_text_do_not_affect_other_items(item: dict[str, Any]) -> None:
    feed = read(item, {"id": "next"})
    assert feed.entries[-1].id == "next"
    repr(feed).encode()
