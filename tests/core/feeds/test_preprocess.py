"""The bytes of a feed before they are parsed."""

import pytest

from monitor.core.feeds.preprocess import mended, starts_of, within_bounds


def feed(*years: int) -> bytes:
    items = "".join(f"<item><pubDate>1 Jan {year}</pubDate></item>" for year in years)
    return f"<rss><channel>{items}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("years", "kept"),
    [
        ((2024, 2023, 2022, 2021), (2024, 2023)),
        ((2021, 2022, 2023, 2024), (2023, 2024)),
        ((2024, 2023), (2024, 2023)),
    ],
)
def test_the_newest_entries_are_kept_whichever_way_a_feed_runs(
    years: tuple[int, ...], kept: tuple[int, ...]
) -> None:
    assert within_bounds(feed(*years), starts_of(feed(*years)), 2)[0] == feed(*kept)


def test_what_was_left_out_is_said() -> None:
    assert within_bounds(feed(4, 3, 2, 1), starts_of(feed(4, 3, 2, 1)), 3)[1] == [
        "1 entries beyond the newest 3"
    ]
    assert within_bounds(feed(4, 3), starts_of(feed(4, 3)), 3)[1] == []


def test_entries_without_stamps_are_taken_from_the_start() -> None:
    body = b"<feed><entry><id>1</id></entry><entry><id>2</id></entry></feed>"
    assert within_bounds(body, starts_of(body), 1)[0] == b"<feed><entry><id>1</id></entry></feed>"


def test_an_ordinary_feed_is_not_touched() -> None:
    body = (
        "<rss><channel><item><title>Año &amp; más &#233; &#128512;</title></item></channel></rss>"
    )
    assert mended(body.encode()) == body.encode()


@pytest.mark.parametrize(
    "reference", ["&#0;", "&#x1b;", "&#xD800;", "&#55296;", "&#xFFFE;", "&#x110000;", "&#99999999;"]
)
def test_references_to_no_character_are_removed(reference: str) -> None:
    assert mended(f"<a>x{reference}y</a>".encode()) == b"<a>xy</a>"


@pytest.mark.parametrize("reference", ["&#9;", "&#x20;", "&#12345;", "&#x1F600;", "&#128;"])
def test_references_to_characters_stay(reference: str) -> None:
    body = f"<a>{reference}</a>".encode()
    assert mended(body) == body
