"""How much two sketches must share, counted hash by hash."""

import pytest

from monitor.core.revisions.fingerprint import (
    SKETCH_SIZE,
    containment,
    fingerprint,
    is_same_story,
    is_same_text,
)


def pair(shared: int, one: int, other: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two sketches of these sizes that have so many hashes in common."""
    common = range(shared)
    mine = range(1_000, 1_000 + one - shared)
    theirs = range(2_000, 2_000 + other - shared)
    return (*common, *mine), (*common, *theirs)


@pytest.mark.parametrize(
    ("shared", "one", "other", "alike"),
    [
        (3, 3, 3, True),
        (2, 2, 2, False),
        (6, 10, 10, True),
        (5, 10, 10, False),
        (6, 10, 100, True),
        (6, 100, 10, True),
        (3, 5, 5, True),
    ],
)
def test_a_story_shares_three_hashes_and_six_tenths_of_the_shorter_text(
    shared: int, one: int, other: int, alike: bool
) -> None:
    assert is_same_story(*pair(shared, one, other)) is alike


@pytest.mark.parametrize(
    ("shared", "one", "other", "alike"),
    [
        (3, 3, 3, True),
        (2, 2, 2, False),
        (9, 10, 10, True),
        (8, 10, 10, False),
        (10, 10, 12, False),
        (10, 12, 10, False),
    ],
)
def test_the_same_text_shares_three_hashes_and_nine_tenths_of_the_longer_one(
    shared: int, one: int, other: int, alike: bool
) -> None:
    assert is_same_text(*pair(shared, one, other)) is alike


@pytest.mark.parametrize(
    ("shared", "one", "other", "part"),
    [(5, 10, 20, 0.5), (5, 20, 10, 0.5), (10, 10, 10, 1.0), (0, 10, 10, 0.0), (0, 0, 10, 0.0)],
)
def test_containment_is_the_part_of_the_shorter_text_that_is_in_the_longer(
    shared: int, one: int, other: int, part: float
) -> None:
    assert containment(*pair(shared, one, other)) == part


def test_a_sketch_is_compared_only_up_to_where_a_full_one_was_cut() -> None:
    """Of the longer text no hash beyond is known, whether or not it has it."""
    full = tuple(range(0, 2 * SKETCH_SIZE, 2))
    last = full[-1]
    shorter = (*full[:5], last, *range(last + 1, last + 100))
    for one, other in ((full, shorter), (shorter, full)):
        assert containment(one, other) == 1.0
        assert is_same_story(one, other)
        assert not is_same_text(one, other)
    not_full = full[:-1]
    assert containment(not_full, shorter) == 5 / 105


def test_of_two_full_sketches_the_one_that_was_cut_lower_counts() -> None:
    low = tuple(range(SKETCH_SIZE))
    high = tuple(range(0, 10 * SKETCH_SIZE, 10))
    assert containment(low, high) == containment(high, low) == 1.0


def test_words_are_counted_without_punctuation_and_four_make_no_shingle() -> None:
    assert fingerprint("", "One, two - three: four!").words == 4
    assert fingerprint("", "One, two - three: four!").sketch == ()
    text = " ".join(f"word{n}" for n in range(200))
    assert fingerprint("", text).sketch == fingerprint("A headline", f"{text.upper()}.").sketch


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a ‘b’ “c” d", "a 'b' \"c\" d"),
        ("a ''b'' c", 'a "b" c'),
        ("a – b", "a - b"),
        ("a—b", "a -- b"),
        ("wait…", "wait..."),
        ("so\u00adft\u200b", "soft"),
    ],
)
def test_spellings_of_one_sign_read_the_same(one: str, other: str) -> None:
    assert fingerprint(one, one).digest == fingerprint(other, other).digest


def test_a_headline_is_no_part_of_the_text_and_both_count() -> None:
    assert fingerprint("a", "b").digest != fingerprint("b", "a").digest
    assert fingerprint("a", "b").digest != fingerprint("a b", "").digest
    assert fingerprint("a", "b\n\nc").digest == fingerprint("a", "b c").digest
