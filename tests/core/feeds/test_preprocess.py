"""Preparing the bytes of a feed for the parser."""

import pytest

from monitor.core.feeds.preprocess import entry_starts, limit_entries, repair


def feed(*years: int) -> bytes:
    items = "".join(f"<item><pubDate>1 Jan {year}</pubDate></item>" for year in years)
    return f"<rss><channel>{items}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("years", "newest"),
    [
        ((2024, 2023, 2022, 2021), (2024, 2023)),
        ((2021, 2022, 2023, 2024), (2023, 2024)),
        ((2024, 2023), (2024, 2023)),
    ],
)
def test_the_newest_entries_stay_in_either_order_of_the_feed(
    years: tuple[int, ...], newest: tuple[int, ...]
) -> None:
    assert limit_entries(feed(*years), entry_starts(feed(*years)), 2)[0] == feed(*newest)


def test_the_number_of_dropped_entries_is_reported() -> None:
    assert limit_entries(feed(4, 3, 2, 1), entry_starts(feed(4, 3, 2, 1)), 3)[1] == [
        "1 entries beyond the newest 3"
    ]
    assert limit_entries(feed(4, 3), entry_starts(feed(4, 3)), 3)[1] == []


def test_of_undated_entries_the_first_stay() -> None:
    body = b"<feed><entry><id>1</id></entry><entry><id>2</id></entry></feed>"
    assert (
        limit_entries(body, entry_starts(body), 1)[0] == b"<feed><entry><id>1</id></entry></feed>"
    )


def test_an_ordinary_feed_is_unchanged() -> None:
    body = (
        "<rss><channel><item><title>Año &amp; más &#233; &#128512;</title></item></channel></rss>"
    )
    assert repair(body.encode()) == body.encode()


@pytest.mark.parametrize(
    "reference", ["&#0;", "&#x1b;", "&#xD800;", "&#55296;", "&#xFFFE;", "&#x110000;", "&#99999999;"]
)
def test_invalid_character_references_are_removed(reference: str) -> None:
    assert repair(f"<a>x{reference}y</a>".encode()) == b"<a>xy</a>"


@pytest.mark.parametrize("reference", ["&#9;", "&#x20;", "&#12345;", "&#x1F600;", "&#128;"])
def test_valid_character_references_stay(reference: str) -> None:
    body = f"<a>{reference}</a>".encode()
    assert repair(body) == body
