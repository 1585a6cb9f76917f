"""Which known article a reading is: the table of `identity`, at its boundaries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.contracts import Address, Known, KnownArticle, KnownRevision, KnownStory, Reading
from monitor.core.revisions.identity import identify, is_copy, is_same_site
from monitor.model import Article, ArticleId, Dated, Fingerprint, Origin

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SKETCH = tuple(range(100))
OTHER_SKETCH = tuple(range(1_000, 1_100))
KEY = "kjzz.test/lanes-close"
SECOND = timedelta(seconds=1)


def reading(
    key: str | None = "kjzz.test/other",
    *,
    guid: str = "b",
    title: str = "Lanes close",
    sketch: tuple[int, ...] = SKETCH,
    digest: str = "now",
    words: int = 200,
    published: datetime | None = NOW,
    source: str = "kjzz",
) -> Reading:
    url = f"http://{key}" if key else None
    at = Dated(at=published, origin=Origin.META) if published else None
    return Reading(
        source=source,
        guid=guid,
        article=Article(url=url, title=title, text=digest, published=at),
        fingerprint=Fingerprint(digest=digest, sketch=sketch, words=words),
        addresses=(Address(url=url, key=key),) if url and key else (),
        body_sha256="raw",
    )


def stored(
    number: int = 7,
    *,
    guid: str = "a",
    title: str = "Lanes close",
    sketch: tuple[int, ...] = SKETCH,
    digest: str = "then",
    words: int = 200,
    published: datetime | None = NOW,
    key: str = KEY,
    source: str = "kjzz",
) -> KnownArticle:
    newest = KnownRevision(
        article_id=ArticleId(number), number=1, title=title, text=digest, digest=digest
    )
    return KnownArticle(
        id=ArticleId(number),
        source=source,
        guid=guid,
        title=title,
        story_id=number,
        partial=False,
        retracted=False,
        newest=newest,
        url=f"http://{key}",
        keys=frozenset({key}),
        published_at=published,
        sketch=sketch,
        words=words,
        digests=frozenset({digest}),
    )


def shared(count: int, of: int = 100) -> tuple[int, ...]:
    """A sketch of so many hashes, some of which are those of SKETCH."""
    return (*range(count), *range(2_000, 2_000 + of - count))


# ── by address ───────────────────────────────────────────────────────────────────────────


def test_of_several_articles_at_one_address_it_is_the_one_with_the_same_title() -> None:
    one, two = stored(1, title="A"), stored(2, title="Lanes  CLOSE")
    assert identify(reading(KEY), Known(by_address=(one, two))) is two
    assert identify(reading(KEY, title="C"), Known(by_address=(one, two))) is one


def test_an_address_that_a_feed_gives_several_stories_names_none_of_them() -> None:
    """Their pages are not fetched, so guid and title tell them apart."""
    own_words = replace(reading(KEY, title="C", sketch=OTHER_SKETCH), body_sha256=None)
    one = stored(title="A")
    assert identify(own_words, Known(by_address=(one,))) is None
    for same in (
        replace(own_words, body_sha256="raw"),
        replace(own_words, partial="HTTP 500"),
        replace(own_words, guid=None),
        replace(own_words, guid="a"),
        replace(own_words, source="radio"),
        replace(own_words, article=replace(own_words.article, title="a")),
    ):
        assert identify(same, Known(by_address=(one,))) is one
    assert identify(own_words, Known(by_address=(replace(one, guid=None),))) is not None


def test_an_entry_whose_page_redirects_to_another_known_article_is_that_one() -> None:
    own = stored(1, title="A", sketch=OTHER_SKETCH)
    target = stored(2, digest="now")
    known = Known(by_guid=own, by_address=(own, target))
    assert identify(reading(KEY), known) is target
    assert identify(reading(KEY, digest="edited"), known) is own
    assert identify(reading(KEY, title="A"), known) is own
    assert identify(reading(KEY, sketch=OTHER_SKETCH), known) is own
    assert identify(reading(KEY), replace(known, by_address=(own,))) is own


# ── by guid ──────────────────────────────────────────────────────────────────────────────


def test_a_guid_names_its_article_while_the_addresses_carry_the_same_ids() -> None:
    own = stored(title="A", sketch=OTHER_SKETCH, key="kjzz.test/2026/lanes-1234567")
    same = reading("kjzz.test/news/other-slug-1234567")
    assert identify(same, Known(by_guid=own)) is own
    assert identify(reading("kjzz.test/news/other-slug-7654321"), Known(by_guid=own)) is None


@pytest.mark.parametrize(
    ("moved", "sketch", "same"),
    [
        (timedelta(hours=12), shared(0), False),
        (timedelta(hours=12), shared(20), False),
        (timedelta(hours=12), shared(21), True),
        (timedelta(hours=12) - SECOND, shared(0), True),
        (-timedelta(hours=12), shared(0), False),
        (timedelta(hours=12), tuple(range(3_000, 3_008)), False),
        (timedelta(hours=12), tuple(range(3_000, 3_007)), True),
    ],
)
def test_the_next_part_of_a_column_has_its_title_another_text_and_half_a_day_between(
    moved: timedelta, sketch: tuple[int, ...], same: bool
) -> None:
    own = stored(sketch=sketch)
    found = identify(reading(published=NOW + moved), Known(by_guid=own))
    assert (found is own) is same


def test_a_part_of_a_column_without_a_date_is_no_next_one() -> None:
    for own, read in (
        (stored(sketch=OTHER_SKETCH), reading(published=None)),
        (stored(sketch=OTHER_SKETCH, published=None), reading()),
    ):
        assert identify(read, Known(by_guid=own)) is own


@pytest.mark.parametrize(
    ("moved", "title", "sketch", "same"),
    [
        (timedelta(seconds=60), "A", OTHER_SKETCH, False),
        (timedelta(seconds=59), "A", OTHER_SKETCH, True),
        (timedelta(seconds=60), "Lanes close", OTHER_SKETCH, True),
        (timedelta(seconds=60), "A", shared(21), True),
        (None, "A", OTHER_SKETCH, True),
    ],
)
def test_without_an_address_a_guid_is_reused_where_title_text_and_time_all_differ(
    moved: timedelta | None, title: str, sketch: tuple[int, ...], same: bool
) -> None:
    own = stored(title=title, sketch=sketch)
    read = reading(None, published=None if moved is None else NOW + moved)
    assert (identify(read, Known(by_guid=own)) is own) is same


# ── by text ──────────────────────────────────────────────────────────────────────────────


def test_an_equal_text_of_fifty_words_moved_within_its_site() -> None:
    other = stored(digest="now", words=50)
    later = reading(words=50, published=NOW + timedelta(days=1))
    assert identify(later, Known(by_text=(other,))) is other
    unaddressed = replace(other, url=None)
    assert identify(later, Known(by_text=(unaddressed,))) is unaddressed
    assert identify(replace(later, source="radio"), Known(by_text=(unaddressed,))) is None
    away = replace(other, url="http://elsewhere.test/a")
    assert identify(reading(words=50), Known(by_text=(away, other))) is other


@pytest.mark.parametrize("change", ["none", "words", "published", "source", "listed"])
def test_a_shorter_text_moved_only_if_its_feed_listed_it_anew_at_the_same_second(
    change: str,
) -> None:
    other = stored(digest="now", words=49, source="radio" if change == "source" else "kjzz")
    published = NOW + SECOND if change == "published" else NOW
    read = reading(words=50 if change == "words" else 49, published=published)
    listed = frozenset({other.id}) if change == "listed" else frozenset()
    found = identify(read, Known(by_text=(other,), listed=listed))
    assert (found is other) is (change in ("none", "words"))


@pytest.mark.parametrize(
    ("sketch", "title", "key", "words", "moved", "same"),
    [
        (shared(90), "Lanes close", KEY, 50, 59, True),
        (shared(89), "Lanes close", KEY, 50, 59, False),
        (shared(90), "Lanes close", KEY, 50, 60, False),
        (shared(90), "Lanes close", KEY, 49, 59, False),
        (shared(90), "A", KEY, 50, 59, False),
        (shared(90), "A", "kjzz.test/a-1234567", 50, 59, True),
    ],
)
def test_a_nearly_equal_text_moved_with_its_title_or_ids_and_its_date(
    sketch: tuple[int, ...], title: str, key: str, words: int, moved: int, same: bool
) -> None:
    other = stored(sketch=sketch, title=title, key=key, words=words)
    read = reading("kjzz.test/b-1234567", published=NOW + timedelta(seconds=moved))
    assert (identify(read, Known(by_text=(other,))) is other) is same
    shorter = replace(read, fingerprint=replace(read.fingerprint, words=words))
    longer = replace(other, words=200)
    assert (identify(shorter, Known(by_text=(longer,))) is longer) is same


def test_a_nearly_equal_text_without_a_date_moved_too() -> None:
    other = stored(sketch=shared(90), published=None)
    assert identify(reading(), Known(by_text=(other,))) is other


# ── copies ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "source", "same"),
    [
        ("http://kjzz.test/x", "radio", True),
        ("http://elsewhere.test/x", "kjzz", False),
        (None, "kjzz", True),
        (None, "radio", False),
    ],
)
def test_two_articles_are_of_one_site_by_their_addresses_or_else_by_their_source(
    url: str | None, source: str, same: bool
) -> None:
    assert is_same_site(reading(), url, source) is same


def test_a_reading_without_an_address_is_of_its_source() -> None:
    assert is_same_site(reading(None), "http://kjzz.test/x", "kjzz")
    assert not is_same_site(reading(None), "http://kjzz.test/x", "radio")


@pytest.mark.parametrize(
    ("site", "sketch", "mine", "theirs", "copy"),
    [
        ("elsewhere.test", shared(60), 50, 50, True),
        ("elsewhere.test", shared(59), 50, 50, False),
        ("elsewhere.test", shared(60), 49, 99, False),
        ("elsewhere.test", shared(60), 99, 49, False),
        ("kjzz.test", shared(60), 50, 50, False),
    ],
)
def test_a_copy_has_fifty_words_and_shares_six_tenths_on_another_site(
    site: str, sketch: tuple[int, ...], mine: int, theirs: int, copy: bool
) -> None:
    story = KnownStory(
        article_id=ArticleId(3),
        story_id=3,
        source="elsewhere",
        url=f"http://{site}/a",
        sketch=sketch,
        words=theirs,
        alerted={},
        sources=frozenset(),
    )
    assert is_copy(reading(words=mine), story) is copy
    assert not is_copy(reading(words=mine), replace(story, url=None, source="kjzz"))
