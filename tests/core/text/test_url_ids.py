"""Story ids in URLs, which identify an article whatever its slug."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.text.url_ids import have_same_story_ids, story_ids
from monitor.core.text.urls import url_key


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("https://www.npr.org/2026/11/24/nx-s1-5123456/old-slug", ("5123456",)),
        ("https://www.bbc.com/news/articles/c4g9xyz0bc1o", ("c4g9xyz0bc1o",)),
        ("https://example.org/news/lanes-close-12345678", ("12345678",)),
        ("https://example.org/news/lanes-close-rcna123456", ("rcna123456",)),
        ("https://example.org/story/4711.html", ("4711",)),
        ("https://example.org/index.php?p=123", ("123",)),
        ("https://example.org/view?story_id=9&page=2", ("9",)),
        ("https://example.org/a/8f3b2c1d-0a1b-4c2d-8e9f-00112233aabb", None),
        ("https://example.org/2026/11/24/lanes-close", ()),
        ("https://example.org/2026-11-24/lanes-close", ()),
        ("https://example.org/20261124/lanes-close", ()),
        ("https://example.org/fire-burns-12000-acres-near-town", ()),
        ("https://example.org/covid19-cases-rise-in-g20-states", ()),
        ("https://example.org/top-10-of-2026", ()),
        ("https://example.org/", ()),
    ],
)
def test_an_id_is_distinguished_from_dates_and_numbers_of_a_headline(
    url: str, ids: tuple[str, ...] | None
) -> None:
    found = story_ids(url_key(url))
    assert len(found) > 0 if ids is None else found == ids


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.org/2026/nx-s1-5123456/old", "https://www.a.org/2026/nx-s1-5123456/new", True),
        ("https://a.org/old-12345678", "https://a.org/moved/new-12345678", True),
        ("https://a.org/old-12345678", "https://b.org/old-12345678", False),
        ("https://a.org/c-20231/old-55501", "https://a.org/c-20231/new-55502", False),
        ("https://a.org/2026/11/24/old", "https://a.org/2026/11/24/new", False),
    ],
)
def test_two_urls_have_same_story_ids_when_all_their_ids_agree(
    one: str, other: str, same: bool
) -> None:
    assert have_same_story_ids(url_key(one), url_key(other)) is same


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_accepted_and_the_comparison_is_symmetric(one: str, other: str) -> None:
    assert have_same_story_ids(one, other) == have_same_story_ids(other, one)
    assert have_same_story_ids(one, one) == bool(story_ids(one))
